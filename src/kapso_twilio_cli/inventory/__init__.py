"""The inventory: the one place where state is kept. All SQL stands in this folder."""
