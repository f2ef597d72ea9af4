"""A backup, joined with what the inventory that it replaces knows beyond it.

The rule, which holds whether the two files share their history or are of two installations:

- Numbers are the same where their SID is, purchases where their id is. Ids of rows mean nothing:
  rows that are taken over get new ones.
- A purchase is as far along as either file knows: open, unknown, not bought, bought.
- A number that the backup does not have is taken over, with all that is known of it.
- A number that both have is taken over with its state, facts, reservations and newer events, if the
  present file has events of it that the backup does not have, and these matter to money or to a
  hand-out: its reservations are others, or one of the files holds it or bars it. One that is free
  in both, and has merely advanced (from provisioned to ready), is as the backup has it.
- A reservation that the backup alone knows is not lost to a present file that holds the number for
  nobody: that number is as the backup has it.
- Nobody ever shares: of two reservations of one number the present file's goes on, and where one
  ref holds two numbers, the backup's reservation goes on under the ref and its own id.
- A state of the present file that was changed past this program is not believed: its events are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from ..domain.lifecycle import NumberState
from . import columns
from .holds import HOLDING, Holds, TakenNumber, insert
from .journal import Entry, Events, Journal

_FREE = frozenset({NumberState.PROVISIONED, NumberState.VERIFYING, NumberState.READY})

_BY_SID = """
    CREATE TEMP TABLE {name} AS
        SELECT sid, id, row_number() OVER (
            PARTITION BY sid ORDER BY state = 'released', id DESC
        ) AS place FROM {schema}.numbers
"""
_SAME = """
    CREATE TEMP TABLE same AS
        SELECT theirs.id AS present_id, ours.id AS kept_id FROM theirs
        LEFT JOIN ours ON ours.sid = theirs.sid AND ours.place = 1 WHERE theirs.place = 1
"""
_RANK = """
    CASE WHEN {p}.state = 'open' THEN 0 WHEN {p}.state = 'not_bought' THEN 2
        WHEN {p}.state = 'bought' AND coalesce({p}.sid, '') <> '' THEN 3 ELSE 1 END
"""
_PURCHASES_FURTHER_ALONG = f"""
    SELECT theirs.* FROM present.purchases AS theirs
    LEFT JOIN main.purchases AS ours ON ours.id = theirs.id
    WHERE ours.id IS NULL OR {_RANK.format(p="theirs")} > {_RANK.format(p="ours")}
    ORDER BY theirs.state IN ('open', 'unknown')
"""
_NEWS_OF_PURCHASES = """
    SELECT * FROM present.events WHERE number_id IS NULL AND purchase_id IS NOT NULL
    AND (purchase_id, at, kind, run_id) NOT IN (
        SELECT purchase_id, at, kind, run_id FROM main.events
        WHERE number_id IS NULL AND purchase_id IS NOT NULL
    ) ORDER BY id
"""
_NEWS_OF_NUMBERS = """
    SELECT present_id, events.* FROM present.events AS events
    JOIN same ON present_id = number_id
    WHERE kept_id IS NULL OR (kept_id, at, kind, run_id, coalesce(to_state, '')) NOT IN (
        SELECT number_id, at, kind, run_id, coalesce(to_state, '') FROM main.events
        WHERE number_id IS NOT NULL
    ) ORDER BY events.id
