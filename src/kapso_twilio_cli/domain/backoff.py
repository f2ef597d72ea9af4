"""When a number that could not be verified is tried again: later each time.

Source of the cool-downs: reference "Meta: pre-verified numbers", 3 and 4 (read 2026-11-22). Meta
documents no quota of codes: few attempts, far apart, are the only way that never makes it worse.
"""

from __future__ import annotations

from datetime import timedelta

from .limits import Limits

_PAUSES = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=3),
)
"""After the first failure, the second, and so on; the last one for all that follow."""

CODE_REFUSED = 136024
ASKED_TOO_OFTEN, WAIT_AN_HOUR = 2388367, 2388091
_COOL_DOWNS: dict[tuple[int, int | None], timedelta] = {
    (CODE_REFUSED, None): timedelta(hours=1),
    (CODE_REFUSED, ASKED_TOO_OFTEN): timedelta(days=1),
    # It says an hour, and was seen to last a day.
    (CODE_REFUSED, WAIT_AN_HOUR): timedelta(hours=6),
    (133015, None): timedelta(minutes=10),  # deleted lately: five minutes
    (133016, None): timedelta(days=3),  # registered too often within 72 hours
}

OTP_FILTERED = 30038
"""Twilio: the digits of a one-time code were taken out of its SMS."""
ACCOUNT_PAUSE = timedelta(minutes=30)
"""After a code that was spent for a reason of the whole account: no failure of the number's."""


def pause_after(
    failures: int, vendor_code: int | None = None, vendor_subcode: int | None = None
) -> timedelta:
    """How long a number waits after its `failures`-th failure in a row, the first being 1.

    Never shorter than after the one before, nor than the cool-down of Meta's code.
    """
    by_count = _PAUSES[min(max(failures, 1), len(_PAUSES)) - 1]
    if vendor_code is None:
        return by_count
    general = _COOL_DOWNS.get((vendor_code, None), timedelta(0))
    return max(by_count, _COOL_DOWNS.get((vendor_code, vendor_subcode), general))


def not_replaced(limits: Limits, quarantined: int) -> int:
    """How many of a pool's quarantined numbers nothing is bought for: those beyond the limit."""
    if limits.max_quarantined is None:
        return 0
    return max(0, quarantined - limits.max_quarantined)
