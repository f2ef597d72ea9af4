"""What a monitor reads: gauges in Prometheus' text format, by the inventory alone.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (read 2026-11-24).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from ...config.files import write_atomically
from ...domain.country import Country
from ...domain.lifecycle import NumberState
from ...domain.money import decimal_text
from ...errors import ConfigError
from ...project import Project
from ..status import Status, status

FOR_EVERYBODY = 0o644

_DAY = timedelta(days=1)
_BY_STATE = {
    NumberState.RESERVED: "Numbers that are reserved for an onboarding.",
    NumberState.CONNECTED: "Numbers that are connected.",
    NumberState.QUARANTINED: "Numbers that were put aside.",
    NumberState.MISSING: "Numbers that are not in the account any more.",
}


class Gauge(msgspec.Struct, frozen=True):
    """One metric: `kapso_twilio_` and its name, what it is, and its values by their labels."""

    name: str
    help: str
    values: Mapping[str, object]


def write_metrics(project: Project, path: Path) -> None:
    """Write the project's gauges to `path`, whole or not at all, readable by everybody (0644).

    Raises ConfigError where it cannot be written; the file is then as it was.
    """
    if not path.parent.is_dir() or (path.exists() and not path.is_file()):
        raise ConfigError(
            f"{path} cannot be written", reason="its folder is missing, or it is no plain file"
        )
    write_atomically(path, metrics_text(project).encode(), mode=FOR_EVERYBODY)


def metrics_text(project: Project) -> str:
    """The project's gauges, each with its help and type; one that has no value is left out."""
    found = status(project)
    lines: list[str] = []
    for gauge in (*_by_country(project, found), *_of_the_whole(project, found)):
        if gauge.values:
            name = f"kapso_twilio_{gauge.name}"
            lines += [f"# HELP {name} {gauge.help}", f"# TYPE {name} gauge"]
            lines += [f"{name}{{{labels}}} {value}" for labels, value in gauge.values.items()]
    return "\n".join(lines) + "\n"


def _by_country(project: Project, found: Status) -> Iterator[Gauge]:
    with project.inventory.read() as session:
        counts = session.stock.by_country()
        ends = session.stock.next_ends()
        unknown = Counter(purchase.country for purchase in session.purchases.unresolved())
    pools = {pool.country: pool for pool in found.pools}
    countries = sorted({*pools, *counts, *unknown})

    def gauge(name: str, help_text: str, values: Mapping[Country, object]) -> Gauge:
        labelled = {_labels(project, country=cc): value for cc, value in values.items()}
        return Gauge(name, help_text, labelled)

    ready = {cc: pool.ready for cc, pool in pools.items()}
    yield gauge("ready_numbers", "Numbers of the pool that may be handed out.", ready)
    wanted = {cc: pool.target_size if pool.enabled else 0 for cc, pool in pools.items()}
    yield gauge("target_numbers", "Ready numbers that the pool keeps; 0 if disabled.", wanted)
    for state, help_text in _BY_STATE.items():
        stand = {cc: counts.get(cc, {}).get(state, 0) for cc in countries}
        yield gauge(f"{state}_numbers", help_text, stand)
    open_ones = {cc: unknown[cc] for cc in countries}
    yield gauge("unknown_purchases", "Purchases whose outcome is not known.", open_ones)
    days = {cc: _days(end - project.now()) for cc, end in ends.items()}
    yield gauge("next_expiry_days", "Days until a ready number's verification ends next.", days)


def _of_the_whole(project: Project, found: Status) -> Iterator[Gauge]:
    cost = {_labels(project, currency=found.currency): decimal_text(found.monthly_cost)}
    yield Gauge("monthly_cost", "What the numbers cost a month.", cost)
    last = found.last_reconcile
    if last is None:
        return
    labels = _labels(project)
    success, code = last.last_success_at, last.exit_code
    seconds = {labels: _seconds(success)} if success is not None else {}
    yield Gauge("last_success_timestamp_seconds", "When a reconcile last succeeded.", seconds)
    codes = {labels: code} if code is not None else {}
    yield Gauge("last_exit_code", "How the newest reconcile ended.", codes)


def _labels(project: Project, **more: str) -> str:
    """Names and codes hold nothing that would have to be escaped."""
    return ",".join(
        f'{name}="{value}"' for name, value in {"project": project.name, **more}.items()
    )


def _days(span: timedelta) -> str:
    return f"{span / _DAY:.3f}"


def _seconds(moment: datetime) -> str:
    return f"{moment.timestamp():.3f}"
