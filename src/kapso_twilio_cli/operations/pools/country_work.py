"""What a line does for one country's pool, and how far it may go."""

from __future__ import annotations

from collections import deque

import msgspec
from msgspec import field

from ...domain.country import Country
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...errors import KapsoTwilioError, PaceExceeded
from ..buying.quote import Quote
from ..buying.shelf import Shelf

FAILURES_IN_A_ROW = 3
"""So many, without a success, stop a country: the next number would fail too."""


class CountryWork(msgspec.Struct):
    """What the line does for one country's pool, and what came of it."""

    country: Country
    to_verify: deque[Number]
    to_buy: int = 0
    quote: Quote | None = None
    shelf: Shelf | None = None
    bought: list[PhoneNumber] = field(default_factory=list)
    verified: list[PhoneNumber] = field(default_factory=list)
    failed: int = 0
    """Numbers that could not be verified."""
    errors: list[KapsoTwilioError] = field(default_factory=list)
    paced: PaceExceeded | None = None
    """A run's or a day's limit kept it from buying more."""
    under_way: int = 0
    failures_in_a_row: int = 0
    failed_before: int = 0
    """Members that failed in former runs, with no success since: nothing is bought beside three."""
    began_owned: bool = False
    """Members that were there have been begun: until one of them got through, new ones are bought
    one at a time, as what keeps these from getting through may meet them too."""
    proven: bool = False
    """One number got through: the way is known to work."""

    @property
    def may_go_on(self) -> bool:
        """Until one got through, no more are bought or asked a code for than may fail in a row."""
        if not self.to_verify and self.to_buy == 0:
            return False
        failed = self.failures_in_a_row + (0 if self.to_verify else self.failed_before)
        if failed >= FAILURES_IN_A_ROW:
            return False
        if self.began_owned and not self.to_verify and not self.proven:
            return self.under_way == 0
        return self.proven or self.under_way + failed < FAILURES_IN_A_ROW

    def note(self, error: KapsoTwilioError) -> None:
        """Note a failure once, however many numbers share it."""
        if all(error.reason != known.reason for known in self.errors):
            self.errors.append(error)
