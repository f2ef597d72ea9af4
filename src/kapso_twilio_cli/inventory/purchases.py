"""The purchases: written before money moves, settled when the outcome is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ..domain.country import Country
from ..domain.limits import Spending
from ..domain.number_type import NumberType
from ..domain.phone_number import PhoneNumber
from ..domain.purchase import (
    Owner,
    Purchase,
    PurchaseState,
    Purpose,
    RegulatorySids,
    SidSource,
)
from ..domain.resolution import ResolveReason
from ..errors import StateError
from . import columns
from .journal import Entry, Events

_UNRESOLVED = "('open', 'unknown')"


class Purchases:
    """The purchases within one transaction."""

    def __init__(self, connection: sqlite3.Connection, events: Events) -> None:
        self._connection = connection
        self._events = events

    def number_is_taken(self, phone_number: PhoneNumber) -> bool:
        """Whether the number is owned, was lost, or has an unresolved purchase."""
        row = self._connection.execute(
            "SELECT EXISTS (SELECT 1 FROM numbers WHERE phone_number = ?1"
            " AND state <> 'released') OR EXISTS (SELECT 1 FROM purchases"
            f" WHERE phone_number = ?1 AND state IN {_UNRESOLVED})",
            (phone_number,),
        ).fetchone()
        return bool(row[0])

    def add(self, purchase: Purchase) -> None:
        """Write an intent. The caller has made sure, in this transaction, that it may."""
        values = _columns(purchase)
        self._connection.execute(
            f"INSERT INTO purchases ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
            tuple(values.values()),
        )
        self._events.append(
            Entry(
                purchase.started_at,
                "purchase_intended",
                purchase_id=purchase.id,
                detail=f"{purchase.phone_number} at {purchase.price} a month",
            )
        )

    def settle(
        self,
        purchase: Purchase,
        state: PurchaseState,
        at: datetime,
        *,
        sid: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Record what is known of the outcome.

        `bought` is accepted in every state; the others do not undo what another process settled.
        """
        unless_settled = "" if state is PurchaseState.BOUGHT else f" AND state IN {_UNRESOLVED}"
        changed = self._connection.execute(
            "UPDATE purchases SET state = ?, sid = ?, settled_at = ?, reason = ?"
            f" WHERE id = ?{unless_settled}",
            (state, sid, columns.time_text(at), reason, purchase.id),
        ).rowcount
        if not changed:
            return
        kind = f"purchase_{state}"
        self._events.append(Entry(at, kind, purchase_id=purchase.id, detail=reason))

    def get(self, purchase_id: str) -> Purchase | None:
        """The purchase with this id, or None."""
        row = self._connection.execute(
            "SELECT * FROM purchases WHERE id = ?", (purchase_id,)
        ).fetchone()
        return _purchase(row) if row else None

    def by_ids(self, purchase_ids: Sequence[str]) -> dict[str, Purchase]:
        """Those of the purchases that are known, by id."""
        marks = ", ".join("?" * len(purchase_ids))
        rows = self._connection.execute(
            f"SELECT * FROM purchases WHERE id IN ({marks})", tuple(purchase_ids)
        ).fetchall()
        return {row["id"]: _purchase(row) for row in rows}

    def unresolved(self) -> list[Purchase]:
        """The purchases whose outcome is not known, oldest first."""
        rows = self._connection.execute(
            f"SELECT * FROM purchases WHERE state IN {_UNRESOLVED} ORDER BY started_at"
        ).fetchall()
        return [_purchase(row) for row in rows]

    def listed(self, state: PurchaseState | None) -> list[Purchase]:
        """The purchases in one state, or all: unresolved ones first, then the newest."""
        rows = self._connection.execute(
            "SELECT * FROM purchases WHERE ?1 IS NULL OR state = ?1"
            f" ORDER BY state NOT IN {_UNRESOLVED}, started_at DESC, id",
            (state,),
        ).fetchall()
        return [_purchase(row) for row in rows]

    def unresolved_for_number(self, phone_number: PhoneNumber) -> Purchase | None:
        """The number's purchase whose outcome is not known, or None."""
        row = self._connection.execute(
            f"SELECT * FROM purchases WHERE phone_number = ? AND state IN {_UNRESOLVED}",
            (phone_number,),
        ).fetchone()
        return _purchase(row) if row else None

    def unresolved_for_ref(self, ref: str) -> Purchase | None:
        """The ref's purchase whose outcome is not known, or None."""
        row = self._connection.execute(
            f"SELECT * FROM purchases WHERE ref = ? AND state IN {_UNRESOLVED}",
            (ref,),
        ).fetchone()
        return _purchase(row) if row else None

    def unresolved_for_pool(self, pool: Country) -> int:
        """How many of the pool's purchases are unresolved."""
        row = self._connection.execute(
            f"SELECT count(*) FROM purchases WHERE pool = ? AND state IN {_UNRESOLVED}",
            (pool,),
        ).fetchone()
        count: int = row[0]
        return count

    def monthly_cost(self) -> Decimal:
        """What all that counts against the limits costs a month, as one sum."""
        row = self._connection.execute(
            "SELECT (SELECT coalesce(sum(price_millionths), 0) FROM numbers"
            " WHERE state <> 'released') + (SELECT coalesce(sum(price_millionths), 0)"
            f" FROM purchases WHERE state IN {_UNRESOLVED})"
        ).fetchone()
        return columns.amount(row[0])

    def spending(self, run_id: str, now: datetime) -> Spending:
        """What counts against the limits at this moment."""
        held = self._connection.execute(
            "SELECT country, count(*) AS count, sum(price_millionths) AS cost FROM ("
            "SELECT country, price_millionths FROM numbers WHERE state <> 'released' UNION ALL "
            f"SELECT country, price_millionths FROM purchases WHERE state IN {_UNRESOLVED})"
            " GROUP BY country"
        ).fetchall()
        recent = self._connection.execute(
            "SELECT count(*) AS day, coalesce(sum(run_id = ?), 0) AS run FROM purchases"
            " WHERE state <> 'not_bought' AND started_at > ?",
            (run_id, columns.time_text(now - timedelta(hours=24))),
        ).fetchone()
        currencies = self._connection.execute(
            "SELECT currency FROM numbers WHERE state <> 'released' GROUP BY currency UNION"
            f" SELECT currency FROM purchases WHERE state IN {_UNRESOLVED}"
        ).fetchall()
        return Spending(
            currencies=frozenset(row["currency"] for row in currencies),
            numbers=sum(row["count"] for row in held),
            monthly_cost=columns.amount(sum(row["cost"] for row in held)),
            purchases_this_run=recent["run"],
            purchases_last_day=recent["day"],
            numbers_by_country={Country(row["country"]): row["count"] for row in held},
        )


