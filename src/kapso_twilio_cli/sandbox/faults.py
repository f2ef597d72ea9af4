"""What can go wrong on purpose: one fault meets the next `times` requests that match it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import msgspec

FaultKind = Literal[
    "drop_before", "drop_after", "late", "status", "delay", "truncate", "garble", "lag", "skip_page"
]
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    - `drop_before` closes the connection and does nothing.
    - `drop_after` does the work, then closes without an answer.
    - `late` closes at once and does the work after `delay_ms`.
    - `status` answers `status`, `headers` and `body` (the vendor's own words where there is none).
    - `delay` does the work, then answers after `delay_ms`.
    - `truncate` does the work and breaks off in the middle of the answer.
    - `garble` does the work and sends half of the answer as if it were the whole.
    - `lag` keeps what a POST makes out of listings for `delay_ms`; on a GET it hides what is
      younger than that.
    - `skip_page` leaves the page that was asked for out of its listing.
    """

    fault: FaultKind
    path: str = ""
    method: str | None = None
    times: int | None = 1
    """None: until it is cleared."""
    status: int = 500
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_ms: int = 0


def parse_fault(document: object) -> Fault:
    """Read a fault; TypeError or ValueError says what is wrong with it."""
    if not isinstance(document, dict):
        raise TypeError("a fault is a JSON object")
    if unknown := set(document) - set(Fault.__dataclass_fields__):
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
    try:
        fault = msgspec.convert(document, Fault)
        re.compile(fault.path)
    except (msgspec.ValidationError, re.error) as error:
        raise ValueError(str(error)) from error
    return fault


@dataclass(slots=True)
class Faults:
    """The faults that still wait for their requests, oldest first."""

    waiting: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """Give the fault that this request meets and count it; None on a good day."""
        for index, fault in enumerate(self.waiting):
            if _meets(fault, method, path):
                self._count(index)
                return fault
        return None

    def _count(self, index: int) -> None:
        fault = self.waiting[index]
        if fault.times is None:
            return
        if fault.times <= 1:
            del self.waiting[index]
        else:
            self.waiting[index] = replace(fault, times=fault.times - 1)


def _meets(fault: Fault, method: str, path: str) -> bool:
    if fault.method is not None and fault.method.upper() != method:
        return False
    # Only a listing has pages: other requests on the same path leave the fault waiting.
    if fault.fault == "skip_page" and method != "GET":
        return False
    return re.search(fault.path, path) is not None
