"""`pool fill` at 100 ms a call against the least time that its workers could take.

That is: calls on one number's path x 100 ms x numbers / workers. A call counts to the path when
every number needs it (the sandbox's log shows one each): look up, buy, add, request_code,
verify_code, read. One look into the inbox is added, though numbers share their looks. The start of
the program, its checks before the first purchase, searches and the way of the SMS are in the
measured time alone.

In the storm, Twilio refuses more than 10 requests at a time (429), and 32 workers are asked for; it
is held against 10 workers whom nobody refuses. Meta takes as many as come.
"""

from __future__ import annotations

import re
import statistics
import time
from collections import Counter
from dataclasses import dataclass

from pairing import report
from workshop import workshop

LATENCY_SECONDS = 0.1
SEARCHES_BUDGET = 2
REQUESTS_BUDGET = 7

_SEARCH = "AvailablePhoneNumbers/CC/"
_LOOK = "Messages.json"


@dataclass(frozen=True)
class Fill:
    """One way to fill a pool, and how much longer than the least time it may take."""

    numbers: int
    workers: int
    budget: float
    runs: int
    allowed_at_once: int | None = None
    """So many requests to Twilio at a time; one more is refused."""

    @property
    def at_once(self) -> int:
        """So many calls at once are the best that can be had."""
        return self.allowed_at_once or self.workers


FILLS = [
    Fill(50, 8, budget=1.6, runs=5),
    Fill(200, 8, budget=1.3, runs=3),
    Fill(200, 16, budget=1.4, runs=3),
    Fill(200, 32, budget=1.6, runs=3),
    Fill(200, 32, budget=1.6, runs=3, allowed_at_once=10),
]


def carry_out(fill: Fill) -> tuple[float, Counter[str]]:
    """Seconds that one fill takes, and its requests by kind."""
    limit = [] if fill.allowed_at_once is None else ["--max-concurrent", str(fill.allowed_at_once)]
    latency_ms = round(LATENCY_SECONDS * 1000)
    with workshop(target_size=fill.numbers, latency_ms=latency_ms, serving=limit) as made:
        started = time.perf_counter()
        made.run("pool", "fill", "--concurrency", str(fill.workers))
        seconds = time.perf_counter() - started
        return seconds, Counter(_kind(request) for request in made.requests())


def path_of_one_number(kinds: Counter[str], numbers: int) -> list[str]:
    """The calls that every number makes, and one look into the inbox."""
    return [kind for kind, count in kinds.items() if count >= numbers] + [_LOOK]


def _kind(request: str) -> str:
    """A request without what differs from number to number."""
    path = re.sub(r"\?.*", "", request)
    path = re.sub(r"AvailablePhoneNumbers/[A-Z]{2}\b", "AvailablePhoneNumbers/CC", path)
    return re.sub(r"(AC|PN)[0-9a-f]{32}|\d{6,}", "ID", path)


def measure(fill: Fill) -> None:
    """Carry a fill out some times, and report it."""
    runs = [carry_out(fill) for _ in range(fill.runs)]
    wall = statistics.median(seconds for seconds, _ in runs)
    kinds = runs[-1][1]
    path = path_of_one_number(kinds, fill.numbers)
    least = len(path) * LATENCY_SECONDS * fill.numbers / fill.at_once
    what = f"pool fill of {fill.numbers}, {fill.workers} workers"
    if fill.allowed_at_once is not None:
        what += f", Twilio takes {fill.allowed_at_once} at a time"
    detail = (
        f"{wall:.2f} s against {least:.2f} s: {len(path)} calls a number, a shared look included"
    )
    report(f"{what} / least time of {fill.at_once} workers", wall / least, fill.budget, detail)
    if fill.allowed_at_once is not None:
        return  # what is refused is asked for again
    searches = sum(count for kind, count in kinds.items() if _SEARCH in kind)
    most = SEARCHES_BUDGET * max(1, fill.numbers // 50)
    report(f"{what}: searches", searches, most, "30 numbers a search")
    each = kinds.total() / fill.numbers
    report(f"{what}: requests a number", each, REQUESTS_BUDGET, f"{kinds.total()} in all")


if __name__ == "__main__":
    for one in FILLS:
        measure(one)
