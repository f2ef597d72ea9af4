"""Every pool and what needs attention, from the inventory alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from ..config.model import PoolSettings
from ..domain.attention import Attention, AttentionKind, Severity
from ..domain.country import Country
from ..domain.entitlement import Plan
from ..domain.lifecycle import NumberState
from ..domain.number import Number
from ..domain.purchase import Purchase
from ..domain.reservation import Reservation
from ..errors import OutcomeUnknown
from ..inventory.journal import NOT_OUR_PURCHASE, PURCHASE_LIMITED
from ..inventory.runs import LastRun
from ..inventory.store import Session
from ..project import Project

EXPIRING_SOON = timedelta(days=7)


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
    """None where a pool lacks numbers and none of it has a known price."""
    currency: str
    last_reconcile: LastRun | None


def status(project: Project) -> Status:
    """The project as its inventory has it."""
    now = project.now()
    with project.inventory.read() as session:
        pools = _pools(project, session, now)
        spending = session.purchases.spending(project.run_id, now)
        prices = session.numbers.newest_prices()
        attention = _attention(project, session, now)
        limited = _limits_met(session, now)
        last = session.runs.last("reconcile")
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
            *attention,
            *(_short(pool, limited.get(pool.country), why_not) for pool in short),
        ),
        monthly_cost=spending.monthly_cost,
        monthly_cost_at_target=_cost_at_target(spending.monthly_cost, short, prices),
        currency=project.config.limits.currency,
        last_reconcile=last,
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


def _to_buy(pool: PoolStatus) -> int:
    coming = pool.counts[NumberState.PROVISIONED] + pool.counts[NumberState.VERIFYING] + pool.lapsed
    return max(0, pool.shortfall - (coming - pool.leaving) - pool.unknown)


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
        )
        for country in countries
    )


def _attention(project: Project, session: Session, now: datetime) -> list[Attention]:
    looked_at = _looked_at(session)
    settle_after = project.config.limits.settle_after
    found = [
        _unresolved(purchase, by_hand=looked_at > purchase.started_at + settle_after)
        for purchase in session.purchases.unresolved()
    ]
    found += [_unfinished(number) for number in session.stock.to_be_released()]
    for reservation in session.reservations.living():
        number = session.numbers.get(reservation.number_id)
        if number.state is not NumberState.RESERVED:
            continue
        if reservation.reserved_until < now:
            found.append(_overdue(number, reservation))
        elif number.reason is not None:
            found.append(_not_ended(number, reservation))
    found += [
        _of_number(number)
        for number in session.numbers.needing_a_look()
        if number.facts.release_requested_at is None
    ]
    for country in project.config.pools:
        found += [
            _expired(number) for number in session.numbers.expired(country, project.valid_at())
        ]
    since = now - timedelta(days=7)
    for event in session.events.newest_of_kind(NOT_OUR_PURCHASE, since):
        found.append(
            Attention(
                AttentionKind.NOT_OUR_PURCHASE,
                Severity.WARNING,
                f"on {event.at:%Y-%m-%d} Twilio answered a purchase with {event.detail}, which the"
                " account held already",
                "check its friendly name in the Twilio console",
            )
        )
    return found


def _looked_at(session: Session) -> datetime:
    """When a reconcile last looked unknown purchases up and left one: only a person settles it,
    if absence counted as not bought by then.
    """
    last = session.runs.last("reconcile")
    if last is None or last.exit_code != OutcomeUnknown.exit_code or last.finished_at is None:
        return datetime.min.replace(tzinfo=UTC)
    return last.finished_at


def _unfinished(number: Number) -> Attention:
    asked = number.facts.release_requested_at
    return Attention(
        AttentionKind.RELEASE_UNFINISHED,
        Severity.WARNING,
        f"the release of {number.phone_number} was asked for ({asked:%Y-%m-%d %H:%M} UTC), and is"
        " not done",
        f"kapso-twilio number release {number.phone_number} --confirm {number.phone_number}",
        number.phone_number,
    )


def _unresolved(purchase: Purchase, *, by_hand: bool) -> Attention:
    return Attention(
        AttentionKind.PURCHASE_UNRESOLVED,
        Severity.CRITICAL,
        f"it is not known whether {purchase.phone_number} was bought"
        f" ({purchase.started_at:%Y-%m-%d %H:%M} UTC)",
        f"kapso-twilio purchase settle {purchase.id}" if by_hand else "kapso-twilio reconcile",
        purchase.phone_number,
    )


def _overdue(number: Number, reservation: Reservation) -> Attention:
    return Attention(
        AttentionKind.RESERVATION_OVERDUE,
        Severity.WARNING,
        f"{number.phone_number} is reserved for {reservation.ref} beyond"
        f" {reservation.reserved_until:%Y-%m-%d %H:%M} UTC"
        + (f": {number.reason}" if number.reason else ""),
        f"kapso-twilio connect {number.phone_number}, or reservation cancel {number.phone_number}",
        number.phone_number,
    )


def _not_ended(number: Number, reservation: Reservation) -> Attention:
    return Attention(
        AttentionKind.RESERVATION_NOT_ENDED,
        Severity.WARNING,
        f"{number.phone_number} is reserved for {reservation.ref}: {number.reason}",
        f"kapso-twilio connect {number.phone_number}, or reservation cancel {number.phone_number}",
        number.phone_number,
    )


def _expired(number: Number) -> Attention:
    return Attention(
        AttentionKind.VERIFICATION_EXPIRED,
        Severity.WARNING,
        f"the verification of {number.phone_number} has ended, or ends too soon",
        "kapso-twilio reconcile",
        number.phone_number,
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


def _of_number(number: Number) -> Attention:
    n = number.phone_number
    match number.state:
        case NumberState.MISSING:
            kind, severity = AttentionKind.MISSING, Severity.CRITICAL
            message, hint = f"{n} is not in the account any more", "look in the Twilio console"
        case NumberState.QUARANTINED:
            kind, severity = AttentionKind.QUARANTINED, Severity.WARNING
            message = f"{n} is quarantined"
            hint = f"kapso-twilio number show {n}"
        case _ if number.facts.pool is None:
            kind, severity = AttentionKind.NO_POOL_TO_RETURN_TO, Severity.WARNING
            message = f"{n} waits outside every pool"
            hint = f"kapso-twilio pool set {number.country} --target-size N"
        case _:
            kind, severity = AttentionKind.VERIFICATION_FAILING, Severity.WARNING
            message = f"{n} could not be verified"
            hint = f"kapso-twilio number verify {n}"
    reason = f": {number.reason}" if number.reason else ""
    return Attention(kind, severity, message + reason, hint, n)
