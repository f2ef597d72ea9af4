"""A vendor's clock, as seen from this host.

Whether a number was bought by us, and whether a code answers our request, is told by comparing a
vendor's time with ours. The two clocks differ, so a vendor's times are given by this host's clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests

IMPRECISION = timedelta(seconds=3)
"""Vendors' times are whole seconds, and so is the difference of the clocks."""

_HALF_A_SECOND = timedelta(seconds=0.5)


class VendorClock:
    """How far the vendor's clock is ahead, by the `Date` of its newest answer (RFC 9110, 6.6.1)."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def observe(self, response: requests.Response) -> None:
        """Learn from an answer that has just come."""
        try:
            vendor = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, TypeError, ValueError):
            return
        if vendor.tzinfo is None:
            return
        halfway = datetime.now(UTC) - response.elapsed / 2
        self._ahead = vendor + _HALF_A_SECOND - halfway

    def by_host(self, moment: datetime) -> datetime:
        """A time that the vendor gave, by this host's clock."""
        return moment - self._ahead

    def by_vendor(self, moment: datetime) -> datetime:
        """A time of this host's clock, by the vendor's."""
        return moment + self._ahead
