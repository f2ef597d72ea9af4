"""Numbers on sale in one country, taken one by one; searched for again when they run out."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

from ..domain.phone_number import PhoneNumber
from ..project import Project
from .quote import Choice


class Shelf:
    """An iterator that many workers share. It ends when a search finds nothing new."""

    def __init__(self, project: Project, choice: Choice, *, sms_only: bool) -> None:
        self._project = project
        self._choice = choice
        self._sms_only = sms_only
        self._lock = threading.Lock()
        self._found: list[PhoneNumber] = []
        self._seen: set[PhoneNumber] = set()

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
        found = self._project.twilio.numbers.search(
            self._choice.country, self._choice.number_type, sms_only=self._sms_only, contains=None
        )
        new = [n.phone_number for n in found if n.phone_number not in self._seen]
        self._seen.update(new)
        random.shuffle(new)  # so that two buyers seldom want the same number
        self._found = new
