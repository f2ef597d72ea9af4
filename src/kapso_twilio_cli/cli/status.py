"""`kapso-twilio status`: every pool and what needs attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ..domain.lifecycle import NumberState
from .answer import Table
from .command import Command, invocation
from .tree import verb

if TYPE_CHECKING:
    from ..domain.attention import Attention
    from ..domain.number import Number
    from ..inventory.runs import LastRun
    from ..operations.status import PoolStatus, Status

app = verb()

_COUNTED = [state for state in NumberState if state is not NumberState.RELEASED]
_EXPIRIES_IN_TEXT = 3
_COLUMNS = ("country", "ready", "target", "to verify", "reserved", "connected", "unavailable")

_NO_POOLS = "there are no pools yet: kapso-twilio pool set CC --target-size N"


@app.command("status", cls=Command, epilog="kapso-twilio status\nkapso-twilio status --json")
def status_(ctx: typer.Context) -> None:
    """See every pool, what it costs, and what needs attention. Asks no vendor."""
    inv = invocation(ctx)
    from ..operations.status import status

    found = status(inv.project)
    inv.answer("status", _fields(found), _text(found))


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


def _text(found: Status) -> list[str | Table]:
    from ..domain.money import decimal_text

    switch = "enabled" if found.enabled else f"not enabled: {found.why_not_enabled}"
    rows = [
        (
            pool.country if pool.enabled else f"{pool.country} (disabled)",
            pool.ready,
            pool.target_size,
            pool.counts[NumberState.PROVISIONED] + pool.counts[NumberState.VERIFYING],
            pool.counts[NumberState.RESERVED],
            pool.counts[NumberState.CONNECTED],
            pool.counts[NumberState.UNAVAILABLE],
        )
        for pool in found.pools
    ]
    at_target = found.monthly_cost_at_target
    target = f", {decimal_text(at_target)} at target" if at_target is not None else ""
    if target and found.prices_of is not None:
        target += f" (prices of {found.prices_of:%Y-%m-%d})"
    return [
        f"custom Twilio on the {found.plan} plan: {switch}",
        Table(_COLUMNS, rows, _NO_POOLS, [_sentence(row) for row in rows]),
        f"cost a month: {decimal_text(found.monthly_cost)} {found.currency}{target}",
        *([f"outside pools: {found.outside_pools}"] if found.outside_pools else []),
        *_expiries(found),
        *(f"{entry.severity}: {entry.message} -> {entry.hint}" for entry in found.attention),
    ]


def _expiries(found: Status) -> list[str]:
    """When verifications end next, as one line: the first ones say enough."""
    shown = [
        f"{number.phone_number} on {number.facts.verification_expiry_time:%Y-%m-%d}"
        for number in found.next_expiries[:_EXPIRIES_IN_TEXT]
    ]
    return [f"next expiries: {', '.join(shown)}"] if shown else []


def _sentence(row: tuple[object, ...]) -> str:
    country, ready, target, coming, reserved, connected, unavailable = row
    return (
        f"{country}: {ready} of {target} ready, {coming} to verify, {reserved} reserved,"
        f" {connected} connected, {unavailable} unavailable"
    )
