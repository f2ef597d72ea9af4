"""How many requests are let in, from one source and in all: buckets that fill up again."""

from __future__ import annotations

import msgspec

_SOURCES_AT_MOST = 10_000


class Rate(msgspec.Struct, frozen=True):
    """So many at once, and so many a second in the long run."""

    burst: float
    per_second: float


ONE_SOURCE = Rate(burst=100, per_second=20)
"""A full pool's codes come at once, from a handful of Twilio's machines."""
ALL_SOURCES = Rate(burst=400, per_second=100)


class Bucket:
    """Tokens for requests; a request takes one, or is refused."""

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = rate.burst
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one more may come in now."""
        self._fill(now)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def is_full(self, now: float) -> bool:
        """Whether nothing of it has been taken lately."""
        self._fill(now)
        return self._tokens >= self._rate.burst

    def _fill(self, now: float) -> None:
        grown = self._tokens + (now - self._at) * self._rate.per_second
        self._tokens = min(self._rate.burst, grown)
        self._at = now


class Door:
    """Lets requests in, as long as neither their source nor all together are too many.

    `now` is a monotonic time in seconds.
    """

    def __init__(
        self, now: float, *, one_source: Rate = ONE_SOURCE, all_sources: Rate = ALL_SOURCES
    ) -> None:
        self._one_source = one_source
        self._all = Bucket(all_sources, now)
        self._sources: dict[str, Bucket] = {}

    def lets_in(self, source: str, now: float) -> bool:
        """Whether one more of this source may come in."""
        if source not in self._sources:
            self._make_room(now)
        bucket = self._sources.setdefault(source, Bucket(self._one_source, now))
        # One source that floods must not use up what is there for all.
        return bucket.take(now) and self._all.take(now)

    def _make_room(self, now: float) -> None:
        if len(self._sources) < _SOURCES_AT_MOST:
            return
        self._sources = {
            source: bucket for source, bucket in self._sources.items() if not bucket.is_full(now)
        }
        if len(self._sources) >= _SOURCES_AT_MOST:
            self._sources.clear()  # the bound on all of them still holds
