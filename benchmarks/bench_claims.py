"""Claims from a pool: many processes against bare commits, and a large pool against a small one.

The claims are made by eight processes that are loaded already, as are the commits: one row each, in
a database of its own in the same folder, with the same settings. The latency is that of whole
processes, from a pool of 100 and from one of 100,000.
"""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import time
from contextlib import closing

from copies import copy_number
from pairing import HERE, PAIRS, PROGRAM, Cost, cost, costs_in_turns, report
from workshop import Workshop, workshop

PROCESSES = 8
CLAIMS_EACH = 100
FEW, MANY = 100, 100_000
ROUNDS = 5
LATENCY_BUDGET = 1.2
LOADED_SECONDS = 3.0


def per_second(made: Workshop, what: str, *file: str) -> float:
    """How many claims or commits a second all processes make together."""
    start = time.time() + LOADED_SECONDS
    running = [
        subprocess.Popen(
            [
                *(sys.executable, str(HERE / "claiming.py"), what, str(CLAIMS_EACH)),
                *(f"{what}-{one}", str(start), *file),
            ],
            env=made.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for one in range(PROCESSES)
    ]
    spans = [[float(text) for text in process.communicate()[0].split()] for process in running]
    assert all(process.returncode == 0 for process in running), "see above what failed"
    began, ended = min(span[0] for span in spans), max(span[1] for span in spans)
    return PROCESSES * CLAIMS_EACH / (ended - began)


def measure_rate() -> None:
    """Claims a second, held against commits a second."""
    with workshop(target_size=1) as made:
        made.run("pool", "fill")
        copy_number(made, PROCESSES * CLAIMS_EACH * ROUNDS)
        file = made.inventory.with_name("commits.db")
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("CREATE TABLE commits (ref TEXT) STRICT")
        rounds = [
            (per_second(made, f"claims-{n}"), per_second(made, f"commits-{n}", str(file)))
            for n in range(ROUNDS)
        ]
    claims, commits = (statistics.median(column) for column in zip(*rounds, strict=True))
    detail = f"{claims:.0f} claims a second, {commits:.0f} commits"
    report(f"bare commits / claims, by {PROCESSES} processes", commits / claims, None, detail)


def measure_latency() -> None:
    """How much longer one claim takes from a large pool."""
    with workshop(target_size=1) as small, workshop(target_size=1) as large:
        for made, numbers in ((small, FEW), (large, MANY)):
            made.run("pool", "fill")
            copy_number(made, numbers)
        few, many = costs_in_turns([lambda: claim(small), lambda: claim(large)], PAIRS)
    detail = f"{many.seconds * 1000:.0f} ms against {few.seconds * 1000:.0f} ms"
    what = f"resolve from a pool of {MANY} / from one of {FEW}"
    report(what, many.seconds / few.seconds, LATENCY_BUDGET, detail)


def claim(made: Workshop) -> Cost:
    """One claim, as a whole process."""
    words = ["resolve", "--ref", f"signup-{time.time_ns()}", "--no-provision", "--json"]
    return cost([*PROGRAM, *words], made.environment)


if __name__ == "__main__":
    measure_rate()
    measure_latency()
