"""Bring pools to their target: settle, verify what is there, then buy what is missing."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from ...domain.country import Country
from ...domain.phone_number import PhoneNumber
from ...errors import KapsoTwilioError, Locked, PaceExceeded, StateError
from ...inventory.journal import PURCHASE_LIMITED, Entry
from ...project import Project
from ..batch import error_of_batch, in_words
from ..buying.known_prices import ask_again
from ..buying.settle import Settlement, settle
from ..buying.shelf import Shelf
from ..stopping import StopRequest, stop_on_signals
from ..verifying.voice import put_back_left
from .country_work import FAILURES_IN_A_ROW, CountryWork
from .fill_plan import (
    FillPlan,
    PoolPlan,
    at_known_prices,
    count_ready,
    plan_fill,
    pools_to_fill,
)
from .line import Line, Progress
from .upkeep import lapse_expired, take_up_interrupted

_log = logging.getLogger(__name__)

CONCURRENCY = 8
"""So many steps at once, unless a command says otherwise."""


class PoolReport(msgspec.Struct, frozen=True):
    """What a fill did for one pool."""

    country: Country
    target_size: int
    ready_before: int
    ready: int
    bought: int
    verified: int
    failed: int
    shortfall: int
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """Those of the reasons that say what is waited for: nothing went wrong in this run."""


class FillReport(msgspec.Struct, frozen=True):
    """What a fill did."""

    pools: tuple[PoolReport, ...]
    settled: tuple[Settlement, ...]
    bought: tuple[PhoneNumber, ...]
    verified: tuple[PhoneNumber, ...]
    monthly_cost_added: Decimal
    currency: str
    paced: PaceExceeded | None
    """A run's or a day's limit kept a pool from its target. To a reconcile that is no error."""
    error: KapsoTwilioError | None

    @property
    def error_or_limit(self) -> KapsoTwilioError | None:
        """As `error`, with the limit as one of the causes."""
        if self.error is not None or self.paced is None:
            return self.error
        return error_of_batch([self.paced], succeeded=sum(pool.verified for pool in self.pools))


class FillOptions(msgspec.Struct, frozen=True):
    """How a fill is carried out."""

    approve: Callable[[FillPlan], bool]
    """Asked before the first purchase; raises Interrupted to decline.

    Tells whether a person was asked: then the prices are asked for again.
    """
    progress: Callable[[FillPlan, Progress], None]
    concurrency: int = CONCURRENCY


def fill(project: Project, countries: Sequence[Country], options: FillOptions) -> FillReport:
    """Fill these pools, or every enabled one. The caller holds the lock for mass work."""
    pools = pools_to_fill(project, countries)
    settled = settle_pools(project, list(pools))
    take_up_interrupted(project, list(pools))
    put_back_left(project)
    lapse_expired(project, list(pools))
    plan = at_known_prices(project, plan_fill(project, countries))
    for pool in plan.pools:
        words = "%s: %d ready of %d, %d to verify, %d to buy"
        counts = (pool.ready, pool.target_size, len(pool.to_verify), pool.to_buy)
        _log.info(words, pool.country, *counts)
    _remember_limits(project, plan)
    if plan.to_buy and options.approve(plan):
        ask_again(project, plan.quotes)
    works = [_work(project, pool) for pool in plan.pools]
    with stop_on_signals() as stop:
        line = Line(
            project,
            plan.known,
            concurrency=options.concurrency,
            stop=stop,
            progress=lambda progress: options.progress(plan, progress),
        )
        line.run(works)
    stopped = _what_stopped(line, stop)
    try:
        return _report(project, plan, works, settled, stopped)
    except (Locked, StateError) as unreadable:
        errors = [*stopped, *(error for work in works for error in work.errors)]
        raise (error_of_batch(errors, succeeded=0) or unreadable) from None


def settle_pools(project: Project, countries: Sequence[Country]) -> tuple[Settlement, ...]:
    """Settle the unresolved purchases of these pools."""
    with project.inventory.read() as session:
        unresolved = session.purchases.unresolved()
    mine = [purchase for purchase in unresolved if purchase.purpose.pool in countries]
    return tuple(settle(project, purchase) for purchase in mine)


def _remember_limits(project: Project, plan: FillPlan) -> None:
    """Note what a run's or a day's limit kept from being bought: status shows it."""
    for pool in plan.pools:
        if pool.paced is not None:
            detail = f"{pool.country}: {pool.paced.message}"
            with project.inventory.write() as tx:
                tx.events.append(Entry(project.now(), PURCHASE_LIMITED, detail=detail))


def _work(project: Project, pool: PoolPlan) -> CountryWork:
    work = CountryWork(
        pool.country, deque(pool.to_verify), errors=list(pool.errors), paced=pool.paced
    )
    work.failed_before = pool.failed_before
    if pool.quote is not None and pool.to_buy:
        work.to_buy = pool.to_buy
        work.quote = pool.quote
        work.shelf = Shelf(project, pool.quote)
    return work


def _what_stopped(line: Line, stop: StopRequest) -> list[KapsoTwilioError]:
    stopped = [stop.error()] if stop.asked else []
    return stopped + ([line.fatal] if line.fatal is not None else [])


def _report(
    project: Project,
    plan: FillPlan,
    works: Sequence[CountryWork],
    settled: tuple[Settlement, ...],
    stopped: Sequence[KapsoTwilioError],
) -> FillReport:
    with project.inventory.read() as session:
        ready = {pool.country: count_ready(project, session, pool.country) for pool in plan.pools}
    pools = [
        _pool_report(pool, work, ready[pool.country])
        for pool, work in zip(plan.pools, works, strict=True)
    ]
    paced = next((work.paced for work in works if work.paced), None)
    unknown = [settlement.error for settlement in settled if settlement.error is not None]
    errors = [*stopped, *unknown, *(error for work in works for error in work.errors)]
    return FillReport(
        pools=tuple(pools),
        settled=settled,
        bought=tuple(number for work in works for number in work.bought),
        verified=tuple(number for work in works for number in work.verified),
        monthly_cost_added=sum(
            (work.quote.price.amount * len(work.bought) for work in works if work.quote), Decimal(0)
        ),
        currency=project.config.limits.currency,
        paced=paced,
        error=error_of_batch(errors, succeeded=sum(len(work.verified) for work in works)),
    )


def _pool_report(pool: PoolPlan, work: CountryWork, ready: int) -> PoolReport:
    reasons = [in_words(error) for error in work.errors]
    waits = [in_words(work.paced)] if work.paced else []
    if work.to_verify and work.failures_in_a_row >= FAILURES_IN_A_ROW:
        reasons.append(
            f"{len(work.to_verify)} more were asked no code for, as {FAILURES_IN_A_ROW} in a row"
            " could not be verified"
        )
    return PoolReport(
        country=pool.country,
        target_size=pool.target_size,
        ready_before=pool.ready,
        ready=ready,
        bought=len(work.bought),
        verified=len(work.verified),
        failed=work.failed,
        shortfall=max(0, pool.target_size - ready),
        reasons=(*reasons, *waits, *pool.notes),
        notes=(*waits, *pool.notes),
    )
