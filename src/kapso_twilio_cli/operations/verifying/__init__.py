"""Prove one number at Meta: ask for its code, find it, give it back; and anew in time."""
