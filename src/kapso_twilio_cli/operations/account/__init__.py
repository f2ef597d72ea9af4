"""Hold the inventory against the account and Meta: what is ours, what is gone, what is not."""
