"""Durations as people write them: `90s`, `10m`, `24h`, `7d`."""

from __future__ import annotations

import re
from datetime import timedelta

from ..errors import UsageError

_DURATION = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def parse_duration(text: str) -> timedelta:
    """Take a whole number and one unit (s, m, h or d); anything else is refused."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{text!r} is not a duration",
            reason="a duration is a whole number and one of s, m, h and d",
            hint="write it like 90s, 10m, 24h or 7d",
        )
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def duration_text(duration: timedelta) -> str:
    """Write whole seconds in the largest exact unit; one day is `24h`, and one minute `60s`."""
    seconds = int(duration.total_seconds())
    for unit, length in _SECONDS.items():
        if seconds and seconds % length == 0 and not (unit in "dm" and seconds == length):
            return f"{seconds // length}{unit}"
    return "0s"
