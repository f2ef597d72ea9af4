"""`status --watch`: the status again and again, until Ctrl-C.

Each look opens the inventory, reads it in one short transaction and closes it: what other processes
write is seen, also when they put another file in its place, and nobody waits for who only looks.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from ..domain.attention import Severity
from ..errors import Locked, UsageError
from .answer import Part, drawn, write
from .status_text import status_text

if TYPE_CHECKING:
    from rich.console import Group

    from ..operations.status import Status
    from .command import Invocation

_GRAVEST_FIRST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)

Fields = Callable[["Status"], dict[str, object]]


def watch(inv: Invocation, seconds: float, fields: Fields) -> None:
    """Show the status as it changes, until Ctrl-C, which ends it well.

    On a terminal it is drawn anew every `seconds`. With `--json` each that differs from the one
    before is one line. Raises UsageError where there is neither.
    """
    if not inv.output.json and not sys.stdout.isatty():
        raise UsageError(
            "--watch draws on a terminal, and there is none",
            reason="stdout is a pipe or a file",
            hint="add --json: it prints a document a line, each time that something changed",
        )
    with suppress(KeyboardInterrupt):
        if inv.output.json:
            _print_changes(inv, seconds, fields)
        else:
            _draw(inv, seconds)


def _print_changes(inv: Invocation, seconds: float, fields: Fields) -> None:
    before: dict[str, object] | None = None
    for found in _looks(inv, seconds):
        document = fields(found)
        if document != before:
            inv.output.answer_line("status", document)
        before = document


def _looks(inv: Invocation, seconds: float) -> Iterator[Status]:
    """The status now, and then every `seconds`, by the settings and the inventory of then."""
    from ..operations.status import status

    while True:
        found = None
        with suppress(Locked), inv.project.anew() as project:  # the next look may be luckier
            found = status(project)
        if found is not None:
            yield found
        time.sleep(seconds)


def _draw(inv: Invocation, seconds: float) -> None:
    from rich.console import Console
    from rich.live import Live

    from ..operations.cron.timer import next_run

    console = Console(highlight=False, markup=False)
    text: list[Part] = []
    try:
        with Live(console=console, screen=True, auto_refresh=False, redirect_stdout=False) as live:
            for found in _looks(inv, seconds):
                now = inv.project.now()
                text = status_text(_gravest_first(found), now, next_run(inv.project.name, now))
                heading = _heading(inv.project.name, found, now, seconds)
                live.update(_screen([heading, "", *text]), refresh=True)
    finally:
        for part in text:  # what was seen last stays to be read
            write(sys.stdout, part)


def _heading(project: str, found: Status, now: datetime, seconds: float) -> str:
    """One line that says the worst even where the screen is too small for all of it."""
    counts = Counter(entry.severity for entry in found.attention)
    told = [f"{counts[severity]} {severity}" for severity in _GRAVEST_FIRST if counts[severity]]
    return (
        f"{project}: {', '.join(told) or 'all is well'}"
        f" ({now:%Y-%m-%d %H:%M:%S} UTC, every {seconds:g} s; Ctrl-C ends)"
    )


def _gravest_first(found: Status) -> Status:
    from msgspec.structs import replace

    ranked = sorted(found.attention, key=lambda entry: _GRAVEST_FIRST.index(entry.severity))
    return replace(found, attention=tuple(ranked))


def _screen(text: list[Part]) -> Group:
    from rich.console import Group
    from rich.text import Text

    return Group(
        *(
            Text.from_ansi(part) if isinstance(part, str) else drawn(part)
            for part in text
            if isinstance(part, str) or part.rows
        )
    )
