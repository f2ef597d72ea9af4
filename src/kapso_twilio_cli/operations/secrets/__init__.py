"""Ask the vendors whether they take a secret."""
