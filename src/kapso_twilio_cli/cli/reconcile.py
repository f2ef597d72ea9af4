"""`kapso-twilio reconcile`: the cron run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from ..errors import Locked, OutcomeUnknown, StateError, UsageError
from .answer import LogFormat
from .command import Command, Invocation, invocation
from .jitter import Jitter, wait_a_while
from .notify import MetricsFile, Notices, error_of
from .options import Concurrency, DryRun, Yes
from .patience import LockTimeout, patience
from .quotes import say_warnings
from .tree import verb

if TYPE_CHECKING:
    from ..operations.actions import Action
    from ..operations.reconcile import ReconcileOptions, ReconcileReport, Unresolved
    from ..project import Project
    from .progress import Report

app = verb()

NoFill = Annotated[bool, typer.Option("--no-fill", help="Settle and repair only; buy nothing.")]
Adopt = Annotated[
    bool,
    typer.Option("--adopt", help="Make this inventory the project's home: take its numbers over."),
]
AcceptMissing = Annotated[
    bool,
    typer.Option("--accept-missing", help="Believe that numbers are gone, however many at once."),
]
LogAs = Annotated[
    LogFormat,
    typer.Option(
        "--log-format", help="With json, every line is one object: at, level, run_id, ..."
    ),
]
DetailedExitcode = Annotated[
    bool, typer.Option("--detailed-exitcode", help="With --dry-run: exit 10 if there is work.")
]


@app.command(
    "reconcile",
    cls=Command,
    epilog="kapso-twilio reconcile -p acme\n"
    "kapso-twilio reconcile --dry-run --detailed-exitcode\n"
    "kapso-twilio reconcile -p acme --log-format json --jitter 2m",
)
def reconcile_(
    ctx: typer.Context,
    *,
    no_fill: NoFill = False,
    adopt: Adopt = False,
    accept_missing: AcceptMissing = False,
    concurrency: Concurrency = 8,
    lock_timeout: LockTimeout = None,
    jitter: Jitter = None,
    log_format: LogAs = LogFormat.TEXT,
    metrics_file: MetricsFile = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    detailed_exitcode: DetailedExitcode = False,
) -> None:
    """Settle purchases, hold the inventory against the account, and keep the pools full.

    Reservations expire, and ready numbers are verified anew before their time is over.
    Quiet when there is nothing to do, else a line for each thing done: made for cron.
    """
    inv = invocation(ctx)
    inv.output.log_format = log_format
    if detailed_exitcode and not dry_run:
        raise UsageError(
            "--detailed-exitcode needs --dry-run",
            reason="it tells whether there is work, before any is done",
            hint="kapso-twilio reconcile --dry-run --detailed-exitcode",
        )
    project = inv.project
    from ..operations.lock import mass_work
    from ..operations.pools.fill import FillOptions
    from ..operations.reconcile import ReconcileOptions, reconcile
    from .pool import approve_plan
    from .progress import fill_progress

    def options(progress: Report) -> ReconcileOptions:
        approve = partial(approve_plan, inv, yes=yes)
        fill = None if no_fill else FillOptions(approve, progress, concurrency)
        return ReconcileOptions(fill, adopts=adopt, accepts_missing=accept_missing)

    if dry_run:
        work = _show_plan(inv, project, options(lambda _plan, _progress: None))
        raise typer.Exit(10 if work and detailed_exitcode else 0)
    wait_a_while(inv, jitter)
    with (
        Notices(inv, "reconcile", metrics_file) as notices,
        mass_work(project, "reconcile", patience(inv, lock_timeout)),
        _RecordedRun(project),
    ):
        notices.begin()
        with fill_progress(inv) as progress:
            report = reconcile(project, options(progress))
        notices.did(report.actions)
        if report.error is None or report.did_anything:
            _answer(inv, report)
        if report.error is not None:
            raise report.error


class _RecordedRun:
    """Notes in the inventory when the run began and how it ended."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def __enter__(self) -> None:
        with self._project.inventory.write() as tx:
            tx.runs.begin(self._project.run_id, "reconcile", self._project.now())

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        told = error_of(error) if error is not None else None
        exit_code, kind = (told.exit_code, told.kind) if told is not None else (0, None)
        try:
            with self._project.inventory.write() as tx:
                tx.runs.finish(self._project.run_id, self._project.now(), exit_code, kind)
        except (StateError, Locked):
            if error is None:
                raise  # else the error that is on its way says more


def _answer(inv: Invocation, report: ReconcileReport) -> None:
    from .documents import pool_fields

    fields = {
        "dry_run": False,
        "actions": [_action_fields(action) for action in report.actions],
        "unresolved": [_unresolved_fields(entry) for entry in report.unresolved],
        "pools": [pool_fields(pool) for pool in report.fill.pools] if report.fill else [],
    }
    inv.answer("reconcile", fields, [_line(inv, action) for action in report.actions])
    is_heard = report.did_anything or inv.interactive or inv.verbose
    _say_beside(inv, report if is_heard else replace(report, notes=()))  # cron's mail is for work
    for pool in report.fill.pools if report.fill else ():
        for reason in dict.fromkeys(pool.reasons):
            if (
                report.actions or inv.verbose or reason not in pool.notes
            ):  # who only waits is silent
                inv.note(f"{pool.country}: {reason}")


def _say_beside(inv: Invocation, report: ReconcileReport) -> None:
    for entry in report.unresolved:
        inv.note(f"unresolved: {entry.purchase.phone_number}: {entry.why}")
    for note in report.notes:
        inv.note(note)
    say_warnings(inv, report.warnings)


def _unresolved_fields(entry: Unresolved) -> dict[str, object]:
    return {
        "purchase_id": entry.purchase.id,
        "phone_number": entry.purchase.phone_number,
        "started_at": entry.purchase.started_at,
        "reason": entry.why,
    }


def _show_plan(inv: Invocation, project: Project, options: ReconcileOptions) -> bool:
    """Print what would be done; whether there is anything."""
    from ..operations.reconcile import reconcile

    with project.rehearsed() as twin:
        report = reconcile(twin, options)
    fields = {
        "dry_run": True,
        "actions": [_action_fields(action) for action in report.actions],
        "unresolved": [_unresolved_fields(entry) for entry in report.unresolved],
        "pools": [],
    }
    inv.answer("reconcile", fields, [_line(inv, action, "to do: ") for action in report.actions])
    _say_beside(inv, report)
    if report.error is not None and not isinstance(report.error, OutcomeUnknown):
        raise report.error  # the plan is not whole
    return bool(report.actions)


def _action_fields(action: Action) -> dict[str, object]:
    return {"kind": action.kind, "phone_number": action.phone_number, "detail": action.detail}


def _line(inv: Invocation, action: Action, before: str = "") -> str:
    """What was done, in the log's format: who reads it as JSON reads every line so."""
    words = before + _in_words(action)
    if inv.output.log_format is LogFormat.TEXT:
        return words
    return inv.output.log_line("info", words, action=_action_fields(action))


def _in_words(action: Action) -> str:
    what = action.kind.replace("_", " ")
    about = " ".join(text for text in (action.phone_number, action.detail) if text)
    return f"{what}: {about}"
