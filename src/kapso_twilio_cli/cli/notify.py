"""Notices of a run: its beginning and its end, told to whom the settings name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from ..errors import Bug, Interrupted, KapsoTwilioError, Locked, Terminated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..operations.actions import Action
    from ..project import Project
    from .command import Invocation

MetricsFile = Annotated[
    Path | None,
    typer.Option(
        "--metrics-file",
        metavar="PATH",
        help="Write a Prometheus textfile after the run.  [default: notify.metrics_file]",
    ),
]


class Notices:
    """Tells how a run goes. Nothing here changes its outcome; what goes wrong is a warning."""

    def __init__(self, inv: Invocation, command: str, metrics_file: Path | None) -> None:
        self._inv = inv
        self._project: Project = inv.project
        self._command = command
        named = self._project.config.notify.metrics_file
        self._metrics_file = metrics_file or (Path(named) if named else None)
        self._has_begun = False
        self._actions: tuple[Action, ...] = ()

    def __enter__(self) -> Self:
        return self

    def begin(self) -> None:
        """The run has its lock, and goes."""
        self._has_begun = True
        if self._is_on:
            from ..operations.telling.notify import begun

            self._warn(begun(self._project))

    def did(self, actions: Iterable[Action]) -> None:
        """What the run did."""
        self._actions = tuple(actions)

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        other_run_is_at_work = isinstance(error, Locked) and not self._has_begun
        if not self._is_on or other_run_is_at_work:
            return
        from ..operations.telling.notify import Outcome, ended

        told = error_of(error) if error is not None else None
        outcome = Outcome(self._command, self._actions, told)
        self._warn(ended(self._project, outcome, self._metrics_file))

    @property
    def _is_on(self) -> bool:
        notify = self._project.config.notify
        return bool(self._metrics_file or notify.ping_url or notify.command or notify.urls)

    def _warn(self, warnings: Iterable[str]) -> None:
        for warning in warnings:
            self._inv.output.warn(f"warning: {warning}")


def error_of(error: BaseException) -> KapsoTwilioError:
    """What the process will end with: the error itself, the stop, or a bug."""
    if isinstance(error, KapsoTwilioError):
        return error
    if isinstance(error, Exception):
        return Bug("this is a bug in kapso-twilio", reason=type(error).__name__)
    return Interrupted("stopped") if isinstance(error, KeyboardInterrupt) else Terminated("stopped")
