"""`kapso-twilio reconcile`: the cron run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import Interrupted, KapsoTwilioError, Locked, StateError, Terminated
from .command import Command, Invocation, invocation
from .options import Concurrency, DryRun, Yes
from .patience import LockTimeout, patience
from .tree import verb

if TYPE_CHECKING:
    from ..operations.reconcile import Action, ReconcileReport
    from ..project import Project

app = verb()

NoFill = Annotated[bool, typer.Option("--no-fill", help="Settle and repair only; buy nothing.")]
DetailedExitcode = Annotated[
    bool, typer.Option("--detailed-exitcode", help="With --dry-run: exit 10 if there is work.")
]


@app.command(
    "reconcile",
    cls=Command,
    epilog="kapso-twilio reconcile -p acme\nkapso-twilio reconcile --dry-run --detailed-exitcode",
)
def reconcile_(
    ctx: typer.Context,
    *,
    no_fill: NoFill = False,
    concurrency: Concurrency = 8,
    lock_timeout: LockTimeout = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    detailed_exitcode: DetailedExitcode = False,
) -> None:
    """Settle purchases, take up what was broken off, expire reservations, and fill the pools.

    Quiet when there is nothing to do: made for cron.
    """
    inv = invocation(ctx)
    project = inv.project
    if dry_run:
        work = _show_plan(inv, project, no_fill=no_fill)
        raise typer.Exit(10 if work and detailed_exitcode else 0)
    from ..operations.fill import FillOptions
    from ..operations.lock import mass_work
    from ..operations.reconcile import reconcile
    from .pool import approve_plan
    from .progress import fill_progress

    lock = mass_work(project, "reconcile", patience(inv, lock_timeout))
    with lock, _RecordedRun(project):
        with fill_progress(inv) as progress:
            options = FillOptions(
                approve=lambda plan: approve_plan(inv, plan, yes=yes),
                progress=progress,
                concurrency=concurrency,
            )
            report = reconcile(project, None if no_fill else options)
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
        stopped = error is not None and not isinstance(error, Exception)
        if stopped:
            kind_of_stop = Interrupted if isinstance(error, KeyboardInterrupt) else Terminated
            error = kind_of_stop("stopped")
        known = error if isinstance(error, KapsoTwilioError) else None
        exit_code = known.exit_code if known else (0 if error is None else 1)
        kind = known.kind if known else (None if error is None else "bug")
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
        "unresolved": [
            {
                "purchase_id": entry.purchase.id,
                "phone_number": entry.purchase.phone_number,
                "started_at": entry.purchase.started_at,
                "reason": entry.why,
            }
            for entry in report.unresolved
        ],
        "pools": [pool_fields(pool) for pool in report.fill.pools] if report.fill else [],
    }
    inv.answer("reconcile", fields, [_in_words(action) for action in report.actions])
    for entry in report.unresolved:
        inv.note(f"unresolved: {entry.purchase.phone_number}: {entry.why}")
    for note in report.notes:
        inv.note(note)
    for pool in report.fill.pools if report.fill else ():
        for reason in dict.fromkeys(pool.reasons):
            inv.note(f"{pool.country}: {reason}")


def _show_plan(inv: Invocation, project: Project, *, no_fill: bool) -> bool:
    """Print what would be done; whether there is anything."""
    from ..operations.fill_plan import plan_fill
    from ..operations.reconcile import Action, ActionKind, what_is_due

    actions = list(what_is_due(project))
    fills = project.why_not_enabled() is None and project.config.meta.credentials != "custom"
    if fills and not no_fill:
        for pool in plan_fill(project, []).pools:
            for error in pool.errors:
                inv.note(f"{pool.country}: {error.message}: {error.reason}")
            actions += [
                Action(ActionKind.VERIFIED, number.phone_number) for number in pool.to_verify
            ]
            if pool.to_buy and pool.quote:
                price = pool.quote.price
                detail = f"{pool.to_buy} for the {pool.country} pool at {price} a month each"
                actions.append(Action(ActionKind.BOUGHT, None, detail))
    fields = {
        "dry_run": True,
        "actions": [_action_fields(action) for action in actions],
        "unresolved": [],
        "pools": [],
    }
    inv.answer("reconcile", fields, [f"to do: {_in_words(action)}" for action in actions])
    return bool(actions)


def _action_fields(action: Action) -> dict[str, object]:
    return {"kind": action.kind, "phone_number": action.phone_number, "detail": action.detail}


def _in_words(action: Action) -> str:
    what = action.kind.replace("_", " ")
    about = " ".join(text for text in (action.phone_number, action.detail) if text)
    return f"{what}: {about}"
