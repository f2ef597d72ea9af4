"""A project's status as text: for a person at a terminal, and as sentences for a pipe."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..domain.lifecycle import NumberState
from ..domain.money import decimal_text
from .answer import Part, Table, cell, has_colour

if TYPE_CHECKING:
    from ..domain.attention import Attention
    from ..inventory.runs import LastRun
    from ..operations.status import PoolStatus, Status

_EXPIRIES_IN_TEXT = 3
_COLUMNS = ("country", "ready", "to verify", "reserved", "connected", "unavailable")
_NO_POOLS = "there are no pools yet: kapso-twilio pool set CC --target-size N"

_BAR_WIDTH = 8
_BAR = ("█", "░")
_BAR_IN_ASCII = ("#", ".")

_UNITS = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def status_text(found: Status, now: datetime, next_run: datetime | None) -> list[Part]:
    """What a person reads; `next_run`: when the installed timer starts the next reconcile."""
    switch = "enabled" if found.enabled else f"not enabled: {found.why_not_enabled}"
    rows, sentences = map(_row, found.pools), map(_sentence, found.pools)
    return [
        f"custom Twilio on the {found.plan} plan: {switch}",
        Table(_COLUMNS, [*rows], _NO_POOLS, [*sentences]),
        *_reserved(found, now),
        *([f"purchases unresolved: {found.unresolved}"] if found.unresolved else []),
        _cost(found),
        *([f"outside pools: {found.outside_pools}"] if found.outside_pools else []),
        *_expiries(found),
        *_reconciles(found.last_reconcile, now, next_run),
        *(_attention(entry) for entry in found.attention),
    ]


def bar(ready: int, target: int) -> str:
    """How much of its target a pool has; empty where the target is none."""
    if not target:
        return ""
    encoding = (sys.stdout.encoding or "ascii").lower()
    full, empty = _BAR if encoding.startswith("utf") else _BAR_IN_ASCII
    # Only a full pool has a full bar, and only an empty one has none of it.
    done = min(ready, target) * _BAR_WIDTH // target or int(ready > 0)
    return full * done + empty * (_BAR_WIDTH - done)


def span(time: timedelta) -> str:
    """A stretch of time in its largest unit, rounded down: `3 h`."""
    seconds = max(0, int(time.total_seconds()))
    for unit, length in _UNITS:
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return "0 s"


def _row(pool: PoolStatus) -> tuple[object, ...]:
    name, ready, *others = _facts(pool)
    return (name, f"{bar(pool.ready, pool.target_size)} {ready}".strip(), *others)


def _sentence(pool: PoolStatus) -> str:
    name, ready, coming, reserved, connected, unavailable = _facts(pool)
    return (
        f"{name}: {ready} ready, {coming} to verify, {reserved} reserved,"
        f" {connected} connected, {unavailable} unavailable"
    )


def _facts(pool: PoolStatus) -> tuple[object, ...]:
    return (
        pool.country if pool.enabled else f"{pool.country} (disabled)",
        f"{pool.ready} of {pool.target_size}",
        pool.counts[NumberState.PROVISIONED] + pool.counts[NumberState.VERIFYING],
        pool.counts[NumberState.RESERVED],
        pool.counts[NumberState.CONNECTED],
        pool.counts[NumberState.UNAVAILABLE],
    )


def _reserved(found: Status, now: datetime) -> list[str]:
    until = found.reserved.first_until
    if until is None:
        return []
    when = f"in {span(until - now)}" if until >= now else f"{span(now - until)} ago"
    return [f"reserved: {found.reserved.count}, the soonest until {cell(until)} ({when})"]


def _cost(found: Status) -> str:
    at_target = found.monthly_cost_at_target
    target = f", {decimal_text(at_target)} at target" if at_target is not None else ""
    if target and found.prices_of is not None:
        target += f" (prices of {found.prices_of:%Y-%m-%d})"
    return f"cost a month: {decimal_text(found.monthly_cost)} {found.currency}{target}"


def _expiries(found: Status) -> list[str]:
    """When verifications end next, as one line: the first ones say enough."""
    shown = [
        f"{number.phone_number} on {number.facts.verification_expiry_time:%Y-%m-%d}"
        for number in found.next_expiries[:_EXPIRIES_IN_TEXT]
    ]
    return [f"next expiries: {', '.join(shown)}"] if shown else []


def _reconciles(last: LastRun | None, now: datetime, next_run: datetime | None) -> list[str]:
    """When it ran last and runs next. Without a timer of ours nobody here knows when that is."""
    said = [f"last reconcile: {_last(last, now)}"] if last is not None else []
    if next_run is not None:
        said.append(f"next reconcile: soon after {cell(next_run)}, by the timer")
    return said


def _last(last: LastRun, now: datetime) -> str:
    began = f"{span(now - last.started_at)} ago"
    if last.exit_code is None:
        return f"began {began}, and has not ended"
    if last.exit_code == 0:
        return f"{began}, done"
    success = last.last_success_at
    before = f"the last success {span(now - success)} ago" if success else "none succeeded yet"
    return f"{began}, failed: {last.error_kind} (exit code {last.exit_code}); {before}"


def _attention(entry: Attention) -> str:
    from ..domain.attention import Severity

    severity = str(entry.severity)
    if entry.severity is Severity.CRITICAL and has_colour(sys.stdout):
        severity = f"\x1b[31;1m{severity}\x1b[0m"
    return f"{severity}: {entry.message} -> {entry.hint}"
