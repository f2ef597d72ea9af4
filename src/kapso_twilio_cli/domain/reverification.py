"""The clock of a verification: when a ready number is verified anew, and how many a day.

Source: reference "Meta: pre-verified numbers", 2 (read 2026-11-22). A verification lasts 90 days,
and Meta refuses to verify anew until 45 days before its end; an older page says 14 days. What Meta
returned decides, and where it is shorter than 90 days, the second half of it is the time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

LAST_DAYS = timedelta(days=45)
"""Meta verifies anew from so long before the end."""
_WHOLE_SECONDS = timedelta(seconds=1)
"""Meta's times have no fractions: what it counts from may be that much later."""
A_FEW_A_DAY = 5
"""So many a day at least; more where one would lapse otherwise."""
MARGIN = timedelta(days=7)
"""All are to be done so long before they lapse: what fails has time to be tried again."""
A_DAY = timedelta(days=1)
LATELY = timedelta(hours=20)
"""What counts as today: a daily run that comes a little early must find its whole share."""


def due_from(expires_at: datetime, verified_at: datetime | None) -> datetime:
    """The moment from which Meta verifies a number anew; never earlier.

    Where it is not known when it was verified, by the end alone.
    """
    earliest = expires_at - LAST_DAYS
    if verified_at is None:
        return earliest
    return max(earliest, verified_at + (expires_at - verified_at) / 2 + _WHOLE_SECONDS)


def how_many_now(lapses: Sequence[datetime], now: datetime, done_lately: int) -> int:
    """How many of the numbers that are due are to be verified anew in this run.

    `lapses` are the moments when each stops being handed out, soonest first; `done_lately` were
    tried within `LATELY`. At one run a day, none lapses that was due in time: each day does at
    least its share of what is left, and what has no time left is done at once.
    """
    urgent = sum(_days_left(lapse, now) < 2 for lapse in lapses)
    share = max((_share(index, lapse, now) for index, lapse in enumerate(lapses)), default=0)
    today = max(A_FEW_A_DAY, share) - done_lately
    return min(len(lapses), max(urgent, today, 0))


def _share(index: int, lapse: datetime, now: datetime) -> int:
    """So many a day are needed to do all up to this one in time."""
    return math.ceil((index + 1) / max(1, math.floor(_days_left(lapse, now)) - 1))


def _days_left(lapse: datetime, now: datetime) -> float:
    return (lapse - MARGIN - now) / A_DAY
