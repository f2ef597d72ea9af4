"""The prices that were shown last, each with its age."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from ..domain.country import Country
from ..domain.money import Money
from ..domain.number_type import NumberType
from . import columns


class KnownPrice(msgspec.Struct, frozen=True):
    """What a number costs a month, as Twilio said at some time."""

    price: Money
    asked_at: datetime


class Prices:
    """The known prices within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def find(self, country: Country, number_type: NumberType) -> KnownPrice | None:
        """The last known price, or None."""
        row = self._connection.execute(
            "SELECT * FROM prices WHERE country = ? AND number_type = ?", (country, number_type)
        ).fetchone()
        if row is None:
            return None
        price = columns.money(row["price_millionths"], row["currency"])
        return KnownPrice(price, columns.time(row["asked_at"]))

    def keep(self, country: Country, number_type: NumberType, price: Money, at: datetime) -> None:
        """Keep what Twilio says now."""
        self._connection.execute(
            "INSERT OR REPLACE INTO prices"
            " (country, number_type, price_millionths, currency, asked_at) VALUES (?, ?, ?, ?, ?)",
            (
                country,
                number_type,
                columns.millionths(price.amount),
                price.currency,
                columns.time_text(at),
            ),
        )
