"""`kapso-twilio status`: every pool and what needs attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.lifecycle import NumberState
from ..errors import UsageError
from .command import Command, invocation
from .tree import verb

if TYPE_CHECKING:
    from ..domain.attention import Attention
    from ..domain.number import Number
    from ..inventory.runs import LastRun
    from ..operations.status import PoolStatus, Status
    from ..project import Project
    from .answer import Part

app = verb()

Watch = Annotated[
    bool,
    typer.Option(
        "--watch",
        help="Show it as it changes, until Ctrl-C; without a terminal --json is needed, and prints"
        " a document a line whenever something changed.",
    ),
]
Interval = Annotated[
    float | None,
    typer.Option(
        "--interval",
        metavar="SECONDS",
        min=0.1,
        max=3600,
        help="With --watch: look every so many seconds, instead of 2.",
    ),
]

_COUNTED = [state for state in NumberState if state is not NumberState.RELEASED]
_INTERVAL_SECONDS = 2.0


@app.command(
    "status",
    cls=Command,
    epilog="kapso-twilio status\nkapso-twilio status --json\nkapso-twilio status --watch",
)
def status_(ctx: typer.Context, *, watch: Watch = False, interval: Interval = None) -> None:
    """See every pool, what it costs, and what needs attention. Asks no vendor."""
    inv = invocation(ctx)
    if watch:
        from .status_watch import watch as keep_watching

        keep_watching(inv, interval or _INTERVAL_SECONDS, _fields)
        return
    if interval is not None:
        raise UsageError(
            "--interval says how often --watch looks, and --watch was not given",
            hint="kapso-twilio status --watch --interval SECONDS",
        )
    from ..operations.status import status

    found = status(inv.project)
    inv.answer("status", _fields(found), () if inv.output.json else _text(inv.project, found))


def _text(project: Project, found: Status) -> list[Part]:
    from ..operations.cron.timer import next_run
    from .status_text import status_text

    now = project.now()
    return status_text(found, now, next_run(project.name, now))


def _fields(found: Status) -> dict[str, object]:
    from .documents import amount

    return {
        "enabled": found.enabled,
        "plan": found.plan,
        "pools": [_pool_fields(pool) for pool in found.pools],
        "attention": [_attention_fields(entry) for entry in found.attention],
        "monthly_cost": amount(found.monthly_cost),
        "monthly_cost_at_target": amount(found.monthly_cost_at_target),
        "currency": found.currency,
        "last_reconcile": _last_fields(found.last_reconcile),
        "next_expiries": [_expiry_fields(number) for number in found.next_expiries],
    }


def _pool_fields(pool: PoolStatus) -> dict[str, object]:
    return {
        "country": pool.country,
        "enabled": pool.enabled,
        "target_size": pool.target_size,
        **{state.value: pool.counts[state] for state in _COUNTED},
        "ready": pool.ready,
        "unknown": pool.unknown,
        "surplus": pool.surplus,
        "expiring_soon": pool.expiring_soon,
        "shortfall": pool.shortfall,
    }


def _attention_fields(entry: Attention) -> dict[str, object]:
    return {
        "kind": entry.kind,
        "severity": entry.severity,
        "phone_number": entry.phone_number,
        "message": entry.message,
        "hint": entry.hint,
    }


def _expiry_fields(number: Number) -> dict[str, object]:
    return {
        "phone_number": number.phone_number,
        "pool": number.facts.pool,
        "verification_expiry_time": number.facts.verification_expiry_time,
    }


def _last_fields(last: LastRun | None) -> dict[str, object] | None:
    if last is None:
        return None
    return {
        "started_at": last.started_at,
        "finished_at": last.finished_at,
        "exit_code": last.exit_code,
        "error_kind": last.error_kind,
        "last_success_at": last.last_success_at,
    }
