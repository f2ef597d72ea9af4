"""A setup link at Kapso: the page on which one customer connects a number.

Source: docs.kapso.ai, Platform API 0.2.0, setup links (read 2026-11-22): one is active a customer,
a new one revokes the last; it lives 30 days, and its token is shown once.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from .country import Country
from .purchase import Owner


class LinkState(StrEnum):
    """How far a link is: a closed list."""

    ASKED = "asked"
    """Kapso was asked for it, and has not answered."""
    MADE = "made"
    """Kapso made it; nobody has seen it, as its number is not held yet."""
    ACTIVE = "active"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"
    FAILED = "failed"
    """Kapso did not make it, or it is not known to have."""


LIVING = frozenset({LinkState.ASKED, LinkState.MADE, LinkState.ACTIVE})


class SetupLink(msgspec.Struct, frozen=True):
    """One link, as the inventory knows it. The number that it is for is its ref's."""

    id: int
    link_id: str | None
    """Kapso's; None until it has answered."""
    customer_id: str
    ref: str | None
    """None: Kapso provides the number, or the link's id is to be the ref."""
    countries: tuple[Country, ...]
    by_kapso: bool
    """Kapso provides the number, by its own settings."""
    state: LinkState
    reason: str | None
    """Why it ended, where that needs saying."""
    owner: Owner
    """The process that makes it."""
    asked_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
