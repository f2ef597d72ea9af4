"""`reconcile --no-fill` on a large account, against paging the same listing with the bare SDK.

Every other number of the account is the project's, and connected; there is no Kapso key, and no
number is ready, so that Twilio's listing alone is read. Peak memory is held against that of a tenth
of the numbers.
"""

from __future__ import annotations

import sys

from crowd import crowd
from pairing import HERE, PROGRAM, Cost, cost, costs_in_turns, report

NUMBERS = 100_000
BUDGET = 1.3
MEMORY_BUDGET_MB = 120
GROWTH_BUDGET = 1.1
RUNS = 3


def measure(numbers: int, runs: int) -> tuple[Cost, Cost]:
    """What a reconcile takes, and what the bare listing does."""
    with crowd(numbers) as made:
        listing = [sys.executable, str(HERE / "sdk_listing.py"), made.account_sid]
        reconcile = [*PROGRAM, "reconcile", "--no-fill", "--jitter", "0"]
        ours, theirs = costs_in_turns(
            [lambda: cost(reconcile, made.environment), lambda: cost(listing, made.environment)],
            runs,
        )
        return ours, theirs


if __name__ == "__main__":
    few, _ = measure(NUMBERS // 10, runs=1)
    many, bare = measure(NUMBERS, RUNS)
    what = f"reconcile --no-fill of {NUMBERS} numbers"
    detail = f"{many.seconds:.1f} s against {bare.seconds:.1f} s"
    report(f"{what} / listing them with the SDK", many.seconds / bare.seconds, BUDGET, detail)
    cpu = f"{many.cpu_seconds:.1f} s against {bare.cpu_seconds:.1f} s"
    report(f"{what}: CPU / the same", many.cpu_seconds / bare.cpu_seconds, None, cpu)
    report(f"{what}: peak memory in MB", many.peak_mb, MEMORY_BUDGET_MB, f"SDK {bare.peak_mb:.0f}")
    growth = f"{many.peak_mb:.0f} MB against {few.peak_mb:.0f} MB"
    report(f"{what}: memory / that of a tenth", many.peak_mb / few.peak_mb, GROWTH_BUDGET, growth)
