"""The numbers. A state changes here alone, by the lifecycle's table and compare-and-set."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ..domain.country import Country
from ..domain.lifecycle import (
    ENTRIES,
    TRANSITIONS,
    NumberEvent,
    NumberState,
    next_state,
    state_when_found,
)
from ..domain.money import Money
from ..domain.number import NewNumber, Number, NumberFacts
from ..domain.number_type import NumberType
from ..domain.phone_number import PhoneNumber
from ..errors import Locked, StateError
from . import columns
from .journal import Entry, Events

if TYPE_CHECKING:
    from ..domain.drift import Recorded

# Of one state and one country, the index says it at once, however many numbers there are.
_NEWEST = "SELECT max(id) AS newest FROM numbers WHERE state = ? AND country = ?"

_CLAIMED = TRANSITIONS[NumberState.READY][NumberEvent.CLAIM]


class StateCount(msgspec.Struct, frozen=True):
    """How many numbers stand in one state, by pool."""

    pool: Country | None
    state: NumberState
    count: int


class Numbers:
    """The numbers within one transaction."""

    def __init__(self, connection: sqlite3.Connection, events: Events) -> None:
        self._connection = connection
        self._events = events

    def add(
        self,
        new: NewNumber,
        event: NumberEvent,
        at: datetime,
        *,
        reason: str | None = None,
        detail: str | None = None,
    ) -> Number:
        """Let a number enter, in the state that `event` gives it.

        `detail` is for the journal, instead of the label. Raises StateError when the number or its
        SID is there already.
        """
        state = ENTRIES[event]
        values = {
            "phone_number": new.phone_number,
            "sid": new.sid,
            "country": new.country,
            "number_type": new.number_type,
            "price_millionths": columns.millionths(new.price.amount),
            "currency": new.price.currency,
            "purchase_id": new.purchase_id,
            "bought_at": columns.time_text(new.bought_at or at),
            "state": state,
            "reason": reason,
            "updated_at": columns.time_text(at),
            "version": 1,
            **_fact_columns(new.facts),
        }
        row = self._connection.execute(
            f"INSERT INTO numbers ({', '.join(values)})"
            f" VALUES ({', '.join('?' * len(values))}) RETURNING *",
            tuple(values.values()),
        ).fetchone()
        added = number_in(row)
        detail = detail or new.facts.label
        self._events.append(
            Entry(at, event, added.id, new.purchase_id, to_state=state, detail=detail)
        )
        return added

    def apply(
        self, number: Number, event: NumberEvent, at: datetime, *, reason: str | None = None
    ) -> Number:
        """Move a number by `event`, keeping the facts that `number` carries.

        A number that is connected is in use: a release that was asked for is off. Raises
        StateError where the table has no such move, and Locked when the number changed
        since it was read; nothing is changed then.
        """
        state = next_state(number.state, event, subject=number.phone_number)
        if state is NumberState.CONNECTED:
            number = replace(number, facts=replace(number.facts, release_requested_at=None))
        moved = self._update(replace(number, state=state, reason=reason), at)
        self._events.append(Entry(at, event, number.id, None, number.state, state, detail=reason))
        return moved

    def return_found(self, number: Number, sid: str, at: datetime, *, reserved: bool) -> Number:
        """Give a missing number that is back in the account the state it had, under its SID of now.

        A verification is not taken on trust, nor a reservation that has ended (`reserved`: it has
        a living one). One that is not missing any more stays as it is.
        """
        if number.state is not NumberState.MISSING:
            return number
        row = self._connection.execute(
            "SELECT from_state FROM events WHERE number_id = ? AND kind = ? ORDER BY id DESC",
            (number.id, NumberEvent.VANISH),
        ).fetchone()
        state = state_when_found(NumberState(row["from_state"]))
        if state is NumberState.RESERVED and not reserved:
            state = NumberState.PROVISIONED
        facts = replace(number.facts, verification_expiry_time=None)
        back = replace(number, sid=sid, state=state, reason=None, facts=facts)
        self._events.append(
            Entry(at, NumberEvent.FOUND, number.id, None, NumberState.MISSING, state, detail=sid)
        )
        return self._update(back, at)

    def price(self, number_id: int, price: Money, at: datetime) -> None:
        """Record what a number costs a month that had no known price."""
        self._connection.execute(
            "UPDATE numbers SET price_millionths = ?, currency = ? WHERE id = ?",
            (columns.millionths(price.amount), price.currency, number_id),
        )
        self._events.append(Entry(at, "priced", number_id, detail=str(price)))

    def save(self, number: Number, kind: str, at: datetime, *, detail: str | None = None) -> Number:
        """Keep changed facts of a number whose state stays; `kind` says in the journal why."""
        saved = self._update(number, at)
        self._events.append(
            Entry(at, kind, number.id, None, number.state, number.state, detail=detail)
        )
        return saved

    def claim(self, pool: Country, valid_at: datetime, at: datetime) -> Number | None:
        """Take the pool's ready number that expires soonest after `valid_at`; None if none is.

        Choosing and taking are one statement: two processes never get the same number. One that is
        verified anew is not taken until its lease is over.
        """
        rows = self._connection.execute(
            "UPDATE numbers SET state = ?, reason = NULL, updated_at = ?, version = version + 1"
            " WHERE id = (SELECT id FROM numbers WHERE pool = ? AND state = ?"
            " AND verification_expiry_time >= ? AND preverified_id IS NOT NULL"
            " AND release_requested_at IS NULL AND (lease_until IS NULL OR lease_until <= ?)"
            " ORDER BY verification_expiry_time, id LIMIT 1) RETURNING *",
            (
                _CLAIMED,
                columns.time_text(at),
                pool,
                NumberState.READY,
                columns.time_text(valid_at),
                columns.time_text(at),
            ),
        ).fetchall()
        if not rows:
            return None
        claimed = number_in(rows[0])
        self._events.append(
            Entry(at, NumberEvent.CLAIM, claimed.id, None, NumberState.READY, claimed.state)
        )
        return claimed

    def get(self, number_id: int) -> Number:
        """The number with this id."""
        row = self._connection.execute(
            "SELECT * FROM numbers WHERE id = ?", (number_id,)
        ).fetchone()
        return number_in(row)

    def find(self, phone_number: PhoneNumber) -> Number | None:
        """The number's living row, else the newest released one, else None."""
        row = self._connection.execute(
            "SELECT * FROM numbers WHERE phone_number = ?"
            " ORDER BY state = 'released', id DESC LIMIT 1",
            (phone_number,),
        ).fetchone()
        return number_in(row) if row else None

    def ids_in_account(self) -> array[int]:
        """The ids of all numbers that the account should list, in order; 8 bytes each."""
        rows = self._connection.execute(
            "SELECT id FROM numbers WHERE state NOT IN (?, ?) ORDER BY id",
            (NumberState.MISSING, NumberState.RELEASED),
        )
        return array("q", (row["id"] for row in rows))

    def recorded_under(self, sids: Sequence[str]) -> dict[str, Recorded]:
        """What is recorded of those of the SIDs that are known; released rows are left out."""
        from ..domain.drift import Recorded

        rows = self._connection.execute(
            f"SELECT id, sid, label, state FROM numbers WHERE sid IN ({_marks(sids)})"
            " AND state <> 'released'",
            tuple(sids),
        ).fetchall()
        return {
            row["sid"]: Recorded(row["id"], row["label"], NumberState(row["state"])) for row in rows
        }

    def by_purchase(self, purchase_id: str) -> Number | None:
        """The number that a purchase brought, or None."""
        row = self._connection.execute(
            "SELECT * FROM numbers WHERE purchase_id = ?", (purchase_id,)
        ).fetchone()
        return number_in(row) if row else None

    def in_pool(self, pool: Country, *states: NumberState) -> list[Number]:
        """The pool's members in these states, oldest first."""
        rows = self._connection.execute(
            f"SELECT * FROM numbers WHERE pool = ? AND state IN ({_marks(states)}) ORDER BY id",
            (pool, *states),
        ).fetchall()
        return [number_in(row) for row in rows]

    def with_reservation(self) -> dict[int, Number]:
        """Every number that has a living reservation, by id."""
        rows = self._connection.execute(
            "SELECT numbers.* FROM numbers JOIN reservations ON numbers.id = number_id"
            " WHERE ended_at IS NULL"
        ).fetchall()
        return {row["id"]: number_in(row) for row in rows}

    def unpriced(self) -> list[Number]:
        """The numbers whose price is not known."""
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE currency = '' AND state <> 'released' ORDER BY id"
        ).fetchall()
        return [number_in(row) for row in rows]

    def reserved_with_reason(self) -> list[Number]:
        """The reserved numbers of which something is told, oldest first."""
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE state = ? AND reason IS NOT NULL ORDER BY id",
            (NumberState.RESERVED,),
        ).fetchall()
        return [number_in(row) for row in rows]

    def in_state(self, state: NumberState) -> list[Number]:
        """Every number in this state, oldest first."""
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE state = ? ORDER BY id", (state,)
        ).fetchall()
        return [number_in(row) for row in rows]

    def expired(self, pool: Country, valid_at: datetime) -> list[Number]:
        """The pool's ready numbers whose verification does not last until then."""
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE pool = ? AND state = ? AND verification_expiry_time < ?",
            (pool, NumberState.READY, columns.time_text(valid_at)),
        ).fetchall()
        return [number_in(row) for row in rows]

    def unpooled(self, country: Country, number_type: NumberType) -> Number | None:
        """A provisioned number of no pool, of this country and type; the oldest, or None.

        Never one whose release was asked for.
        """
        row = self._connection.execute(
            "SELECT * FROM numbers WHERE pool IS NULL AND state = ? AND country = ?"
            " AND number_type = ? AND release_requested_at IS NULL ORDER BY id LIMIT 1",
            (NumberState.PROVISIONED, country, number_type),
        ).fetchone()
        return number_in(row) if row else None

    def undecided(self, country: Country, reason: str) -> int:
        """How many numbers of the country are quarantined for this reason."""
        row = self._connection.execute(
            "SELECT count(*) AS count FROM numbers WHERE state = ? AND country = ? AND reason = ?",
            (NumberState.QUARANTINED, country, reason),
        ).fetchone()
        count: int = row["count"]
        return count

    def counts(self) -> list[StateCount]:
        """How many numbers stand in each state, by pool; released ones left out."""
        rows = self._connection.execute(
            "SELECT pool, state, count(*) AS count FROM numbers WHERE state <> ?"
            " GROUP BY pool, state",
            (NumberState.RELEASED,),
        ).fetchall()
        return [StateCount(row["pool"], NumberState(row["state"]), row["count"]) for row in rows]

    def needing_a_look(self) -> list[Number]:
        """Missing and quarantined numbers, and provisioned and ready ones with a reason."""
        # By the index, provisioned and ready ones would be fetched one by one; `+` reads them in
        # a row.
        rows = self._connection.execute(
            "SELECT * FROM numbers WHERE state IN (?, ?) UNION ALL"
            " SELECT * FROM numbers WHERE +state IN (?, ?) AND reason IS NOT NULL ORDER BY id",
            (
                NumberState.MISSING,
                NumberState.QUARANTINED,
                NumberState.PROVISIONED,
                NumberState.READY,
            ),
        ).fetchall()
        return [number_in(row) for row in rows]

    def newest_price(self, country: Country) -> Decimal | None:
        """What the country's newest number costs a month; None where there never was one."""
        row = self._connection.execute(
            "SELECT price_millionths FROM numbers WHERE id = (SELECT max(newest) FROM ("
            + " UNION ALL ".join([_NEWEST] * len(NumberState))
            + "))",
            [value for state in NumberState for value in (state, country)],
        ).fetchone()
        return columns.amount(row["price_millionths"]) if row else None

    def expiring(self, pool: Country, moment: datetime) -> int:
        """How many of the pool's ready numbers expire before `moment`."""
        row = self._connection.execute(
            "SELECT count(*) AS count FROM numbers WHERE pool = ? AND state = ?"
            " AND verification_expiry_time < ?",
            (pool, NumberState.READY, columns.time_text(moment)),
        ).fetchone()
        count: int = row["count"]
        return count

    def _update(self, number: Number, at: datetime) -> Number:
        values = {
            "sid": number.sid,
            "state": number.state,
            "reason": number.reason,
            "updated_at": columns.time_text(at),
            **_fact_columns(number.facts),
        }
        rows = self._connection.execute(
            f"UPDATE numbers SET {', '.join(f'{name} = ?' for name in values)},"
            " version = version + 1 WHERE id = ? AND version = ? RETURNING *",
            (*values.values(), number.id, number.version),
        ).fetchall()
        if not rows:
            raise Locked(
                f"{number.phone_number} was changed by another process",
                reason="it is not what it was when this command read it",
                hint="run the command again",
            )
        return number_in(rows[0])


