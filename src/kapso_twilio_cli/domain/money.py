"""Amounts of money: a decimal and its currency, never a float."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Money(msgspec.Struct, frozen=True):
    """An amount in one currency, such as 1.15 USD."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{decimal_text(self.amount)} {self.currency}"


UNPRICED = Money(Decimal(0), "")
"""What a number costs whose price Twilio does not tell: nothing that could be counted."""


def decimal_text(amount: Decimal) -> str:
    """At least two places, and no more than the amount has: `1.00`, `0.0075`."""
    cents = amount.quantize(Decimal("0.01"))
    return str(cents) if cents == amount else format(amount.normalize(), "f")
