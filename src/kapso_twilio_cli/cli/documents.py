"""Results as the keys of their JSON: the promised ones, shared by the commands that show them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ..domain.money import decimal_text

if TYPE_CHECKING:
    from ..domain.event import Event
    from ..domain.number import Number
    from ..domain.reservation import Reservation
    from ..operations.pools.fill import PoolReport


def amount(value: Decimal | None) -> str | None:
    """Money as a decimal string."""
    return None if value is None else decimal_text(value)


def number_fields(
    number: Number, held: Reservation | None, setup_link: str | None
) -> dict[str, object]:
    """A number, who holds it, and the setup link that it is held for."""
    return {
        "phone_number": number.phone_number,
        "sid": number.sid,
        "country": number.country,
        "number_type": number.number_type,
        "state": number.state,
        "reason": number.reason,
        "pool": number.facts.pool,
        "preverified_id": number.facts.preverified_id,
        "verification_expiry_time": number.facts.verification_expiry_time,
        "ref": held.ref if held else None,
        "customer": (held.customer if held else None) or number.facts.customer_id,
        "setup_link": setup_link,
        "phone_number_id": number.facts.phone_number_id,
        "business_account_id": number.facts.business_account_id,
        "reserved_until": held.reserved_until if held else None,
        "monthly_price": amount(number.price.amount),
        "currency": number.price.currency,
        "bought_at": number.bought_at,
        "updated_at": number.updated_at,
    }


def event_fields(event: Event) -> dict[str, object]:
    """One thing that happened."""
    return {
        "at": event.at,
        "kind": event.kind,
        "from_state": event.from_state,
        "to_state": event.to_state,
        "run_id": event.run_id,
        "host": event.host,
        "detail": event.detail,
    }


def pool_fields(pool: PoolReport) -> dict[str, object]:
    """What a fill did for one pool."""
    return {
        "country": pool.country,
        "target_size": pool.target_size,
        "ready_before": pool.ready_before,
        "ready": pool.ready,
        "bought": pool.bought,
        "verified": pool.verified,
        "failed": pool.failed,
        "shortfall": pool.shortfall,
        "reasons": list(pool.reasons),
    }