"""


class Kept(msgspec.Struct, frozen=True):
    """What came from the inventory that was replaced, and not from the backup."""

    numbers: tuple[str, ...] = ()
    """The phone numbers whose present state was kept."""
    added: tuple[str, ...] = ()
    """Of these, the ones that the backup does not have."""
    released: tuple[str, ...] = ()
    """Of these, the ones that are released: they are known, and owned no more."""
    purchases: int = 0
    notes: tuple[str, ...] = ()
    """What a person should know of reservations that could not go on as they were."""


class Joining:
    """Takes over into the database that holds the backup; `present` is attached to it.

    Within one transaction of the caller's, with foreign keys not enforced: it checks the result.
    """

    def __init__(self, connection: sqlite3.Connection, journal: Journal, at: datetime) -> None:
        self._connection = connection
        self._events = Events(connection, journal)
        self._at = at
        self._notes: list[str] = []
        self._holds = Holds(connection, at, self._notes)

    def carry_out(self) -> Kept:
        """Take over what the rule says; sqlite3.IntegrityError where two intents exclude it."""
        purchases = self._take_purchases()
        taken = self._take_numbers()
        self._holds.join(taken)
        self._take_setup_links()
        return Kept(
            numbers=_phone_numbers(taken),
            added=_phone_numbers(one for one in taken if one.is_added),
            released=_phone_numbers(one for one in taken if one.state is NumberState.RELEASED),
            purchases=purchases,
            notes=tuple(self._notes),
        )

    def _all(self, statement: str, *values: object) -> list[sqlite3.Row]:
        return self._connection.execute(statement, values).fetchall()

    def _take_purchases(self) -> int:
        further = self._all(_PURCHASES_FURTHER_ALONG)
        for row in further:
            values = dict(row)
            if values["state"] == "bought" and not values["sid"]:
                values["state"] = "unknown"  # changed past the program; reconcile settles it
            updates = ", ".join(f"{name} = excluded.{name}" for name in values)
            insert(
                self._connection, "purchases", values, f" ON CONFLICT (id) DO UPDATE SET {updates}"
            )
        for event in self._all(_NEWS_OF_PURCHASES):
            insert(self._connection, "events", {**dict(event), "id": None})
        return len(further)

    def _take_setup_links(self) -> None:
        """What either file knows of a link; of one that both know, what the present one says."""
        for row in self._all("SELECT * FROM present.setup_links ORDER BY id"):
            values = {**dict(row), "id": None}
            self._all(
                "DELETE FROM main.setup_links WHERE link_id = ?1 OR (link_id IS NULL"
                " AND customer_id = ?2 AND asked_at = ?3)",
                values["link_id"],
                values["customer_id"],
                values["asked_at"],
            )
            insert(self._connection, "setup_links", values, " ON CONFLICT DO NOTHING")

    def _take_numbers(self) -> list[TakenNumber]:
        for name, schema in (("theirs", "present"), ("ours", "main")):
            self._connection.execute(_BY_SID.format(name=name, schema=schema))
            self._connection.execute(f"CREATE INDEX {name}_by_sid ON {name} (sid, place)")
        self._connection.execute(_SAME)
        self._connection.execute("CREATE INDEX same_by_id ON same (present_id)")
        news: dict[int, list[dict[str, object]]] = {}
        for event in self._all(_NEWS_OF_NUMBERS):
            values = dict(event)
            news.setdefault(values.pop("present_id"), []).append(values)
        unknown = [
            row["present_id"] for row in self._all("SELECT * FROM same WHERE kept_id IS NULL")
        ]
        found = [self._find(present_id) for present_id in sorted({*news, *unknown})]
        wanted = [one for one in found if one.id == 0 or self._matters(one)]
        return [self._take(one, news.get(one.present["id"], [])) for one in wanted]

    def _find(self, present_id: int) -> TakenNumber:
        (row,) = self._all("SELECT * FROM present.numbers WHERE id = ?", present_id)
        (same,) = self._all("SELECT kept_id FROM same WHERE present_id = ?", present_id)
        happened = self._last_state("present", present_id) or row["state"]
        return TakenNumber(row, NumberState(happened), same["kept_id"] or 0)

    def _last_state(self, schema: str, number_id: int) -> str | None:
        rows = self._all(
            f"SELECT to_state FROM {schema}.events WHERE number_id = ? AND to_state IS NOT NULL"
            " ORDER BY id DESC LIMIT 1",
            number_id,
        )
        return rows[0]["to_state"] if rows else None

    def _matters(self, number: TakenNumber) -> bool:
        """Whether what the present file knows beyond the backup guards money or a hand-out."""
        (ours,) = self._all("SELECT * FROM main.numbers WHERE id = ?", number.id)
        held = (
            "SELECT ref, reserved_at, ended_at, reserved_until FROM {}.reservations"
            " WHERE number_id = ?"
        )
        known = [tuple(row) for row in self._all(held.format("main"), number.id)]
        theirs = [tuple(row) for row in self._all(held.format("present"), number.present["id"])]
        living = {row[:2] for row in known if row[2] is None}
        if number.state not in HOLDING and living - {row[:2] for row in theirs}:
            return False
        free = number.state in _FREE and NumberState(ours["state"]) in _FREE
        bars = number.present["release_requested_at"] is not None
        return bool(set(theirs) - set(known)) or bars or not free

    def _take(self, number: TakenNumber, news: list[dict[str, object]]) -> TakenNumber:
        values = {**dict(number.present), "state": number.state}
        if number.state is not NumberState.RELEASED:
            self._make_room(values["phone_number"], number.id)
        if number.id:
            del values["id"]
            values["purchase_id"] = values["purchase_id"] or self._purchase_of(number.id)
            updates = ", ".join(f"{name} = ?" for name in values)
            self._all(
                f"UPDATE main.numbers SET {updates} WHERE id = ?", *values.values(), number.id
            )
        else:
            values["id"] = self._free_id(number)
            added = insert(self._connection, "numbers", values)
            number = replace(number, id=added, is_added=True)
        for event in news:
            insert(self._connection, "events", {**event, "id": None, "number_id": number.id})
        self._note_taken(number)
        return number

    def _free_id(self, number: TakenNumber) -> int | None:
        """Its old id, so that a process which still holds that never meets another number."""
        present_id: int = number.present["id"]
        rows = self._all("SELECT 1 FROM main.numbers WHERE id = ?", present_id)
        return None if rows else present_id

    def _purchase_of(self, number_id: int) -> object:
        (row,) = self._all("SELECT purchase_id FROM main.numbers WHERE id = ?", number_id)
        return row["purchase_id"]

    def _note_taken(self, number: TakenNumber) -> None:
        last = self._last_state("main", number.id)
        change = None if last == number.state else number.state
        self._events.append(
            Entry(
                self._at,
                "kept_in_restore",
                number.id,
                from_state=NumberState(last) if last and change else None,
                to_state=change,
                detail="as the replaced inventory knew it",
            )
        )

    def _make_room(self, phone_number: str, but_for: int) -> None:
        """The account holds a phone number once: under another SID it is not there any more."""
        rows = self._all(
            "UPDATE main.numbers SET state = 'released', reason = NULL, version = version + 1,"
            " updated_at = ? WHERE phone_number = ? AND state <> 'released' AND id <> ?"
            " RETURNING id, sid",
            columns.time_text(self._at),
            phone_number,
            but_for,
        )
        for row in rows:
            self._holds.end_living(row["id"])
            last = self._last_state("main", row["id"])
            self._events.append(
                Entry(
                    self._at,
                    "replaced_in_restore",
                    row["id"],
                    from_state=NumberState(last) if last else None,
                    to_state=NumberState.RELEASED,
                    detail="the account holds the number under another SID now",
                )
            )
            self._notes.append(f"{phone_number} is not {row['sid']} any more: it was bought again")


def _phone_numbers(taken: Iterable[TakenNumber]) -> tuple[str, ...]:
    return tuple(number.present["phone_number"] for number in taken)
