"""Counts and lists over many numbers: what is ready, what could be released, what stays."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from ..domain.country import Country
from ..domain.lifecycle import TRANSITIONS, NumberEvent, NumberState
from ..domain.money import Money
from ..domain.number import Number
from . import columns
from .numbers import number_in

_RELEASABLE = [state for state, moves in TRANSITIONS.items() if NumberEvent.RELEASE in moves]


class Held(msgspec.Struct, frozen=True):
    """How many numbers, and what they cost a month: an amount for each currency."""

    count: int
    costs: tuple[Money, ...]


class Stock:
    """The numbers within one transaction, looked at and not touched."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def ready(self, pool: Country, valid_at: datetime) -> list[Number]:
        """The pool's numbers that may be handed out, soonest to expire first."""
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE pool = ? AND state = ? AND verification_expiry_time >= ?"
            " ORDER BY verification_expiry_time, id",
            (pool, NumberState.READY, columns.time_text(valid_at)),
        ).fetchall()
        return [number_in(row) for row in rows]

    def next_to_expire(self, pool: Country | None, count: int) -> list[Number]:
        """The ready numbers, of one pool or of none, whose verification ends next, soonest first.

        Pool by pool, as the index is by pool: no other number is looked at.
        """
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE pool IS ? AND state = ?"
            " AND verification_expiry_time IS NOT NULL"
            " ORDER BY verification_expiry_time, id LIMIT ?",
            (pool, NumberState.READY, count),
        ).fetchall()
        return [number_in(row) for row in rows]

    def next_ends(self) -> dict[Country, datetime]:
        """When the verification of each pool's ready numbers ends first."""
        rows = self._connection.execute(
            "SELECT pool, min(verification_expiry_time) AS ends FROM numbers WHERE state = ?"
            " AND pool IS NOT NULL AND verification_expiry_time IS NOT NULL GROUP BY pool",
            (NumberState.READY,),
        ).fetchall()
        return {row["pool"]: columns.time(row["ends"]) for row in rows}

    def by_country(self) -> dict[Country, dict[NumberState, int]]:
        """How many numbers of each country stand in each state, in pools or not."""
        rows = self._connection.execute(
            "SELECT state, country, count(*) AS count FROM numbers GROUP BY state, country"
        ).fetchall()
        found: dict[Country, dict[NumberState, int]] = {}
        for row in rows:
            found.setdefault(row["country"], {})[NumberState(row["state"])] = row["count"]
        return found

    def never_verified(self, added_before: datetime) -> list[Number]:
        """Members of pools that were added at Meta, bought before this, and never verified."""
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE state IN (?, ?) AND pool IS NOT NULL"
            " AND preverified_id IS NOT NULL AND bought_at < ? AND release_requested_at IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM events WHERE number_id = numbers.id AND kind = ?)"
            " ORDER BY id",
            (
                NumberState.PROVISIONED,
                NumberState.QUARANTINED,
                columns.time_text(added_before),
                NumberEvent.VERIFIED,
            ),
        ).fetchall()
        return [number_in(row) for row in rows]

    def quarantined(self, pool: Country) -> list[Number]:
        """The pool's quarantined members, but those whose release was asked for."""
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE pool = ? AND state = ? AND release_requested_at IS NULL"
            " ORDER BY id",
            (pool, NumberState.QUARANTINED),
        ).fetchall()
        return [number_in(row) for row in rows]

    def to_be_released(self) -> list[Number]:
        """The numbers whose release was asked for and is not done, oldest first."""
        marks = ", ".join("?" * len(_RELEASABLE))
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE release_requested_at IS NOT NULL"
            f" AND +state IN ({marks}) ORDER BY id",  # all but a few are in one of these states
            tuple(_RELEASABLE),
        ).fetchall()
        return [number_in(row) for row in rows]

    def leaving(self) -> dict[Country, int]:
        """How many provisioned members of each pool are to be released."""
        rows = self._connection.execute(
            "SELECT pool, count(*) AS count FROM numbers WHERE state = ? AND pool IS NOT NULL"
            " AND release_requested_at IS NOT NULL GROUP BY pool",
            (NumberState.PROVISIONED,),
        ).fetchall()
        return {Country(row["pool"]): row["count"] for row in rows}

    def with_voice_before(self) -> list[Number]:
        """The numbers whose calls are not answered as they were before, oldest first."""
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE voice_before IS NOT NULL AND state <> ? ORDER BY id",
            (NumberState.RELEASED,),
        ).fetchall()
        return [number_in(row) for row in rows]

    def with_webhook_before(self) -> list[Number]:
        """The numbers that `webhook configure` pointed at a receiver, oldest first."""
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE webhook_before IS NOT NULL AND state NOT IN (?, ?)"
            " ORDER BY id",
            (NumberState.MISSING, NumberState.RELEASED),
        ).fetchall()
        return [number_in(row) for row in rows]

    def held(self, *, pool: Country | None = None, country: Country | None = None) -> Held:
        """What the project holds: of one pool, of one country, or in all."""
        rows = self._connection.execute(
            "SELECT currency, count(*) AS count, sum(price_millionths) AS cost FROM numbers"
            " WHERE state <> ?1 AND (?2 IS NULL OR pool = ?2) AND (?3 IS NULL OR country = ?3)"
            " GROUP BY currency",
            (NumberState.RELEASED, pool, country),
        ).fetchall()
        costs = tuple(columns.money(row["cost"], row["currency"]) for row in rows)
        return Held(sum(row["count"] for row in rows), costs)


def held_by(numbers: list[Number]) -> Held:
    """What these numbers are and cost."""
    currencies = dict.fromkeys(number.price.currency for number in numbers)
    prices = {
        currency: [n.price.amount for n in numbers if n.price.currency == currency]
        for currency in currencies
    }
    costs = tuple(Money(sum(amounts[1:], amounts[0]), cur) for cur, amounts in prices.items())
    return Held(len(numbers), costs)
