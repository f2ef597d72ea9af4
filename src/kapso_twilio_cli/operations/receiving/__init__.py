"""What comes to the receiver, and how the vendors are told where it is."""
