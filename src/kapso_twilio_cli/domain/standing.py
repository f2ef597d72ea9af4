"""Whether an inventory may be trusted to say what the account holds.

An inventory that may have forgotten a purchase would buy it again, and one that may have forgotten
a hand-out would give the number to a second customer: until it has been held against the account
it does neither.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from ..errors import StateError


class Standing(StrEnum):
    """What is known of an inventory."""

    UNPROVEN = "unproven"
    """New: nobody has looked yet whether the account holds numbers of the same project."""
    HOME = "home"
    """The place where the project's numbers are kept."""
    SUPERSEDED = "superseded"
    """Another inventory of the same project has put its label on numbers of this one."""
    RESTORED = "restored"
    """It is older than the account: what was bought and handed out since is not known."""


class Footing(msgspec.Struct, frozen=True):
    """An inventory's standing, why, and since when."""

    standing: Standing
    reason: str | None
    since: datetime


def require_footing(footing: Footing) -> None:
    """Raise StateError where numbers may be neither bought nor handed out."""
    if footing.standing not in _MESSAGES:
        return
    raise StateError(
        _MESSAGES[footing.standing],
        reason=footing.reason,
        hint=WAYS_ON[footing.standing],
    )


_MESSAGES = {
    Standing.SUPERSEDED: "this inventory is not the project's home any more: it neither buys nor"
    " hands out numbers",
    Standing.RESTORED: "this inventory is older than the account: until it is checked it neither"
    " buys nor hands out numbers",
}

WAYS_ON = {
    Standing.SUPERSEDED: "work where the other inventory is; to bring the project back here:"
    " kapso-twilio reconcile --adopt",
    Standing.RESTORED: "kapso-twilio reconcile --no-fill",
}
"""What to do where an inventory may not act."""
