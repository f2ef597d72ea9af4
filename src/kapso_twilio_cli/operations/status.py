"""Every pool and what needs attention, from the inventory alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from ..config.model import PoolSettings
from ..domain.attention import Attention, AttentionKind, told
from ..domain.backoff import not_replaced
from ..domain.country import Country
from ..domain.entitlement import Plan
from ..domain.lifecycle import NumberState
from ..domain.number import Number
from ..inventory.journal import PURCHASE_LIMITED
from ..inventory.numbers import StateCount
from ..inventory.prices import KnownPrice
from ..inventory.reservations import ReservedInAll
from ..inventory.runs import LastRun
from ..inventory.store import Session
from ..project import Project
from .account.adopt import REASON as ADOPTED
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
    reserved: ReservedInAll
    unresolved: int
    """Purchases whose outcome is not known, of pools and for onboardings."""
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
        counts = session.numbers.counts()
        pools = _pools(project, session, counts, now)
        cost = session.purchases.monthly_cost()
        short = [pool for pool in pools if pool.enabled and pool.shortfall]
        known = _known_prices(project, session, [pool.country for pool in short])
        prices = _prices(session, short, known)
        found = attention(project, session, now)
        limited = _limits_met(session, now)
        last = session.runs.last("reconcile")
        expiries = _next_to_expire(session, {count.pool for count in counts})
        reserved = session.reservations.of_reserved_summed_up()
        unresolved = len(session.purchases.unresolved())
    why_not = project.why_not_enabled()
    return Status(
        enabled=why_not is None,
        why_not_enabled=why_not,
        plan=project.config.plan,
        pools=pools,
        outside_pools=sum(count.count for count in counts if count.pool is None),
        reserved=reserved,
        unresolved=unresolved,
        attention=(
            *found,
            *(_short(pool, limited.get(pool.country), why_not) for pool in short),
        ),
        monthly_cost=cost,
        monthly_cost_at_target=_cost_at_target(cost, short, prices),
        prices_of=_age_of_prices(short, known, now),
        currency=project.config.limits.currency,
        last_reconcile=last,
        next_expiries=expiries,
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


def _prices(
    session: Session, short: list[PoolStatus], known: dict[Country, KnownPrice]
) -> dict[Country, Decimal]:
    """What a number of each short pool costs: as Twilio said last, else as the newest one does."""
    found = {
        pool.country: known[pool.country].price.amount
        if pool.country in known
        else session.numbers.newest_price(pool.country)
        for pool in short
    }
    return {country: price for country, price in found.items() if price is not None}


def _next_to_expire(session: Session, pools: Iterable[Country | None]) -> tuple[Number, ...]:
    """The soonest of all pools; that of no pool is among them."""
    found = [n for pool in pools for n in session.stock.next_to_expire(pool, EXPIRIES_SHOWN)]
    return tuple(sorted(found, key=_end_of_verification)[:EXPIRIES_SHOWN])


def _end_of_verification(number: Number) -> tuple[datetime, int]:
    end = number.facts.verification_expiry_time
    assert end is not None
    return end, number.id


def _to_buy(pool: PoolStatus) -> int:
    coming = pool.counts[NumberState.PROVISIONED] + pool.counts[NumberState.VERIFYING] + pool.lapsed
    coming += pool.not_replaced + pool.undecided - pool.leaving
    return max(0, pool.shortfall - coming - pool.unknown)


def _pools(
    project: Project, session: Session, counted: list[StateCount], now: datetime
) -> tuple[PoolStatus, ...]:
    counts: dict[Country, Counter[NumberState]] = {}
    for entry in counted:
        if entry.pool is not None:
            counts.setdefault(entry.pool, Counter())[entry.state] += entry.count
    leaving = session.stock.leaving()
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
            leaving=leaving.get(country, 0),
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
    ready = f"the pool for {pool.country} has {pool.ready} ready of {pool.target_size}"
    if limit is not None and _to_buy(pool):
        return told(AttentionKind.PURCHASE_LIMIT, f"{ready}: {limit}")
    way = 0 if why_not_enabled is None else 1
    return told(AttentionKind.POOL_SHORT, ready, way=way, country=pool.country)
