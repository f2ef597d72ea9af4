"""Two programs, run in turns: whole processes, warm bytecode, medians."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
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


def report(what: str, value: float, budget: float, detail: str) -> None:
    """Print one line: what was measured, the ratio, the budget."""
    verdict = "within" if value <= budget else "OVER"
    print(f"{what}: {value:.2f}  ({verdict} the budget of {budget:g}; {detail})", flush=True)


def _seconds(argv: Argv, environment: Mapping[str, str] | None) -> float:
    started = time.perf_counter()
    subprocess.run(
        argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - started