def require(number: Number | None, phone_number: PhoneNumber, project: str) -> Number:
    """The number, or the StateError that says it is not one of the project's, or not any more."""
    known = require_known(number, phone_number, project)
    if known.state is NumberState.RELEASED:
        raise StateError(
            f"{phone_number} is not a number of project {project} any more",
            reason="it was released",
            hint=f"kapso-twilio number history {phone_number}",
        )
    return known


def require_known(number: Number | None, phone_number: PhoneNumber, project: str) -> Number:
    """The number, released or not, or the StateError that says it never was the project's.

    To read of it; what acts on a number takes `require`.
    """
    if number is None:
        raise StateError(
            f"{phone_number} is not a number of project {project}",
            reason="the inventory does not hold it",
            hint="kapso-twilio number list",
        )
    return number


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _fact_columns(facts: NumberFacts) -> dict[str, object]:
    return {
        "label": facts.label,
        "can_receive_sms": int(facts.can_receive_sms),
        "pool": facts.pool,
        "preverified_id": facts.preverified_id,
        "verification_expiry_time": columns.optional_time_text(facts.verification_expiry_time),
        "code_requested_at": columns.optional_time_text(facts.code_requested_at),
        "verification_failures": facts.verification_failures,
        "next_attempt_at": columns.optional_time_text(facts.next_attempt_at),
        "code_method": facts.code_method,
        "inbox_mark": facts.inbox_mark,
        "recording_sid": facts.recording_sid,
        "voice_before": facts.voice_before,
        "webhook_before": facts.webhook_before,
        "lease_until": columns.optional_time_text(facts.lease_until),
        "verified_at": columns.optional_time_text(facts.verified_at),
        "customer_id": facts.customer_id,
        "phone_number_id": facts.phone_number_id,
        "business_account_id": facts.business_account_id,
        "absent_since": columns.optional_time_text(facts.absent_since),
        "release_requested_at": columns.optional_time_text(facts.release_requested_at),
    }


