"""Numbers on sale in one country, taken one by one.

The quote's own sample comes first; when it runs out, it is searched for more.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ...domain.phone_number import PhoneNumber
from ...project import Project
from .quote import Quote

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import NumberOnSale


class Shelf:
    """An iterator that many workers share. It ends when a search finds nothing new."""

    def __init__(self, project: Project, quoted: Quote) -> None:
        self._project = project
        self._quoted = quoted
        self._lock = threading.Lock()
        self._found: list[PhoneNumber] = []
        self._seen: set[PhoneNumber] = set()
        self._lay_out(quoted.on_sale)

    def __iter__(self) -> Iterator[PhoneNumber]:
        return self

    def __next__(self) -> PhoneNumber:
        with self._lock:
            if not self._found:
                self._search()
            if not self._found:
                raise StopIteration
            return self._found.pop()

    def _search(self) -> None:
        choice = self._quoted.choice
        self._lay_out(
            self._project.twilio.numbers.search(
                choice.country,
                choice.number_type,
                sms_only=choice.wanted.sms_only,
                voice_only=choice.wanted.voice_only,
                contains=choice.wanted.contains,
            )
        )

    def _lay_out(self, found: Iterable[NumberOnSale]) -> None:
        """Take what is new and can be bought: of mixed numbers, some may need another address."""
        able = [one.phone_number for one in found if self._quoted.can_buy(one)]
        new = [number for number in able if number not in self._seen]
        self._seen.update(new)
        random.shuffle(new)  # so that two buyers seldom want the same number
        self._found = new