def require_purchase(purchase: Purchase | None, purchase_id: str) -> Purchase:
    """The purchase, or the StateError that says that there is none of this id."""
    if purchase is None:
        raise StateError(
            f"there is no purchase {purchase_id}",
            reason="a purchase is named by the 16 characters of its id",
            hint="kapso-twilio purchase list",
        )
    return purchase


def _columns(purchase: Purchase) -> dict[str, object]:
    return {
        "id": purchase.id,
        "account_sid": purchase.account_sid,
        "phone_number": purchase.phone_number,
        "country": purchase.country,
        "number_type": purchase.number_type,
        "pool": purchase.purpose.pool,
        "ref": purchase.purpose.ref,
        "customer": purchase.purpose.customer,
        "resolve_reason": purchase.purpose.reason,
        "bundle_sid": purchase.regulatory.bundle_sid,
        "bundle_sid_from": purchase.regulatory.bundle_sid_from,
        "address_sid": purchase.regulatory.address_sid,
        "address_sid_from": purchase.regulatory.address_sid_from,
        "price_millionths": columns.millionths(purchase.price.amount),
        "currency": purchase.price.currency,
        "label": purchase.label,
        "owner_host": purchase.owner.host,
        "owner_boot_id": purchase.owner.boot_id,
        "owner_pid": purchase.owner.pid,
        "owner_pid_started": purchase.owner.pid_started,
        "run_id": purchase.run_id,
        "started_at": columns.time_text(purchase.started_at),
        "deadline": columns.time_text(purchase.deadline),
        "state": purchase.state,
    }


def _purchase(row: sqlite3.Row) -> Purchase:
    return Purchase(
        id=row["id"],
        account_sid=row["account_sid"],
        phone_number=PhoneNumber(row["phone_number"]),
        country=Country(row["country"]),
        number_type=NumberType(row["number_type"]),
        purpose=Purpose(
            pool=Country(row["pool"]) if row["pool"] else None,
            ref=row["ref"],
            customer=row["customer"],
            reason=ResolveReason(row["resolve_reason"]) if row["resolve_reason"] else None,
        ),
        regulatory=RegulatorySids(
            bundle_sid=row["bundle_sid"],
            bundle_sid_from=_source(row["bundle_sid_from"]),
            address_sid=row["address_sid"],
            address_sid_from=_source(row["address_sid_from"]),
        ),
        price=columns.money(row["price_millionths"], row["currency"]),
        label=row["label"],
        owner=Owner(
            host=row["owner_host"],
            boot_id=row["owner_boot_id"],
            pid=row["owner_pid"],
            pid_started=row["owner_pid_started"],
        ),
        run_id=row["run_id"],
        started_at=columns.time(row["started_at"]),
        deadline=columns.time(row["deadline"]),
        state=PurchaseState(row["state"]),
        sid=row["sid"],
        settled_at=columns.optional_time(row["settled_at"]),
        reason=row["reason"],
    )


def _source(text: str | None) -> SidSource | None:
    return SidSource(text) if text else None
