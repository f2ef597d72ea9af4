"""Numbers as a person lists them: each with the reservation that holds it, if one does."""

from __future__ import annotations

import sqlite3

import msgspec
from msgspec.structs import fields

from ..domain.country import Country
from ..domain.lifecycle import NumberState
from ..domain.number import Number
from ..domain.reservation import Reservation
from .numbers import number_in
from .reservations import reservation


class Filter(msgspec.Struct, frozen=True):
    """Which numbers to list; None leaves a question out."""

    country: Country | None = None
    state: NumberState | None = None
    customer: str | None = None
    ref: str | None = None


class ListedNumber(msgspec.Struct, frozen=True):
    """A number, and who holds it."""

    number: Number
    reservation: Reservation | None
    setup_link: str | None
    """The id of the link that its ref is for."""


_CONDITIONS = {
    "country": "numbers.country = ?",
    "state": "numbers.state = ?",
    "customer": "? IN (held.customer, numbers.customer_id)",
    "ref": "held.ref = ?",
}


def listed_numbers(connection: sqlite3.Connection, wanted: Filter) -> list[ListedNumber]:
    """The numbers that match, oldest first; released ones only when asked for by state."""
    asked = {
        f.name: value for f in fields(wanted) if (value := getattr(wanted, f.name)) is not None
    }
    conditions = [_CONDITIONS[name] for name in asked]
    if wanted.state is None:
        conditions.append("numbers.state <> 'released'")
    rows = connection.execute(
        "SELECT numbers.* FROM numbers LEFT JOIN reservations AS held"
        " ON held.number_id = numbers.id AND held.ended_at IS NULL"
        f" WHERE {' AND '.join(conditions)} ORDER BY numbers.id",
        tuple(asked.values()),
    ).fetchall()
    holders, links = _holders(connection), setup_links_by_ref(connection)
    numbers = [(number_in(row), holders.get(row["id"])) for row in rows]
    return [
        ListedNumber(number, held, links.get(held.ref) if held is not None else None)
        for number, held in numbers
    ]


def setup_links_by_ref(connection: sqlite3.Connection) -> dict[str, str]:
    """The id of each ref's newest setup link."""
    rows = connection.execute(
        "SELECT ref, link_id FROM setup_links WHERE ref IS NOT NULL AND link_id IS NOT NULL"
        " ORDER BY id"
    ).fetchall()
    return {row["ref"]: row["link_id"] for row in rows}


def _holders(connection: sqlite3.Connection) -> dict[int, Reservation]:
    rows = connection.execute("SELECT * FROM reservations WHERE ended_at IS NULL").fetchall()
    return {row["number_id"]: reservation(row) for row in rows}
