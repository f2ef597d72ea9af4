"""What a reconcile does, one thing at a time, as its answer tells it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ..domain.number import Number
from ..domain.phone_number import PhoneNumber


class ActionKind(StrEnum):
    """What a reconcile did: a closed list."""

    INVENTORY_CHECKED = "inventory_checked"
    PURCHASE_SETTLED = "purchase_settled"
    ADOPTED = "adopted"
    LABELLED = "labelled"
    FOUND = "found"
    MISSING = "missing"
    RELEASED = "released"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    QUARANTINED = "quarantined"
    VERIFICATION_INTERRUPTED = "verification_interrupted"
    VOICE_URL_PUT_BACK = "voice_url_put_back"
    VERIFICATION_LAPSED = "verification_lapsed"
    SETUP_LINK_ENDED = "setup_link_ended"
    RESERVATION_CANCELLED = "reservation_cancelled"
    RESERVATION_EXPIRED = "reservation_expired"
    BOUGHT = "bought"
    VERIFIED = "verified"
    REVERIFIED = "reverified"


class Action(msgspec.Struct, frozen=True):
    """One thing that was done."""

    kind: ActionKind
    phone_number: PhoneNumber | None
    detail: str | None = None


def action(kind: ActionKind, number: Number) -> Action:
    """What was done to a number, with the reason that it has now."""
    return Action(kind, number.phone_number, number.reason)
