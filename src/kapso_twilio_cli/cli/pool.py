"""`kapso-twilio pool`: keep pools of ready numbers, one per country."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.counted import counted
from ..domain.country import parse_country
from ..domain.money import decimal_text
from . import pool_settings, pool_trim
from .answer import Table
from .command import Command, Invocation, invocation
from .options import Concurrency, DryRun, Yes
from .patience import LockTimeout, patience
from .quotes import say_warnings
from .suggestions import pools
from .tree import noun

if TYPE_CHECKING:
    from ..operations.pools.fill import FillReport, PoolReport
    from ..operations.pools.fill_plan import FillPlan, PoolPlan

app = noun("Keep pools of ready numbers, one per country.")

Countries = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[CC...]", help="Pools to fill; all if none is named.", autocompletion=pools
    ),
]


@app.command("list", cls=Command, epilog="kapso-twilio pool list")
def list_(ctx: typer.Context) -> None:
    """List the pools, with their settings and the numbers they hold."""
    inv = invocation(ctx)
    from ..operations.status import status

    project = inv.project
    stock = {pool.country: pool for pool in status(project).pools}
    pools = [
        {
            "country": country,
            "enabled": settings.enabled,
            "target_size": settings.target_size,
            "post_disconnect": settings.post_disconnect,
            "ready": stock[country].ready,
        }
        for country, settings in project.config.pools.items()
    ]
    columns = ("country", "enabled", "target_size", "ready", "post_disconnect")
    rows = [[pool[column] for column in columns] for pool in pools]
    empty = "there are no pools yet: kapso-twilio pool set CC --target-size N"
    inv.answer("pool.list", {"pools": pools}, [Table(columns, rows, empty)])


pool_settings.register(app)


@app.command(
    "fill",
    cls=Command,
    epilog="kapso-twilio pool fill\nkapso-twilio pool fill CL --dry-run\n"
    "kapso-twilio pool fill US CL --json",
)
def fill_(
    ctx: typer.Context,
    countries: Countries = None,
    *,
    concurrency: Concurrency = 8,
    lock_timeout: LockTimeout = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Bring pools to their target: verify, then buy."""
    inv = invocation(ctx)
    from ..operations.lock import mass_work
    from ..operations.pools.fill import FillOptions, fill
    from ..operations.pools.fill_plan import rehearse_fill
    from .progress import fill_progress

    project = inv.project
    wanted = [parse_country(text) for text in countries or []]
    if dry_run:
        show_plan(inv, rehearse_fill(project, wanted))
        return
    lock = mass_work(project, "pool fill", patience(inv, lock_timeout))
    with lock, fill_progress(inv) as progress:
        options = FillOptions(
            approve=lambda plan: approve_plan(inv, plan, yes=yes),
            progress=progress,
            concurrency=concurrency,
        )
        report = fill(project, wanted, options)
    inv.answer("pool.fill", fill_fields(report), fill_text(report))
    error = report.error_or_limit
    if error is not None:
        raise error


pool_trim.register(app)


def approve_plan(inv: Invocation, plan: FillPlan, *, yes: bool) -> bool:
    """On a terminal, ask before the first purchase; elsewhere the limits guard it.

    Tells whether a person was asked.
    """
    for quote in plan.quotes:
        say_warnings(inv, quote.warnings)
    if not inv.interactive or yes:
        return False
    for pool in plan.pools:
        if pool.quote is not None and pool.to_buy:
            kind = pool.quote.choice.number_type
            inv.note(f"{pool.country}: buy {pool.to_buy} {kind} at {pool.quote.price} a month each")
    cost = decimal_text(plan.monthly_cost)
    currency = next(pool.quote.price.currency for pool in plan.pools if pool.quote)
    numbers = counted(plan.to_buy, "number")
    return inv.confirm(f"Buy {numbers} for {cost} {currency} a month?", yes=False)


def fill_fields(report: FillReport) -> dict[str, object]:
    """The promised keys of `pool fill`."""
    from .documents import amount, pool_fields

    return {
        "dry_run": False,
        "pools": [pool_fields(pool) for pool in report.pools],
        "monthly_cost_added": amount(report.monthly_cost_added),
        "currency": report.currency,
    }


def fill_text(report: FillReport) -> list[str | Table]:
    """A row a pool, and what stands in the way."""
    columns = ("country", "ready", "target", "bought", "verified", "failed", "short")
    rows = [
        (p.country, p.ready, p.target_size, p.bought, p.verified, p.failed, p.shortfall)
        for p in report.pools
    ]
    sentences = [
        f"{p.country}: {p.ready} of {p.target_size} ready;"
        f" bought {p.bought}, verified {p.verified}, failed {p.failed}"
        for p in report.pools
    ]
    empty = "there is no enabled pool: kapso-twilio pool set CC --target-size N"
    table = Table(columns, rows, empty, sentences)
    return [table, *(f"{p.country}: {reason}" for p in report.pools for reason in _reasons(p))]


def _reasons(pool: PoolReport) -> list[str]:
    return list(dict.fromkeys(pool.reasons))


def show_plan(inv: Invocation, plan: FillPlan) -> None:
    """What a fill would do, with its price: the promised keys, and what is to come beside them."""
    from .documents import amount

    currency = next((p.quote.price.currency for p in plan.pools if p.quote), None)
    fields = {
        "dry_run": True,
        "pools": [_plan_fields(pool) for pool in plan.pools],
        "monthly_cost_added": amount(plan.monthly_cost),
        "currency": currency,
    }
    columns = ("country", "ready", "target", "to verify", "to buy", "a month each")
    rows = [
        (p.country, p.ready, p.target_size, len(p.to_verify), p.to_buy, p.quote and p.quote.price)
        for p in plan.pools
    ]
    sentences = [_plan_in_words(pool) for pool in plan.pools]
    empty = "there is no enabled pool: kapso-twilio pool set CC --target-size N"
    inv.answer("pool.fill", fields, [Table(columns, rows, empty, sentences)])
    for quote in plan.quotes:
        say_warnings(inv, quote.warnings)
    for pool in plan.pools:
        if pool.paced is not None:
            inv.note(f"{pool.country}: {pool.paced.message}")
        for note in pool.notes:
            inv.note(f"{pool.country}: {note}")
    for pool in plan.pools:
        for error in pool.errors:
            raise error


def _plan_fields(pool: PoolPlan) -> dict[str, object]:
    from .documents import amount

    return {
        "country": pool.country,
        "target_size": pool.target_size,
        "ready_before": pool.ready,
        "ready": pool.ready,
        "bought": 0,
        "verified": 0,
        "failed": 0,
        "shortfall": max(0, pool.target_size - pool.ready),
        "reasons": [
            *(error.message for error in (*pool.errors, *filter(None, [pool.paced]))),
            *pool.notes,
        ],
        "to_verify": len(pool.to_verify),
        "to_buy": pool.to_buy,
        "monthly_price": amount(pool.quote.price.amount) if pool.quote else None,
    }


def _plan_in_words(pool: PoolPlan) -> str:
    price = f" at {pool.quote.price} a month each" if pool.quote and pool.to_buy else ""
    return (
        f"{pool.country}: {pool.ready} of {pool.target_size} ready;"
        f" would verify {len(pool.to_verify)} and buy {pool.to_buy}{price}"
    )
