"""Customers' setup links at Kapso, and the numbers that are held for them."""