def number_in(row: sqlite3.Row) -> Number:
    """The number in a row."""
    return Number(
        id=row["id"],
        phone_number=PhoneNumber(row["phone_number"]),
        sid=row["sid"],
        country=Country(row["country"]),
        number_type=NumberType(row["number_type"]),
        price=columns.money(row["price_millionths"], row["currency"]),
        purchase_id=row["purchase_id"],
        bought_at=columns.time(row["bought_at"]),
        state=NumberState(row["state"]),
        reason=row["reason"],
        facts=_facts(row),
        updated_at=columns.time(row["updated_at"]),
        version=row["version"],
    )


def _facts(row: sqlite3.Row) -> NumberFacts:
    return NumberFacts(
        label=row["label"],
        can_receive_sms=bool(row["can_receive_sms"]),
        pool=Country(row["pool"]) if row["pool"] else None,
        preverified_id=row["preverified_id"],
        verification_expiry_time=columns.optional_time(row["verification_expiry_time"]),
        code_requested_at=columns.optional_time(row["code_requested_at"]),
        verification_failures=row["verification_failures"],
        next_attempt_at=columns.optional_time(row["next_attempt_at"]),
        code_method=row["code_method"],
        inbox_mark=row["inbox_mark"],
        recording_sid=row["recording_sid"],
        voice_before=row["voice_before"],
        webhook_before=row["webhook_before"],
        lease_until=columns.optional_time(row["lease_until"]),
        verified_at=columns.optional_time(row["verified_at"]),
        customer_id=row["customer_id"],
        phone_number_id=row["phone_number_id"],
        business_account_id=row["business_account_id"],
        absent_since=columns.optional_time(row["absent_since"]),
        release_requested_at=columns.optional_time(row["release_requested_at"]),
    )
