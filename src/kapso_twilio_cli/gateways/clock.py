"""A vendor's clock, as seen from this host.

Whether a number was bought by us, and whether a code answers our request, is told by comparing a
vendor's time with ours. The two clocks differ, so a vendor's times are given by this host's clock:
as late as they may have been, so that what came after our request is never taken for earlier.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import requests

_A_SECOND = timedelta(seconds=1)  # vendors cut their times to whole seconds


class VendorClock:
    """How far the vendor's clock is ahead at least, by the `Date` of an answer (RFC 9110, 6.6.1).

    The vendor writes `Date` at some moment between our request and its answer: the quickest answer
    tells most, and a slow one never replaces it.
    """

    def __init__(self) -> None:
        self._ahead = timedelta(0)
        self._elapsed: timedelta | None = None

    def observe(self, response: requests.Response) -> None:
        """Learn from an answer that has just come."""
        if self._elapsed is not None and response.elapsed >= self._elapsed:
            return
        try:
            vendor = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, TypeError, ValueError):
            return
        if vendor.tzinfo is None:
            return
        self._ahead = vendor - datetime.now(UTC)
        self._elapsed = response.elapsed

    @property
    def ahead(self) -> timedelta | None:
        """How far the vendor's clock is ahead, to a second or two; None before an answer told."""
        return self._ahead if self._elapsed is not None else None

    def by_host(self, moment: datetime) -> datetime:
        """A time that the vendor gave, by this host's clock: the latest that it may have been."""
        return moment + _A_SECOND - self._ahead

    def by_vendor(self, moment: datetime) -> datetime:
        """A time of this host's clock, by the vendor's: the earliest that it may have been."""
        return moment + self._ahead
