"""Spend money: what it would cost, whether it may be, the purchase protocol, and settling."""
