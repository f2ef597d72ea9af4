"""The reservations of the numbers that a restore takes over: see `joining` for the rule."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from ..domain.lifecycle import NumberState
from . import columns

HOLDING = frozenset({NumberState.RESERVED, NumberState.CONNECTED, NumberState.MISSING})
"""The states in which a number may have a living reservation."""
_OVER = "restored: it did not go on"
_TIME_TO_ASK = timedelta(hours=24)


class TakenNumber(msgspec.Struct, frozen=True):
    """A number that is taken over: its row in the present file, and its place in the result."""

    present: sqlite3.Row
    state: NumberState
    """By its events."""
    id: int
    """0 while the result does not have it."""
    is_added: bool = False
    """The backup did not have it."""


class Holds:
    """The reservations of the result; `present` is attached to it."""

    def __init__(self, connection: sqlite3.Connection, at: datetime, notes: list[str]) -> None:
        self._connection = connection
        self._at = at
        self._notes = notes

    def join(self, taken: Sequence[TakenNumber]) -> None:
        """Take over the reservations of these numbers: ends first, as a ref moves on by them."""
        for number in taken:
            self._end_what_ended(number)
        for number in taken:
            self._add_new(number)
        for number in taken:
            if number.state not in HOLDING:
                self.end_living(number.id)
            elif number.state is NumberState.RESERVED and not self._living(number.id):
                self._hold_for_nobody_known(number)

    def end_living(self, number_id: int) -> None:
        """End what holds the number, and say so."""
        rows = self._all(
            "UPDATE main.reservations SET ended_at = ?, end_reason = ?"
            " WHERE number_id = ? AND ended_at IS NULL RETURNING ref",
            columns.time_text(self._at),
            _OVER,
            number_id,
        )
        for row in rows:
            (number,) = self._all("SELECT phone_number FROM main.numbers WHERE id = ?", number_id)
            self._notes.append(f"{row['ref']} does not hold {number['phone_number']} any more")

    def _all(self, statement: str, *values: object) -> list[sqlite3.Row]:
        return self._connection.execute(statement, values).fetchall()

    def _living(self, number_id: int) -> bool:
        living = "SELECT 1 FROM main.reservations WHERE number_id = ? AND ended_at IS NULL"
        return bool(self._all(living, number_id))

    def _of_present(self, number: TakenNumber) -> list[sqlite3.Row]:
        return self._all(
            "SELECT * FROM present.reservations WHERE number_id = ? ORDER BY id",
            number.present["id"],
        )

    def _end_what_ended(self, number: TakenNumber) -> None:
        for row in self._of_present(number):
            self._all(
                "UPDATE main.reservations SET reserved_until = ?, customer = ?, ended_at = ?,"
                " end_reason = ?"
                " WHERE number_id = ? AND ref = ? AND reserved_at = ? AND ended_at IS NULL",
                row["reserved_until"],
                row["customer"],
                row["ended_at"],
                row["end_reason"],
                number.id,
                row["ref"],
                row["reserved_at"],
            )

    def _add_new(self, number: TakenNumber) -> None:
        known = {
            (row["ref"], row["reserved_at"])
            for row in self._all("SELECT * FROM main.reservations WHERE number_id = ?", number.id)
        }
        for row in self._of_present(number):
            if (row["ref"], row["reserved_at"]) in known:
                continue
            if row["ended_at"] is None:
                self.end_living(number.id)
                self._free_ref(row["ref"])
            values = {**dict(row), "id": None, "number_id": number.id}
            insert(self._connection, "reservations", values)

    def _free_ref(self, ref: str) -> None:
        """A ref names one number: what it held by the backup goes on under the ref and its id."""
        rows = self._all(
            "UPDATE main.reservations SET ref = ref || '~' || id WHERE ref = ? AND ended_at IS NULL"
            " RETURNING ref",
            ref,
        )
        self._notes += [f"{ref} holds two numbers: one under the ref {row['ref']}" for row in rows]

    def _hold_for_nobody_known(self, number: TakenNumber) -> None:
        """A reservation was deleted past the program: the number stays out of others' hands."""
        pooled = number.present["preverified_id"] is not None
        values = {
            "ref": f"unknown~{number.id}",
            "number_id": number.id,
            "path": "pool" if pooled else "live",
            "reason": "pool_ready" if pooled else "no_pool",
            "country": number.present["country"],
            "reserved_at": columns.time_text(self._at),
            "reserved_until": columns.time_text(self._at + _TIME_TO_ASK),
        }
        insert(self._connection, "reservations", values)
        self._notes.append(f"{number.present['phone_number']} is reserved, and not known for whom")


def insert(
    connection: sqlite3.Connection, table: str, values: dict[str, object], tail: str = ""
) -> int:
    """Insert a row into the result; give its id."""
    cursor = connection.execute(
        f"INSERT INTO main.{table} ({', '.join(values)})"
        f" VALUES ({', '.join('?' * len(values))}){tail}",
        tuple(values.values()),
    )
    return cursor.lastrowid or 0
