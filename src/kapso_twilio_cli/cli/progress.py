"""A progress bar on a terminal, on stderr; nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .answer import LogFormat
from .command import Invocation

if TYPE_CHECKING:
    from ..operations.pools.fill_plan import FillPlan
    from ..operations.pools.line import Progress

    Report = Callable[[FillPlan, Progress], None]


@contextmanager
def fill_progress(inv: Invocation) -> Iterator[Report]:
    """A bar of the numbers that became ready, of those that a fill is about."""
    as_text = inv.output.log_format is LogFormat.TEXT
    if inv.output.json or inv.output.quiet or not as_text or not sys.stderr.isatty():
        yield lambda _plan, _progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # data goes to stdout, wherever the bar is drawn
    )

    def report(plan: FillPlan, progress: Progress) -> None:
        if not bar.tasks:
            total = plan.to_buy + sum(len(pool.to_verify) for pool in plan.pools)
            bar.add_task("ready", total=total)
            bar.start()
        words = f"bought {progress.bought}, failed {progress.failed}, ready"
        bar.update(bar.tasks[0].id, completed=progress.verified, description=words)

    try:
        yield report
    finally:
        bar.stop()
