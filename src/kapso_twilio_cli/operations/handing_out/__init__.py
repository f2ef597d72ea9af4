"""Give numbers to onboardings, and notice that they are used and that they come back."""
