"""What can go wrong with one call, and how the command may end then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .calls import KINDS, Kind

_PAGE = "<html><body><h1>Something else</h1></body></html>"
_RETRY = {"Retry-After": "1"}

LATE_MS = 400
"""How late is late. The project believes an absence only later, after a second."""

REPEATED = frozenset({0})
FOUND = frozenset({0})
UNKNOWN = frozenset({9})
LATER = frozenset({75})
NOT_THERE = frozenset({3})
WEBHOOKS = ("webhook configure", "webhook restore")
"""They can do nothing for a number that they cannot read; a purchase only reads its own back."""
BATCHES = (
    "pool fill",
    "pool fill, by voice",
    "reconcile",
    "reconcile, against the account",
    "reconcile, after a removal",
    "reconcile, verifying anew",
    "reconcile --adopt",
    "pool trim",
    *WEBHOOKS,
)
BELIEVERS = {
    "number import": "look a number up",
    "reconcile --adopt": "list the numbers",
    "reconcile, against the account": "list the numbers",
}
"""What must take an absence for what it is: they change nothing then, and say so; or it is found by
a second look, before anything is bought."""


GARBLED_NO = {
    ("reconcile, against the account", "read a number", "garble"),
    ("reconcile, after a removal", "Kapso: number", "garble"),
}
"""Where the answer is a no (the number is gone), a garbled one may be a proxy's: not repeated."""


@dataclass(frozen=True)
class Trouble:
    """One fault, and what it means for the work that was asked for."""

    name: str
    details: Mapping[str, Any]
    done: bool = False
    """The vendor does the work all the same."""
    times: int | None = 1

    @property
    def _fault(self) -> str:
        return str(self.details["fault"])

    @property
    def is_late(self) -> bool:
        """Whether the account shows only after a while what was done."""
        return self._fault in ("late", "lag")

    @property
    def is_slow(self) -> bool:
        """Whether the time-out is over before the answer is there."""
        return self._fault == "delay"

    def fits(self, kind: Kind) -> bool:
        """Whether the fault can happen to such a call."""
        match self._fault:
            case "late":
                return not kind.is_read
            case "skip_page":
                return kind.is_read and kind.lists
            case "lag":
                return kind.lists or kind in (KINDS["buy"], KINDS["Meta: add"])
        return True


def _status(name: str, status: int, **details: Any) -> Trouble:
    return Trouble(name, {"fault": "status", "status": status, **details})


ONCE = (
    Trouble("drop_before", {"fault": "drop_before"}),
    Trouble("drop_after", {"fault": "drop_after"}, done=True),
    Trouble("late", {"fault": "late", "delay_ms": LATE_MS}),
    _status("500", 500),
    _status("503", 503),
    _status("408", 408),
    _status("429", 429),
    _status("429 with Retry-After", 429, headers=_RETRY),
    Trouble("slow", {"fault": "delay", "delay_ms": 1300}, done=True),
    Trouble("truncate", {"fault": "truncate"}, done=True),
    Trouble("garble", {"fault": "garble"}, done=True),
    _status("a page, 200", 200, body=_PAGE),
    _status("a page, 502", 502, body=_PAGE),
    Trouble("lag", {"fault": "lag", "delay_ms": LATE_MS}, done=True),
    Trouble("skip_page", {"fault": "skip_page"}, done=True),
)
_ALWAYS = ("drop_before", "drop_after", "500", "429", "garble", "a page, 200")
TROUBLES = (
    *ONCE,
    *(Trouble(f"{t.name}, always", t.details, t.done, None) for t in ONCE if t.name in _ALWAYS),
)


def may_end(command: str, name: str, trouble: Trouble) -> frozenset[int]:
    """The exit codes that the interface allows; of a batch, a part may have been done before."""
    if command.startswith(("reconcile", "setup-link create")) and name == "Meta: delete":
        return frozenset({0})  # a reservation that cannot be ended is attention, and no failure
    if command in WEBHOOKS and name == "read a number":
        name = "search"  # as any read that nothing can be done without
    if command == "doctor":
        return frozenset({0}) if trouble.times is not None else REPEATED | LATER
    codes = _of_a_read(name, trouble) if KINDS[name].is_read else _of_a_change(name, trouble)
    if command in BELIEVERS and name in BELIEVERS[command] and trouble.name == "skip_page":
        codes |= NOT_THERE | ({7} if command in BATCHES else frozenset())
    if (command, name) == ("number verify", "list the numbers"):
        codes |= REPEATED  # whether another project took the number, it can be asked itself
    if (command, name, trouble.name) in GARBLED_NO:
        codes |= LATER
    return codes | {7} if command in BATCHES and codes >= LATER else codes


def _of_a_read(name: str, trouble: Trouble) -> frozenset[int]:
    if trouble.name == "skip_page" and name.startswith("Kapso: "):
        return REPEATED | LATER  # it counts more entries than came
    if trouble.times is not None:
        return REPEATED
    if name == "regulations":
        return REPEATED  # it is worth a warning, and no more
    # A number that was bought is the caller's, whether or not its label can be read back; and where
    # the list shows labels alone, it can be done without.
    may_do_without = name in ("read a number", "list the numbers")
    return REPEATED | LATER if may_do_without else LATER


def _of_a_change(name: str, trouble: Trouble) -> frozenset[int]:
    if trouble.details["fault"] == "lag":
        return FOUND
    if name == "name a number":
        # The number is recorded all the same, and the next run names it; or its calls are answered
        # as before only when the next run has seen to it.
        return FOUND | LATER
    if name.startswith("Kapso: "):
        return _of_a_change_at_kapso(name, trouble)
    if trouble.details.get("status") == 429:
        never_processed = name == "buy" and trouble.times == 1
        return REPEATED if never_processed else LATER
    if name == "buy":
        return FOUND if trouble.done else UNKNOWN
    if name == "Meta: delete" and trouble.done:
        return FOUND | LATER  # a release goes on when it is gone; a customer may have claimed it
    looked_at = name in ("Meta: add", "Meta: verify_code", "release a number")
    return FOUND if looked_at and trouble.done else LATER


def _of_a_change_at_kapso(name: str, trouble: Trouble) -> frozenset[int]:
    """Who was turned away asks again; a link that was made is looked for, and its URL is not."""
    if trouble.times == 1 and trouble.details.get("status") == 429:
        return REPEATED
    is_found = name == "Kapso: make a link" and trouble.times == 1 and trouble.done
    return FOUND if is_found else LATER
