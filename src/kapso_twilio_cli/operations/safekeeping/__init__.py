"""A project's files: check, back up, restore, put away."""
