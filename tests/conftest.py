"""What is told at the end of a test run: how many points of the matrices were run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

_MATRICES = {
    "crash points": ("crash matrix", "points", "commands"),
    "fault cases": ("fault matrix", "cases", "commands"),
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up what the tests recorded, on whichever worker they ran."""
    for prop, (matrix, points, commands) in _MATRICES.items():
        counted: Counter[str] = Counter()
        for number, command in _recorded(terminalreporter, prop):
            counted[command] += number
        counted = +counted  # without those that had no point in the slice
        if counted:
            total = sum(counted.values())
            terminalreporter.write_line(
                f"{matrix}: {total} {points}, {len(counted)} {commands}"
                f" ({', '.join(f'{name} {number}' for name, number in sorted(counted.items()))})"
            )


def _recorded(reporter: pytest.TerminalReporter, prop: str) -> Iterator[tuple[int, str]]:
    for reports in reporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "call":
                continue
            for name, value in report.user_properties:
                if name == prop:
                    number, _, command = str(value).partition(" ")
                    yield int(number), command
