"""Bring pools to their target: settle, verify what is there, then buy what is missing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import msgspec
from msgspec import field
from msgspec.structs import replace

from ..config.model import PoolSettings
from ..domain.country import Country, country_name
from ..domain.lifecycle import NumberState
from ..domain.limits import check_budget, pace_exceeded, purchases_left
from ..domain.number import Number
from ..domain.phone_number import PhoneNumber
from ..domain.pool import PoolStock, numbers_to_buy
from ..errors import (
    CredentialsError,
    KapsoTwilioError,
    LimitExceeded,
    StateError,
    VendorUnavailable,
)
from ..inventory.journal import PURCHASE_LIMITED, Entry
from ..inventory.store import Session
from ..project import Project
from .batch import error_of_batch
from .line import CountryWork, Line, Progress
from .quote import Quote, Wanted, choose_for, quote
from .settle import Settlement, settle
from .shelf import Shelf
from .stopping import StopRequest
from .upkeep import lapse_expired, take_up_interrupted
from .verification import Portfolio, portfolio, require_managed_meta


class PoolPlan(msgspec.Struct, frozen=True):
    """What a fill would do for one pool."""

    country: Country
    target_size: int
    ready: int
    to_verify: tuple[Number, ...]
    to_buy: int
    quote: Quote | None = None
    errors: tuple[KapsoTwilioError, ...] = ()
    paced: LimitExceeded | None = None
    """Fewer are bought than missing, because of a run's or a day's limit."""


class FillPlan(msgspec.Struct, frozen=True):
    """What a fill would do, after everything was checked that costs nothing."""

    pools: tuple[PoolPlan, ...]
    known: Portfolio = field(default_factory=dict)
    held: frozenset[PhoneNumber] = frozenset()

    @property
    def to_buy(self) -> int:
        """How many numbers would be bought."""
        return sum(pool.to_buy for pool in self.pools)

    @property
    def monthly_cost(self) -> Decimal:
        """What they would cost a month."""
        return sum(
            (pool.quote.price.amount * pool.to_buy for pool in self.pools if pool.quote),
            Decimal(0),
        )


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


class FillReport(msgspec.Struct, frozen=True):
    """What a fill did."""

    pools: tuple[PoolReport, ...]
    settled: tuple[Settlement, ...]
    monthly_cost_added: Decimal
    currency: str
    paced: LimitExceeded | None
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

    stop: StopRequest
    approve: Callable[[FillPlan], None]
    """Asked before the first purchase; raises Interrupted to decline."""
    progress: Callable[[FillPlan, Progress], None]
    concurrency: int = 8


def fill(project: Project, countries: Sequence[Country], options: FillOptions) -> FillReport:
    """Fill these pools, or every enabled one. The caller holds the lock for mass work."""
    pools = pools_to_fill(project, countries)
    settled = settle_pools(project, list(pools))
    take_up_interrupted(project, list(pools))
    lapse_expired(project, list(pools))
    plan = plan_fill(project, countries)
    _remember_limits(project, plan)
    if plan.to_buy:
        options.approve(plan)
    works = [_work(project, plan, pool) for pool in plan.pools]
    line = Line(
        project,
        plan.known,
        concurrency=options.concurrency,
        stop=options.stop,
        progress=lambda progress: options.progress(plan, progress),
    )
    line.run(works)
    return _report(project, plan, works, settled, _what_stopped(line, options.stop))


def plan_fill(project: Project, countries: Sequence[Country]) -> FillPlan:
    """What a fill would do. Changes nothing; asks the vendors only when there is work.

    Raises CredentialsError or VendorUnavailable where the run could not go on for any country.
    """
    pools = pools_to_fill(project, countries)
    with project.inventory.read() as session:
        plans = [_wanted(project, session, cc, settings) for cc, settings in pools.items()]
    if not any(plan.to_buy or plan.to_verify for plan in plans):
        return FillPlan(tuple(plans))
    _ = project.twilio, project.meta  # made, and its secrets read, before threads share them
    with ThreadPoolExecutor(len(plans) + 2, thread_name_prefix="check") as workers:
        known = workers.submit(portfolio, project)
        held = workers.submit(_held_numbers, project, sum(plan.to_buy for plan in plans))
        quoted = list(workers.map(lambda plan: _quoted(project, plan), plans))
        return FillPlan(
            tuple(_within_limits(project, quoted)), known=known.result(), held=held.result()
        )


def pools_to_fill(project: Project, countries: Sequence[Country]) -> dict[Country, PoolSettings]:
    """The pools that are named, or every enabled one; StateError says why one cannot be filled."""
    project.require_enabled("fill pools")
    require_managed_meta(project)
    pools = project.config.pools
    if not countries:
        return {country: settings for country, settings in pools.items() if settings.enabled}
    for country in countries:
        if country not in pools:
            raise StateError(
                f"there is no pool for {country_name(country)} ({country})",
                reason="pools: " + (", ".join(pools) or "none"),
                hint=f"kapso-twilio pool set {country} --target-size N",
            )
        if not pools[country].enabled:
            raise StateError(
                f"the pool for {country_name(country)} ({country}) is disabled",
                reason="a disabled pool is neither filled nor handed out from",
                hint=f"kapso-twilio pool set {country} --enable",
            )
    return {country: pools[country] for country in dict.fromkeys(countries)}


def settle_pools(project: Project, countries: Sequence[Country]) -> tuple[Settlement, ...]:
    """Settle the unresolved purchases of these pools."""
    with project.inventory.read() as session:
        unresolved = session.purchases.unresolved()
    mine = [purchase for purchase in unresolved if purchase.purpose.pool in countries]
    return tuple(settle(project, purchase) for purchase in mine)


def _wanted(
    project: Project, session: Session, country: Country, settings: PoolSettings
) -> PoolPlan:
    """What the pool lacks, by the inventory alone."""
    to_verify = session.numbers.in_pool(country, NumberState.PROVISIONED, NumberState.VERIFYING)
    ready = _ready(project, session, country)
    stock = PoolStock(
        ready=ready,
        verifying=0,
        provisioned=len(to_verify),
        unresolved=session.purchases.unresolved_for_pool(country),
    )
    needed = max(0, settings.target_size - ready)
    return PoolPlan(
        country,
        settings.target_size,
        ready,
        tuple(to_verify[:needed]),
        numbers_to_buy(settings.target_size, stock),
    )


def _ready(project: Project, session: Session, country: Country) -> int:
    """The ready numbers whose verification has not ended."""
    ready = len(session.numbers.in_pool(country, NumberState.READY))
    return ready - session.numbers.expiring(country, project.now())


def _held_numbers(project: Project, to_buy: int) -> frozenset[PhoneNumber]:
    """One listing of the account, which also proves that Twilio takes the credentials."""
    if not to_buy:
        project.twilio.numbers.check_credentials()
        return frozenset()
    return frozenset(owned.phone_number for owned in project.twilio.numbers.owned())


def _quoted(project: Project, plan: PoolPlan) -> PoolPlan:
    """The plan with a price; without purchases where the country refuses."""
    if not plan.to_buy:
        return plan
    try:
        return replace(plan, quote=quote(project, choose_for(project.config, Wanted(plan.country))))
    except (CredentialsError, VendorUnavailable):
        raise
    except KapsoTwilioError as error:
        return replace(plan, to_buy=0, errors=(error,))


def _within_limits(project: Project, plans: Sequence[PoolPlan]) -> list[PoolPlan]:
    """The plans cut to a run's and a day's pace; none buys when the whole exceeds the budget."""
    limits = project.config.limits
    with project.inventory.read() as session:
        spending = session.purchases.spending(project.run_id, project.now())
    left = purchases_left(limits, spending)
    paced = []
    for plan in plans:
        may_buy = plan.to_buy if left is None else min(plan.to_buy, left)
        left = None if left is None else left - may_buy
        why = None
        if may_buy < plan.to_buy:
            why = pace_exceeded(limits, spending, sum(other.to_buy for other in plans))
        paced.append(replace(plan, to_buy=may_buy, paced=why))
    prices = [plan.quote.price for plan in paced if plan.quote for _ in range(plan.to_buy)]
    try:
        check_budget(limits, spending, prices)
    except LimitExceeded as limit:
        return [
            replace(plan, to_buy=0, errors=(*plan.errors, limit)) if plan.to_buy else plan
            for plan in paced
        ]
    return paced


def _remember_limits(project: Project, plan: FillPlan) -> None:
    """Note what a run's or a day's limit kept from being bought: status shows it."""
    for pool in plan.pools:
        if pool.paced is not None:
            detail = f"{pool.country}: {pool.paced.message}"
            with project.inventory.write() as tx:
                tx.events.append(Entry(project.now(), PURCHASE_LIMITED, detail=detail))


def _work(project: Project, plan: FillPlan, pool: PoolPlan) -> CountryWork:
    work = CountryWork(pool.country, deque(pool.to_verify), errors=list(pool.errors))
    if pool.quote is not None and pool.to_buy:
        work.to_buy = pool.to_buy
        work.quote = pool.quote
        sms_only = project.config.meta.code_method == "sms"
        work.shelf = Shelf(project, pool.quote.choice, sms_only=sms_only, held=plan.held)
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
        ready = {pool.country: _ready(project, session, pool.country) for pool in plan.pools}
    pools = [
        _pool_report(pool, work, ready[pool.country])
        for pool, work in zip(plan.pools, works, strict=True)
    ]
    paced = next((pool.paced for pool in plan.pools if pool.paced), None)
    unknown = [settlement.error for settlement in settled if settlement.error is not None]
    errors = [*stopped, *unknown, *(error for work in works for error in work.errors)]
    return FillReport(
        pools=tuple(pools),
        settled=settled,
        monthly_cost_added=sum(
            (work.quote.price.amount * work.bought for work in works if work.quote), Decimal(0)
        ),
        currency=project.config.limits.currency,
        paced=paced,
        error=error_of_batch(errors, succeeded=sum(work.verified for work in works)),
    )


def _pool_report(pool: PoolPlan, work: CountryWork, ready: int) -> PoolReport:
    errors = [*work.errors, *([pool.paced] if pool.paced else [])]
    return PoolReport(
        country=pool.country,
        target_size=pool.target_size,
        ready_before=pool.ready,
        ready=ready,
        bought=work.bought,
        verified=work.verified,
        failed=work.failed,
        shortfall=max(0, pool.target_size - ready),
        reasons=tuple(f"{e.message}: {e.reason}" if e.reason else e.message for e in errors),
    )
