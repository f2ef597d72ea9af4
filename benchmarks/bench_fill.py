"""`pool fill` of 50 numbers at 100 ms a call against the least time that 8 workers could take.

That is: calls on one number's path x 100 ms x 50 / 8. A call counts to the path when every number
needs it (the sandbox's log shows one each): look up, buy, add, request_code, read the label back,
verify_code, read. One look into the inbox is added, though numbers share their looks. The start of
the program, its checks before the first purchase, searches and the way of the SMS are in the
measured time alone.
"""

from __future__ import annotations

import re
import statistics
import time
from collections import Counter

from pairing import report
from workshop import workshop

NUMBERS = 50
LATENCY_SECONDS = 0.1
CONCURRENCY = 8
BUDGET = 1.6
SEARCHES_BUDGET = 2
REQUESTS_BUDGET = 8
RUNS = 5

_SEARCH = "AvailablePhoneNumbers/CC/"
_LOOK = "Messages.json"


def fill() -> tuple[float, Counter[str]]:
    """Seconds that one fill takes, and its requests by kind."""
    with workshop(target_size=NUMBERS, latency_ms=round(LATENCY_SECONDS * 1000)) as made:
        started = time.perf_counter()
        made.run("pool", "fill", "--concurrency", str(CONCURRENCY))
        seconds = time.perf_counter() - started
        return seconds, Counter(_kind(request) for request in made.requests())


def path_of_one_number(kinds: Counter[str]) -> list[str]:
    """The calls that every number makes, and one look into the inbox."""
    return [kind for kind, count in kinds.items() if count >= NUMBERS] + [_LOOK]


def _kind(request: str) -> str:
    """A request without what differs from number to number."""
    path = re.sub(r"\?.*", "", request)
    path = re.sub(r"AvailablePhoneNumbers/[A-Z]{2}\b", "AvailablePhoneNumbers/CC", path)
    return re.sub(r"(AC|PN)[0-9a-f]{32}|\d{6,}", "ID", path)


if __name__ == "__main__":
    runs = [fill() for _ in range(RUNS)]
    wall = statistics.median(seconds for seconds, _ in runs)
    kinds = runs[-1][1]
    path = path_of_one_number(kinds)
    least = len(path) * LATENCY_SECONDS * NUMBERS / CONCURRENCY
    detail = f"{wall:.2f} s against {least:.2f} s: {len(path)} calls a number"
    report(
        f"pool fill of {NUMBERS} / least time of {CONCURRENCY} workers",
        wall / least,
        BUDGET,
        detail,
    )
    searches = sum(count for kind, count in kinds.items() if _SEARCH in kind)
    report("pool fill, searches", searches, SEARCHES_BUDGET, "30 numbers a search")
    each = kinds.total() / NUMBERS
    report("pool fill, requests a number", each, REQUESTS_BUDGET, f"{kinds.total()} in all")
