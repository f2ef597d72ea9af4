"""What a fill would do: counted, priced and checked before anything is bought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import field
from msgspec.structs import replace

from ...config.model import PoolSettings, ProjectConfig
from ...domain.backoff import not_replaced
from ...domain.code_method import CodeMethod
from ...domain.country import Country, country_name
from ...domain.lifecycle import NumberState
from ...domain.limits import (
    Limits,
    Spending,
    check_budget,
    check_country,
    pace_exceeded,
    purchases_left,
)
from ...domain.number import Number
from ...domain.pool import PoolStock, numbers_to_buy
from ...domain.standing import require_footing
from ...errors import (
    CredentialsError,
    KapsoTwilioError,
    LimitExceeded,
    PaceExceeded,
    StateError,
    VendorUnavailable,
)
from ...inventory.store import Session
from ...project import Project
from ..account.adopt import REASON as ADOPTED
from ..account.home import require_known
from ..buying.compliance import Papers
from ..buying.known_prices import keep_prices
from ..buying.quote import Quote, Wanted, choose_for, quote
from ..verifying.code_ways import sms_failed_lately
from ..verifying.verification import Portfolio, portfolio, require_pools
from .country_work import FAILURES_IN_A_ROW


class PoolPlan(msgspec.Struct, frozen=True):
    """What a fill would do for one pool."""

    country: Country
    target_size: int
    ready: int
    to_verify: tuple[Number, ...]
    to_buy: int
    quote: Quote | None = None
    errors: tuple[KapsoTwilioError, ...] = ()
    paced: PaceExceeded | None = None
    """Fewer are bought than missing, because of a run's or a day's limit."""
    notes: tuple[str, ...] = ()
    """What else keeps the pool from its target, and is no error of this run."""
    failed_before: int = 0
    """Members that wait after a failure, with no success of the pool since."""


class FillPlan(msgspec.Struct, frozen=True):
    """What a fill would do, after everything was checked that costs nothing."""

    pools: tuple[PoolPlan, ...]
    known: Portfolio = field(default_factory=dict)

    @property
    def to_buy(self) -> int:
        """How many numbers would be bought."""
        return sum(pool.to_buy for pool in self.pools)

    @property
    def quotes(self) -> list[Quote]:
        """By what would be bought."""
        return [pool.quote for pool in self.pools if pool.quote is not None and pool.to_buy]

    @property
    def monthly_cost(self) -> Decimal:
        """What they would cost a month."""
        return sum(
            (pool.quote.price.amount * pool.to_buy for pool in self.pools if pool.quote),
            Decimal(0),
        )


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
    require_footing(project.inventory.footing())
    buys = any(plan.to_buy for plan in plans)
    check = require_known if buys else _check_credentials
    with ThreadPoolExecutor(len(plans) + 2, thread_name_prefix="check") as workers:
        known = workers.submit(portfolio, project)
        account = workers.submit(check, project)
        papers = Papers(project)
        quoted = list(workers.map(lambda plan: _quoted(project, plan, papers), plans))
        account.result()
        return FillPlan(tuple(_within_limits(project, quoted)), known=known.result())


def _check_credentials(project: Project) -> None:
    project.twilio.numbers.check_credentials()


def rehearse_fill(project: Project, countries: Sequence[Country]) -> FillPlan:
    """The plan that a fill would carry out; changes nothing."""
    with project.inventory.rehearsal():
        return at_known_prices(project, plan_fill(project, countries))


def at_known_prices(project: Project, plan: FillPlan) -> FillPlan:
    """The plan, its prices kept; it buys nothing where one of them was never shown before."""
    quotes = [pool.quote for pool in plan.pools if pool.quote is not None]
    if not quotes:
        return plan
    try:
        keep_prices(project, quotes)
    except LimitExceeded as changed:
        pools = (_told(pool, changed) if pool.quote else pool for pool in plan.pools)
        return replace(plan, pools=tuple(pools))
    return plan


def pools_to_fill(project: Project, countries: Sequence[Country]) -> dict[Country, PoolSettings]:
    """The pools that are named, or every enabled one; StateError says why one cannot be filled."""
    project.require_enabled("fill pools")
    require_pools(project)
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


def _wanted(
    project: Project, session: Session, country: Country, settings: PoolSettings
) -> PoolPlan:
    """What the pool lacks, by the inventory alone."""
    members = [
        *session.numbers.in_pool(country, NumberState.PROVISIONED, NumberState.VERIFYING),
        *session.numbers.expired(country, project.valid_at()),
    ]
    unverified = [number for number in members if number.facts.release_requested_at is None]
    waiting = [number for number in unverified if _waits(number, project.now())]
    to_verify = [number for number in unverified if number not in waiting]
    quarantined = len(session.stock.quarantined(country))
    left_out = not_replaced(project.config.limits, quarantined)
    ready = count_ready(project, session, country)
    stock = PoolStock(
        ready=ready,
        verifying=0,
        provisioned=len(unverified),
        unresolved=session.purchases.unresolved_for_pool(country),
        undecided=session.numbers.undecided(country, ADOPTED),
        not_replaced=left_out,
    )
    needed = max(0, settings.target_size - ready)
    failed = _failed_since_success(session, country, waiting)
    to_buy = numbers_to_buy(settings.target_size, stock)
    if to_buy and failed >= FAILURES_IN_A_ROW and not to_verify:
        to_buy = 0  # the next would fail too: those that failed are tried again first
    # What failed before, or was tried last, comes last: it must not keep others waiting.
    to_verify.sort(
        key=lambda number: (number.facts.verification_failures, number.updated_at, number.id)
    )
    return PoolPlan(
        country,
        settings.target_size,
        ready,
        tuple(to_verify[:needed]),
        to_buy,
        failed_before=failed,
        notes=tuple(_notes(country, waiting, failed, stock, quarantined)) if needed else (),
    )


def _failed_since_success(session: Session, country: Country, waiting: Sequence[Number]) -> int:
    """How many of those that wait have failed since a number of the pool was verified last."""
    failures = [
        session.events.last_failure(number.id)
        for number in waiting
        if number.facts.verification_failures
    ]
    return sum(
        failed is not None and not session.events.has_verified_since(failed, country)
        for failed in failures
    )


def _waits(number: Number, now: datetime) -> bool:
    next_attempt_at = number.facts.next_attempt_at
    return next_attempt_at is not None and now < next_attempt_at


def _notes(
    country: Country, waiting: Sequence[Number], failed: int, stock: PoolStock, quarantined: int
) -> Iterator[str]:
    """Why nothing is bought or verified for some of what the pool lacks."""
    left_out, undecided = stock.not_replaced, stock.undecided
    moments = [n.facts.next_attempt_at for n in waiting if n.facts.next_attempt_at is not None]
    if moments:
        first = f"{min(moments):%Y-%m-%d %H:%M} UTC"
        yield (
            f"1 waits for its next attempt, at {first}"
            if len(moments) == 1
            else f"{len(moments)} wait for their next attempt, the first at {first}"
        )
    if failed >= FAILURES_IN_A_ROW:
        yield f"nothing is bought until one gets through: {failed} in a row could not be verified"
    if left_out:
        yield (
            f"{quarantined} are quarantined, and {left_out} of them not replaced"
            f" (limits.max_quarantined is {quarantined - left_out}): see kapso-twilio status"
        )
    if undecided:
        who = "1 adopted number counts" if undecided == 1 else f"{undecided} adopted numbers count"
        listed = f"kapso-twilio number list --country {country} --state quarantined"
        yield f"{who} as bought until you decide: {listed}"


def count_ready(project: Project, session: Session, country: Country) -> int:
    """The ready numbers that may be handed out: their verification lasts long enough."""
    return len(session.stock.ready(country, project.valid_at()))


def _quoted(project: Project, plan: PoolPlan, papers: Papers) -> PoolPlan:
    """The plan with a price; without purchases where the country refuses."""
    if not plan.to_buy:
        return plan
    try:
        with project.inventory.read() as session:
            sms_failed = sms_failed_lately(session, plan.country, project.now())
        wanted = wanted_for_pool(project.config, plan.country, sms_failed=sms_failed)
        return replace(plan, quote=quote(project, choose_for(project.config, wanted), papers))
    except (CredentialsError, VendorUnavailable):
        raise
    except KapsoTwilioError as error:
        return replace(plan, to_buy=0, errors=(error,))


def wanted_for_pool(config: ProjectConfig, country: Country, *, sms_failed: bool) -> Wanted:
    """What a pool buys: numbers that the codes can come to.

    Where SMS brought no code before, one that takes no calls could not be verified.
    """
    by_voice = config.code_method_in(country) is CodeMethod.VOICE
    return Wanted(country, sms_only=not by_voice, voice_only=by_voice or sms_failed)


def _within_limits(project: Project, plans: Sequence[PoolPlan]) -> list[PoolPlan]:
    """The plans cut to a run's and a day's pace; none buys when the whole exceeds the budget.

    A country that would hold too many buys nothing, and the others go on.
    """
    limits = project.config.limits
    with project.inventory.read() as session:
        spending = session.purchases.spending(project.run_id, project.now())
    paced = _at_pace(limits, spending, plans)
    prices = [plan.quote.price for plan in paced if plan.quote for _ in range(plan.to_buy)]
    try:
        check_budget(limits, spending, prices)
    except LimitExceeded as limit:
        return [_buys_nothing(plan, limit) for plan in paced]
    return paced


def _at_pace(limits: Limits, spending: Spending, plans: Sequence[PoolPlan]) -> list[PoolPlan]:
    left = purchases_left(limits, spending)
    paced = []
    for plan in plans:
        may_buy = plan.to_buy if left is None else min(plan.to_buy, left)
        try:
            check_country(limits, spending, plan.country, may_buy)
        except LimitExceeded as limit:
            paced.append(_buys_nothing(plan, limit))
            continue
        left = None if left is None else left - may_buy
        why = None
        if may_buy < plan.to_buy:
            why = pace_exceeded(limits, spending, sum(other.to_buy for other in plans))
        paced.append(replace(plan, to_buy=may_buy, paced=why))
    return paced


def _buys_nothing(plan: PoolPlan, why: LimitExceeded) -> PoolPlan:
    return _told(plan, why) if plan.to_buy else plan


def _told(plan: PoolPlan, why: LimitExceeded) -> PoolPlan:
    return replace(plan, to_buy=0, errors=(*plan.errors, why))
