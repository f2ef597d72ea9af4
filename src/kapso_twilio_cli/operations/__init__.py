"""What the program does: one verb a file. Each takes a project and gives a frozen result."""
