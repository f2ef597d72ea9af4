"""Numbers on sale in one country, taken one by one; searched for again when they run out."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator

from ..domain.phone_number import PhoneNumber
from ..project import Project
from .quote import Choice


class Shelf:
    """An iterator that many workers share. It ends when a search finds nothing new.

    A number that the account holds already is left out: Twilio would answer its purchase with 201
    and change it. `held` is one listing of the account; without it, each number is looked up.
    """

    def __init__(
        self,
        project: Project,
        choice: Choice,
        *,
        sms_only: bool,
        held: frozenset[PhoneNumber] | None = None,
    ) -> None:
        self._project = project
        self._choice = choice
        self._sms_only = sms_only
        self._held = held
        self._lock = threading.Lock()
        self._found: list[PhoneNumber] = []
        self._seen: set[PhoneNumber] = set()

    def __iter__(self) -> Iterator[PhoneNumber]:
        return self

    def __next__(self) -> PhoneNumber:
        while True:
            with self._lock:
                if not self._found:
                    self._search()
                if not self._found:
                    raise StopIteration
                phone_number = self._found.pop()
            if not self._is_held(phone_number):
                return phone_number

    def _search(self) -> None:
        found = self._project.twilio.numbers.search(
            self._choice.country, self._choice.number_type, sms_only=self._sms_only, contains=None
        )
        new = [n.phone_number for n in found if n.phone_number not in self._seen]
        self._seen.update(new)
        random.shuffle(new)  # so that two buyers seldom want the same number
        self._found = new

    def _is_held(self, phone_number: PhoneNumber) -> bool:
        if self._held is not None:
            return phone_number in self._held
        return self._project.twilio.numbers.find(phone_number) is not None
