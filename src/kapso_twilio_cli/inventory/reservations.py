"""The reservations: one living one a number, one living one a ref."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from ..domain.country import Country
from ..domain.number import Number
from ..domain.reservation import NewReservation, Reservation
from ..domain.resolution import Path, ResolveReason
from . import columns


class ReservedInAll(msgspec.Struct, frozen=True):
    """The reservations of numbers that are not connected yet, as one."""

    count: int
    first_until: datetime | None
    """When the soonest ends; None where there is none."""


class Reservations:
    """The reservations within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, new: NewReservation, number: Number, at: datetime) -> Reservation:
        """Hold `number` for `new.ref`."""
        row = self._connection.execute(
            "INSERT INTO reservations (ref, number_id, path, reason, country, customer,"
            " reserved_at, reserved_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
            (
                new.ref,
                number.id,
                new.path,
                new.reason,
                new.country,
                new.customer,
                columns.time_text(at),
                columns.time_text(new.reserved_until),
            ),
        ).fetchone()
        return reservation(row)

    def end(self, number_id: int, at: datetime, reason: str) -> None:
        """End the number's living reservation, if it has one."""
        self._connection.execute(
            "UPDATE reservations SET ended_at = ?, end_reason = ?"
            " WHERE number_id = ? AND ended_at IS NULL",
            (columns.time_text(at), reason, number_id),
        )

    def prolong(self, held: Reservation, until: datetime, customer: str) -> Reservation:
        """Let a living reservation last until then, for this customer."""
        row = self._connection.execute(
            "UPDATE reservations SET reserved_until = ?, customer = ? WHERE id = ? RETURNING *",
            (columns.time_text(until), customer, held.id),
        ).fetchone()
        return reservation(row)

    def of_ref(self, ref: str) -> Reservation | None:
        """The ref's living reservation, or None."""
        return self._one("ref = ? AND ended_at IS NULL", ref)

    def last_of_ref(self, ref: str) -> Reservation | None:
        """The ref's newest reservation, ended or not, or None."""
        return self._one("ref = ? ORDER BY id DESC LIMIT 1", ref)

    def of_number(self, number_id: int) -> Reservation | None:
        """The number's living reservation, or None."""
        return self._one("number_id = ? AND ended_at IS NULL", number_id)

    def living(self) -> list[Reservation]:
        """Every living reservation, soonest to end first."""
        rows = self._connection.execute(
            "SELECT * FROM reservations WHERE ended_at IS NULL ORDER BY reserved_until, id"
        ).fetchall()
        return [reservation(row) for row in rows]

    def of_reserved_numbers(self) -> list[Reservation]:
        """The living reservations of numbers that are not connected yet, soonest to end first."""
        rows = self._connection.execute(
            "SELECT reservations.* FROM reservations JOIN numbers ON numbers.id = number_id"
            " WHERE ended_at IS NULL AND state = 'reserved'"
            " ORDER BY reserved_until, reservations.id"
        ).fetchall()
        return [reservation(row) for row in rows]

    def of_reserved_summed_up(self) -> ReservedInAll:
        """How many reserved numbers there are, and when the first reservation ends."""
        row = self._connection.execute(
            "SELECT count(*) AS count, min(reserved_until) AS first"
            " FROM reservations JOIN numbers ON numbers.id = number_id"
            " WHERE ended_at IS NULL AND state = 'reserved'"
        ).fetchone()
        return ReservedInAll(row["count"], columns.optional_time(row["first"]))

    def _one(self, condition: str, value: object) -> Reservation | None:
        row = self._connection.execute(
            f"SELECT * FROM reservations WHERE {condition}",
            (value,),
        ).fetchone()
        return reservation(row) if row else None


def reservation(row: sqlite3.Row) -> Reservation:
    """The reservation in a row."""
    return Reservation(
        id=row["id"],
        ref=row["ref"],
        number_id=row["number_id"],
        path=Path(row["path"]),
        reason=ResolveReason(row["reason"]),
        country=Country(row["country"]),
        customer=row["customer"],
        reserved_at=columns.time(row["reserved_at"]),
        reserved_until=columns.time(row["reserved_until"]),
        ended_at=columns.optional_time(row["ended_at"]),
        end_reason=row["end_reason"],
    )
