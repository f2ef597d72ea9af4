"""Run every benchmark; exit 1 where one is over its budget.

    python everything.py            print the results
    python everything.py --write    write them into docs/benchmarks.md too, with the machine

What else a machine does only ever makes things slower: a benchmark with a result over its budget is
run once more, and the better of both results counts.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from pairing import HERE, RESULTS

PAGE = HERE.parent / "docs" / "benchmarks.md"

_HEAD = """# Benchmarks

Written by `make bench-page`; `make bench` measures and prints the same. Most figures are ratios: of
two programs that ran in turns, or of a fill to the least time that its calls could take. A ratio
says more than seconds do, which differ from machine to machine. What each is exactly stands at the
top of its script in `benchmarks/`. Vendors are the sandbox, on the same machine. A script with a
figure over its budget is run once more, and the better figure counts: what else a machine does only
makes things slower.
"""


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    what: str
    value: float
    budget: float | None
    detail: str

    @property
    def is_over(self) -> bool:
        """Whether it misses its budget."""
        return self.budget is not None and self.value > self.budget


def results_of(script: Path) -> list[Result]:
    """Run one script; CalledProcessError when it fails."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "results")
        environment = {**os.environ, RESULTS: str(file)}
        subprocess.run([sys.executable, str(script)], env=environment, check=True)
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [Result(**json.loads(line)) for line in lines]


def measured(script: Path) -> list[Result]:
    """The results of one script, the better of two runs where the first is over a budget."""
    first = results_of(script)
    if not any(result.is_over for result in first):
        return first
    print(f"{script.name} once more, as it was over its budget", flush=True)
    pairs = zip(first, results_of(script), strict=True)
    return [min(pair, key=lambda result: result.value) for pair in pairs]


def machine() -> str:
    """What it was measured on, in words."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({_processor()}), {gigabytes:.0f} GB of memory,"
        f" {platform.system()} {platform.release().split('-')[0]} on {platform.machine()}; Python"
        f" {platform.python_version()}, SQLite {sqlite3.sqlite_version},"
        f" twilio {version('twilio')}, typer {version('typer')}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def page(results: list[Result]) -> str:
    """The page, as Markdown."""
    rows = [
        f"| {result.what} | {result.value:.2f} | {_budget(result)} | {result.detail} |"
        for result in results
    ]
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    table = ["| what | measured | budget | of that |", "|---|---|---|---|", *rows]
    return "\n".join([_HEAD, f"Measured on {today}: {machine()}.", "", *table, ""])


def _budget(result: Result) -> str:
    return "–" if result.budget is None else f"{result.budget:g}{' (over)' * result.is_over}"


if __name__ == "__main__":
    found = [one for script in sorted(HERE.glob("bench_*.py")) for one in measured(script)]
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(found), encoding="utf-8")
        print(f"{PAGE.relative_to(HERE.parent)} was written")
    over = [result.what for result in found if result.is_over]
    if over:
        sys.exit("over the budget: " + "; ".join(over))
