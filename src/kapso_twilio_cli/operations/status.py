"""Every pool and what needs attention, from the inventory alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from ..config.model import PoolSettings
from ..domain.attention import Attention, AttentionKind, Severity
from ..domain.backoff import not_replaced
from ..domain.country import Country
from ..domain.entitlement import Plan
from ..domain.lifecycle import NumberState
from ..domain.number import Number
from ..inventory.journal import PURCHASE_LIMITED
from ..inventory.prices import KnownPrice
from ..inventory.runs import LastRun
from ..inventory.store import Session
from ..project import Project
from .adopt import REASON as ADOPTED
from .attention import attention

EXPIRIES_SHOWN = 5
EXPIRING_SOON = timedelta(days=7)
OLD_PRICE = timedelta(days=1)


class PoolStatus(msgspec.Struct, frozen=True):
    """One pool: how many of its numbers stand where."""

    country: Country
    enabled: bool
    target_size: int
    counts: dict[NumberState, int]
    unknown: int
    """Purchases whose outcome is not known."""
    expiring_soon: int
    lapsed: int
    """Numbers in state `ready` whose verification does not last long enough to hand them out."""
    leaving: int
    """Provisioned numbers that are to be released: none of them becomes ready."""
    undecided: int
    """Adopted numbers of the country: nothing is bought in their place until a person decides."""
    not_replaced: int
    """Quarantined numbers that nothing is bought for: those beyond limits.max_quarantined."""

    @property
    def ready(self) -> int:
        """Numbers that may be handed out."""
        return self.counts[NumberState.READY] - self.lapsed

    @property
    def surplus(self) -> int:
        """Ready numbers beyond the target."""
        return max(0, self.ready - self.target_size)

    @property
    def shortfall(self) -> int:
        """Ready numbers that the target still lacks."""
        return max(0, self.target_size - self.ready)


class Status(msgspec.Struct, frozen=True):
    """A project at one moment."""

    enabled: bool
    why_not_enabled: str | None
    plan: Plan
    pools: tuple[PoolStatus, ...]
    outside_pools: int
    attention: tuple[Attention, ...]
    monthly_cost: Decimal
    monthly_cost_at_target: Decimal | None
    """None where a pool lacks numbers and their price is not known."""
    prices_of: datetime | None
    """When the oldest price was asked for that the cost at target counts on; None: of today."""
    currency: str
    last_reconcile: LastRun | None
    next_expiries: tuple[Number, ...]
    """The ready numbers whose verification ends next, soonest first."""


def status(project: Project) -> Status:
    """The project as its inventory has it."""
    now = project.now()
    with project.inventory.read() as session:
        pools = _pools(project, session, now)
        spending = session.purchases.spending(project.run_id, now)
        known = _known_prices(project, session, [pool.country for pool in pools])
        prices = session.numbers.newest_prices() | {cc: known[cc].price.amount for cc in known}
        found = attention(project, session, now)
        limited = _limits_met(session, now)
        last = session.runs.last("reconcile")
        expiries = session.stock.next_to_expire(EXPIRIES_SHOWN)
        outside = sum(count.count for count in session.numbers.counts() if count.pool is None)
    short = [pool for pool in pools if pool.enabled and pool.shortfall]
    why_not = project.why_not_enabled()
    return Status(
        enabled=why_not is None,
        why_not_enabled=why_not,
        plan=project.config.plan,
        pools=pools,
        outside_pools=outside,
        attention=(
            *found,
            *(_short(pool, limited.get(pool.country), why_not) for pool in short),
        ),
        monthly_cost=spending.monthly_cost,
        monthly_cost_at_target=_cost_at_target(spending.monthly_cost, short, prices),
        prices_of=_age_of_prices(short, known, now),
        currency=project.config.limits.currency,
        last_reconcile=last,
        next_expiries=tuple(expiries),
    )


def _cost_at_target(
    cost: Decimal, short: list[PoolStatus], prices: dict[Country, Decimal]
) -> Decimal | None:
    for pool in short:
        missing = _to_buy(pool)
        if missing and pool.country not in prices:
            return None
        cost += missing * prices.get(pool.country, Decimal(0))
    return cost


def _age_of_prices(
    short: list[PoolStatus], known: dict[Country, KnownPrice], now: datetime
) -> datetime | None:
    counted = [pool.country for pool in short if _to_buy(pool) and pool.country in known]
    oldest = min((known[country].asked_at for country in counted), default=now)
    return oldest if now - oldest > OLD_PRICE else None


def _known_prices(
    project: Project, session: Session, countries: Iterable[Country]
) -> dict[Country, KnownPrice]:
    """What Twilio said last that numbers of these pools cost: as new as any number's own price."""
    config = project.config
    found = {cc: session.prices.find(cc, config.number_type_in(cc)) for cc in countries}
    currency = config.limits.currency
    return {cc: known for cc, known in found.items() if known and known.price.currency == currency}


def _to_buy(pool: PoolStatus) -> int:
    coming = pool.counts[NumberState.PROVISIONED] + pool.counts[NumberState.VERIFYING] + pool.lapsed
    coming += pool.not_replaced + pool.undecided - pool.leaving
    return max(0, pool.shortfall - coming - pool.unknown)


def _pools(project: Project, session: Session, now: datetime) -> tuple[PoolStatus, ...]:
    counts: dict[Country, Counter[NumberState]] = {}
    for entry in session.numbers.counts():
        if entry.pool is not None:
            counts.setdefault(entry.pool, Counter())[entry.state] += entry.count
    leaving = Counter(
        number.facts.pool
        for number in session.stock.to_be_released()
        if number.state is NumberState.PROVISIONED
    )
    removed = PoolSettings(enabled=False, target_size=0)
    countries = dict.fromkeys([*project.config.pools, *counts])
    return tuple(
        PoolStatus(
            country=country,
            enabled=project.config.pools.get(country, removed).enabled,
            target_size=project.config.pools.get(country, removed).target_size,
            counts=counts.get(country, Counter()),
            unknown=session.purchases.unresolved_for_pool(country),
            expiring_soon=session.numbers.expiring(country, now + EXPIRING_SOON),
            lapsed=session.numbers.expiring(country, project.valid_at()),
            leaving=leaving[country],
            undecided=session.numbers.undecided(country, ADOPTED),
            not_replaced=not_replaced(
                project.config.limits, len(session.stock.quarantined(country))
            ),
        )
        for country in countries
    )


def _limits_met(session: Session, now: datetime) -> dict[Country, str]:
    """What kept each pool from being filled in the last day, in words."""
    events = session.events.newest_of_kind(PURCHASE_LIMITED, now - timedelta(days=1))
    details = [(event.detail or "").partition(": ") for event in reversed(events)]
    return {Country(code): limit for code, _, limit in details}


def _short(pool: PoolStatus, limit: str | None, why_not_enabled: str | None) -> Attention:
    if limit is not None and _to_buy(pool):
        return Attention(
            AttentionKind.PURCHASE_LIMIT,
            Severity.WARNING,
            f"the pool for {pool.country} has {pool.ready} ready of {pool.target_size}: {limit}",
            "the next run goes on; to buy more at once, raise the limit",
        )
    return Attention(
        AttentionKind.POOL_SHORT,
        Severity.INFO,
        f"the pool for {pool.country} has {pool.ready} ready of {pool.target_size}",
        f"kapso-twilio pool fill {pool.country}"
        if why_not_enabled is None
        else f"kapso-twilio enable, then pool fill {pool.country}",
    )
