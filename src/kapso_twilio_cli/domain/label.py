"""The FriendlyName that this program puts on every number it buys.

`kt:<project>:<installation>:<intent>`: 53 characters at most, of Twilio's 64, and never cut. It
is how a purchase whose answer was lost is found again, and how a stray is known as ours.
"""

from __future__ import annotations

import re

import msgspec

_LABEL = re.compile(r"kt:([a-z0-9][a-z0-9-]{0,23}):([a-z2-7]{8}):([a-z2-7]{16})")


class Label(msgspec.Struct, frozen=True):
    """Whose number it is, and which purchase brought it."""

    project: str
    installation: str
    """8 base32 characters that name the inventory."""
    intent: str
    """16 base32 characters that name the purchase."""

    def __str__(self) -> str:
        return f"kt:{self.project}:{self.installation}:{self.intent}"


def parse_label(friendly_name: str) -> Label | None:
    """The label in a FriendlyName; None when it is not one of ours."""
    match = _LABEL.fullmatch(friendly_name)
    return Label(*match.groups()) if match else None
