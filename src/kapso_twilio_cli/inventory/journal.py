"""The events: who did what, when, and from which state to which. Only ever appended to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime

import msgspec

from ..domain.country import Country
from ..domain.event import Event
from ..domain.lifecycle import NumberEvent, NumberState
from ..domain.phone_number import PhoneNumber
from . import columns

PURCHASE_LIMITED = "purchase_limited"
"""The kind of the event that a limit kept a pool from being filled."""
RENEWED, RENEWAL_FAILED = "renewed", "renewal_failed"
"""The kinds of the events that a ready number was verified anew, and that it could not be."""
SMS_BLANKED, SMS_MISSED = "sms_blanked", "sms_missed"
"""The kinds of the events that an SMS came without its code (30038), and that none came in a
country where a call then did; the detail names the country."""
NOT_OUR_PURCHASE = "not_our_purchase"
"""The kind of the event that Twilio answered a purchase with what the account held already."""


class Journal(msgspec.Struct, frozen=True):
    """Which run, on which host, writes."""

    run_id: str
    host: str
    say: Callable[[str], object] | None = None
    """Told of each event in words, once it is committed; None where nobody listens."""

    def tell(self, words: str) -> None:
        """Tell who listens."""
        if self.say is not None:
            self.say(words)


class Entry(msgspec.Struct, frozen=True):
    """An event, before it is written."""

    at: datetime
    kind: str
    number_id: int | None = None
    purchase_id: str | None = None
    from_state: NumberState | None = None
    to_state: NumberState | None = None
    detail: str | None = None


class Events:
    """The events within one transaction."""

    def __init__(self, connection: sqlite3.Connection, journal: Journal) -> None:
        self._connection = connection
        self._journal = journal
        self.told: list[str] = []
        """The events of this transaction in words, where somebody listens."""

    def append(self, entry: Entry) -> None:
        """Write one event."""
        self._connection.execute(
            "INSERT INTO events (number_id, purchase_id, at, kind, from_state, to_state,"
            " run_id, host, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.number_id,
                entry.purchase_id,
                columns.time_text(entry.at),
                entry.kind,
                entry.from_state,
                entry.to_state,
                self._journal.run_id,
                self._journal.host,
                entry.detail,
            ),
        )
        if self._journal.say is not None:
            self.told.append(_in_words(entry, self._subject(entry)))

    def _subject(self, entry: Entry) -> str | None:
        """The phone number that an event is about; None where it is about none."""
        row = self._connection.execute(
            "SELECT phone_number FROM numbers WHERE id = ?1"
            " UNION ALL SELECT phone_number FROM purchases WHERE id = ?2 LIMIT 1",
            (entry.number_id, entry.purchase_id),
        ).fetchone()
        return str(row["phone_number"]) if row else None

    def newest(self) -> int:
        """The id of the newest event; 0 where there is none."""
        row = self._connection.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
        newest: int = row[0]
        return newest

    def of_number(self, number_id: int) -> list[Event]:
        """A number's events, oldest first."""
        rows = self._connection.execute(
            "SELECT * FROM events WHERE number_id = ? ORDER BY id", (number_id,)
        ).fetchall()
        return [_event(row) for row in rows]

    def of_phone_number(self, phone_number: PhoneNumber) -> list[Event]:
        """The events of all the times that the project had a phone number, oldest first."""
        rows = self._connection.execute(
            "SELECT events.* FROM events JOIN numbers ON numbers.id = number_id"
            " WHERE phone_number = ? ORDER BY events.id",
            (phone_number,),
        ).fetchall()
        return [_event(row) for row in rows]

    def last_failure(self, number_id: int) -> int | None:
        """The id of the last event that a number's verification failed; None where none did."""
        row = self._connection.execute(
            "SELECT max(id) FROM events WHERE number_id = ? AND kind IN (?, ?)",
            (number_id, NumberEvent.ATTEMPT_FAILED, RENEWAL_FAILED),
        ).fetchone()
        last: int | None = row[0]
        return last

    def has_verified_since(self, event_id: int, pool: Country) -> bool:
        """Whether, after this event, a number that is in the pool got through at Meta."""
        row = self._connection.execute(
            "SELECT EXISTS (SELECT 1 FROM events e JOIN numbers n ON n.id = e.number_id"
            " WHERE e.id > ? AND e.kind IN (?, ?) AND n.pool = ?)",
            (event_id, NumberEvent.VERIFIED, RENEWED, pool),
        ).fetchone()
        return bool(row[0])

    def count_of_numbers(self, kind: str, since: datetime) -> int:
        """How many events of one kind befell numbers since a moment.

        Only numbers that changed since are looked at: events of numbers have no index by kind.
        """
        row = self._connection.execute(
            "SELECT count(*) FROM events WHERE number_id IN"
            " (SELECT id FROM numbers WHERE updated_at >= ?1) AND at >= ?1 AND kind = ?2",
            (columns.time_text(since), kind),
        ).fetchone()
        count: int = row[0]
        return count

    def newest_of_kind(self, kind: str, since: datetime) -> list[Event]:
        """The events of one kind since a moment, newest first; those of numbers are left out."""
        rows = self._connection.execute(
            "SELECT * FROM events WHERE number_id IS NULL AND kind = ? AND at >= ?"
            " ORDER BY id DESC",
            (kind, columns.time_text(since)),
        ).fetchall()
        return [_event(row) for row in rows]


def _in_words(entry: Entry, phone_number: str | None) -> str:
    """`verified: +13105556713 is ready now`, as a log says it."""
    subject, detail = phone_number, entry.detail
    if subject and entry.to_state not in (None, entry.from_state):
        subject += f" is {entry.to_state} now"
    if subject and detail and not detail.startswith(subject):
        detail = f"{subject} ({detail})"
    return ": ".join(text for text in (entry.kind.replace("_", " "), detail or subject) if text)


def _event(row: sqlite3.Row) -> Event:
    return Event(
        at=columns.time(row["at"]),
        kind=row["kind"],
        from_state=NumberState(row["from_state"]) if row["from_state"] else None,
        to_state=NumberState(row["to_state"]) if row["to_state"] else None,
        run_id=row["run_id"],
        host=row["host"],
        detail=row["detail"],
    )
