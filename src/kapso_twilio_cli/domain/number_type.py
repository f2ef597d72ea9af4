"""The types of number that are sold, and the four ways in which Twilio spells them.

Source: twilio.com/docs/phone-numbers (read 2026-11-22): the search path says `TollFree`, its
subresource key `toll_free`, the pricing API `toll free`, and the regulations `toll-free`.
"""

from __future__ import annotations

from enum import StrEnum


class NumberType(StrEnum):
    """A type of number, spelt as in the project file."""

    LOCAL = "local"
    MOBILE = "mobile"
    TOLL_FREE = "toll-free"
    NATIONAL = "national"

    @property
    def subresource(self) -> str:
        """The key in AvailablePhoneNumbers' `subresource_uris`: `toll_free`."""
        return self.value.replace("-", "_")

    @property
    def pricing_name(self) -> str:
        """The `number_type` of the pricing API: `toll free`."""
        return self.value.replace("-", " ")
