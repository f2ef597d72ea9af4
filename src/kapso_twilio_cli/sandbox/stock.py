"""The numbers on sale, worked out on demand: a stock of a million costs nothing until asked.

The N numbers of an offer are the first N places of a fixed shuffle of everything its areas can
hold. Place to number and number to place are both one multiplication, so "is it on sale" needs
no list. What was sold once is the caller's to remember.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from math import gcd

from .catalogue import Area, Offer

SAMPLE_LIMIT = 30
"""One search shows no more; maintainers of the SDK name this cap (../reference/twilio.md §2)."""

_STRIDE = 7_368_787  # a prime; what it shuffles is only meant to look unordered
_TRIES_A_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Stock:
    """`count` numbers of one offer, `capacity(offer)` at most."""

    offer: Offer
    count: int

    def number(self, place: int) -> str:
        """Give the number at a place of this stock, in E.164."""
        slot = place * self._stride % capacity(self.offer)
        area, suffix = divmod(slot, 10**self.offer.digits)
        return f"+{self.offer.areas[area].prefix}{suffix:0{self.offer.digits}d}"

    def holds(self, phone_number: str) -> bool:
        """Tell whether the number is one of this stock, sold or not."""
        area = self.area_of(phone_number)
        if area is None:
            return False
        suffix = int(phone_number[1 + len(area.prefix) :])
        slot = self.offer.areas.index(area) * 10**self.offer.digits + suffix
        size = capacity(self.offer)
        return bool(slot * pow(self._stride, -1, size) % size < self.count)

    def area_of(self, phone_number: str) -> Area | None:
        """Give the area that a number lies in, None for a number of another offer."""
        for area in self.offer.areas:
            if (
                phone_number.startswith(f"+{area.prefix}")
                and len(phone_number) == 1 + len(area.prefix) + self.offer.digits
                and phone_number[1:].isdigit()
            ):
                return area
        return None

    def sample(
        self,
        limit: int,
        *,
        sold: Container[str],
        wanted: Callable[[str], bool],
        places: Iterator[int],
    ) -> list[str]:
        """Draw up to `limit` unsold numbers that are wanted, other ones each time.

        `places` yields random integers. A stock that is nearly sold out is walked through.
        """
        drawn: dict[str, None] = {}
        for place in self._candidates(limit, places):
            number = self.number(place)
            if number not in sold and wanted(number):
                drawn[number] = None
            if len(drawn) == limit:
                break
        return list(drawn)

    def _candidates(self, limit: int, places: Iterator[int]) -> Iterator[int]:
        if not self.count:
            return
        for _ in range(limit * _TRIES_A_NUMBER):
            yield next(places) % self.count
        start = next(places)
        for step in range(self.count):
            yield (start + step) % self.count

    @property
    def _stride(self) -> int:
        stride = _STRIDE
        while gcd(stride, capacity(self.offer)) != 1:
            stride += 1
        return stride


def capacity(offer: Offer) -> int:
    """Count the numbers that an offer's areas can hold."""
    return int(len(offer.areas) * 10**offer.digits)
