"""Which bundle, address and number type a purchase uses.

Each on its own: the country's override, else the project's, else what the call passed.
"""

from __future__ import annotations

import msgspec

from .purchase import RegulatorySids, SidSource

NOTHING = "none"
"""A country's override that says: send nothing, whatever the project says."""


class SidChoice(msgspec.Struct, frozen=True):
    """What each source says of one SID."""

    country: str | None
    project: str | None
    call: str | None

    @property
    def chosen(self) -> tuple[str | None, SidSource | None]:
        """The SID to send, and where it comes from."""
        if self.country is not None:
            return (None if self.country == NOTHING else self.country), SidSource.COUNTRY
        if self.project is not None:
            return self.project, SidSource.PROJECT
        return self.call, (SidSource.CALL if self.call is not None else None)

    @property
    def loser(self) -> str | None:
        """The SID that the call passed in vain."""
        return self.call if self.call not in (None, self.chosen[0]) else None


def choose(bundle: SidChoice, address: SidChoice) -> RegulatorySids:
    """The bundle and the address that a purchase sends."""
    bundle_sid, bundle_from = bundle.chosen
    address_sid, address_from = address.chosen
    return RegulatorySids(bundle_sid, bundle_from, address_sid, address_from)
