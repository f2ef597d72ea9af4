"""Two programs, run in turns: whole processes, warm bytecode, medians; and the line of a result."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Some machines forbid it; then every start would compile what was changed since the last one.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

HERE = Path(__file__).parent
RESULTS = "BENCHMARK_RESULTS"
"""The environment variable that names a file for the results, one JSON object a line."""
PROGRAM = [sys.executable, str(Path(sys.executable).parent / "kapso-twilio")]
ONE_COMMAND = [sys.executable, str(HERE / "one_command.py")]

Argv = Sequence[str]
PAIRS = 21


def ratio(
    ours: Callable[[int], Argv],
    theirs: Argv,
    *,
    environment: Mapping[str, str] | None = None,
    pairs: int = PAIRS,
) -> tuple[float, str]:
    """How many times as long ours takes, and the medians in words.

    They run in turns, so that whatever else the machine does meets both alike. `ours` gives the
    words of its n-th run; the first of each is not counted.
    """
    measured = [
        (_seconds(ours(n), environment), _seconds(theirs, environment)) for n in range(pairs + 1)
    ]
    mine, other = (statistics.median(column) for column in zip(*measured[1:], strict=True))
    return mine / other, f"{mine * 1000:.0f} ms against {other * 1000:.0f} ms"


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def cost(argv: Argv, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a program once, and tell what it took; CalledProcessError when it fails."""
    measured = subprocess.run(
        [sys.executable, str(HERE / "measured.py"), *argv],
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    return Cost(**json.loads(measured.stdout))


def costs_in_turns(programs: Sequence[Callable[[], Cost]], runs: int) -> list[Cost]:
    """The median costs of programs that run in turns; the first of each is not counted."""
    measured = [[program() for program in programs] for _ in range(runs + 1)][1:]
    return [median_cost(column) for column in zip(*measured, strict=True)]


def median_cost(costs: Sequence[Cost]) -> Cost:
    """The median of each figure, on its own."""
    return Cost(
        statistics.median(one.seconds for one in costs),
        statistics.median(one.cpu_seconds for one in costs),
        statistics.median(one.peak_mb for one in costs),
    )


def report(what: str, value: float, budget: float | None, detail: str) -> None:
    """Print one line: what was measured, the ratio, the budget if there is one."""
    verdict = "" if budget is None else "within" if value <= budget else "OVER"
    told = f"{verdict} the budget of {budget:g}; " if verdict else ""
    print(f"{what}: {value:.2f}  ({told}{detail})", flush=True)
    file = os.environ.get(RESULTS)
    if file:
        line = {"what": what, "value": value, "budget": budget, "detail": detail}
        with Path(file).open("a", encoding="utf-8") as results:
            results.write(json.dumps(line) + "\n")


def _seconds(argv: Argv, environment: Mapping[str, str] | None) -> float:
    started = time.perf_counter()
    subprocess.run(
        argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - started
