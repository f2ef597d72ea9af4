"""The vendors: one concern per file. Their types, and their error codes, stop here."""
