"""A number for one onboarding: from the pool, else live, else Kapso's standard behaviour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import field

from ..domain.country import Country, country_name
from ..domain.entitlement import why_not_entitled
from ..domain.lifecycle import NumberEvent
from ..domain.number import Number
from ..domain.number_type import NumberType
from ..domain.purchase import Purchase, Purpose, RegulatorySids
from ..domain.reservation import NewReservation, Reservation
from ..domain.resolution import Path, ResolveReason
from ..errors import Locked, OutcomeUnknown, PoolEmpty, StateError, UsageError
from ..inventory.store import Session
from ..process import has_ended
from ..project import Project
from .purchase import Basket, buy_number
from .quote import Choice, Quote, Wanted, choose_for, quote, require_allowed
from .settle import settle
from .shelf import Shelf
from .stopping import StopRequest


class Onboarding(msgspec.Struct, frozen=True):
    """Who needs a number, and where."""

    country: Country | None
    """None: the project's default country."""
    ref: str
    customer: str | None = None
    number_type: NumberType | None = None
    bundle_sid: str | None = None
    address_sid: str | None = None


class Resolution(msgspec.Struct, frozen=True):
    """The answer to one onboarding."""

    country: Country | None
    path: Path
    reason: ResolveReason
    ref: str
    number: Number | None = None
    reserved_until: datetime | None = None
    regulatory: RegulatorySids = field(default_factory=RegulatorySids)


class LivePurchase(msgspec.Struct, frozen=True):
    """How a live purchase is made, where one is needed."""

    approve: Callable[[Quote], None]
    """Asked before it; raises Interrupted to decline."""
    stop: StopRequest
    lost_sids: Callable[[Choice], None]
    """Told when SIDs that the call passed are not used."""


def resolve(project: Project, onboarding: Onboarding, live: LivePurchase | None) -> Resolution:
    """Answer one onboarding, the same for the same ref. Without `live`, nothing is bought.

    Raises ConfigError for a country that is not allowed, PoolEmpty without `live`, and what a
    purchase raises; never `standard` because a purchase failed.
    """
    standard = _why_standard(project)
    country = onboarding.country or project.config.default_country
    if standard is not None:
        return Resolution(country, Path.STANDARD, standard, onboarding.ref)
    if country is None:
        raise UsageError(
            "no country was named, and the project has no default",
            reason="a number is of one country",
            hint="add --country CC, or set one: kapso-twilio country default CC",
        )
    require_allowed(project.config, country)
    answered = _from_pool(project, onboarding, country)
    if isinstance(answered, Resolution):
        return answered
    pending = _pending_purchase(project, onboarding.ref)
    if pending is not None:
        settled = _settle_pending(project, pending, country)
        if settled is not None:
            return settled
    if live is None:
        raise PoolEmpty(
            f"there is no ready number for {country_name(country)} ({country})",
            reason=_IN_WORDS[answered],
            hint=f"kapso-twilio pool fill {country}; or leave --no-provision out to buy one",
        )
    return _live(project, onboarding, country, answered, live)


def _why_standard(project: Project) -> ResolveReason | None:
    config = project.config
    if not config.enabled:
        return ResolveReason.DISABLED
    if why_not_entitled(config.plan, custom_twilio_addon=config.custom_twilio_addon):
        return ResolveReason.PLAN
    return None


def _from_pool(
    project: Project, onboarding: Onboarding, country: Country
) -> Resolution | ResolveReason:
    """The ref's number if it has one, else a claim; else the reason why there is none."""
    settings = project.config.onboarding
    why_not = _why_no_pool(project, country)
    now = project.now()
    with project.inventory.write() as tx:
        held = tx.reservations.of_ref(onboarding.ref)
        if held is not None:
            return _same_answer(tx, held, country)
        if why_not is not None:
            return why_not
        if tx.purchases.unresolved_for_ref(onboarding.ref) is not None:
            return ResolveReason.POOL_EMPTY  # it was, or nothing would have been bought
        number = tx.numbers.claim(country, now + settings.min_validity, now)
        if number is None:
            return ResolveReason.POOL_EMPTY
        until = now + settings.reservation_ttl
        why = ResolveReason.POOL_READY
        new = NewReservation(onboarding.ref, Path.POOL, why, country, onboarding.customer, until)
        return _answer(number, tx.reservations.add(new, number, now))


def _why_no_pool(project: Project, country: Country) -> ResolveReason | None:
    if project.config.meta.credentials == "custom":
        return ResolveReason.CUSTOM_META
    pool = project.config.pools.get(country)
    if pool is None:
        return ResolveReason.NO_POOL
    return None if pool.enabled else ResolveReason.POOL_DISABLED


def _same_answer(tx: Session, held: Reservation, country: Country) -> Resolution:
    if held.country != country:
        raise StateError(
            f"ref {held.ref} has a number of {country_name(held.country)} ({held.country})",
            reason=f"one ref names one onboarding, and this one asks for {country}",
            hint="use another --ref for another onboarding",
        )
    number = tx.numbers.get(held.number_id)
    purchase = tx.purchases.get(number.purchase_id) if number.purchase_id else None
    return _answer(number, held, purchase)


def _pending_purchase(project: Project, ref: str) -> Purchase | None:
    with project.inventory.read() as session:
        return session.purchases.unresolved_for_ref(ref)


def _settle_pending(project: Project, pending: Purchase, country: Country) -> Resolution | None:
    """The answer of the ref's unresolved purchase; None when it turns out not to have bought."""
    owner = pending.owner
    if not has_ended(owner, deadline=pending.deadline, now=project.now()):
        raise Locked(
            f"ref {pending.purpose.ref} is being answered by another process",
            reason=f"pid {owner.pid} on {owner.host} is buying {pending.phone_number}",
            hint="run the command again in a moment: the same ref gives the same answer",
        )
    settlement = settle(project, pending)
    if settlement.still_unknown is not None:
        raise OutcomeUnknown(
            f"it is not known yet whether {pending.phone_number} was bought",
            reason=settlement.still_unknown,
            hint="run kapso-twilio reconcile, then this command again with the same --ref",
        )
    if settlement.number is None:
        return None
    with project.inventory.read() as session:
        held = session.reservations.of_number(settlement.number.id)
        return None if held is None else _same_answer(session, held, country)


def _live(
    project: Project,
    onboarding: Onboarding,
    country: Country,
    reason: ResolveReason,
    live: LivePurchase,
) -> Resolution:
    """A number of the account that waits for nobody, else a purchase."""
    wanted = Wanted(country, onboarding.number_type, onboarding.bundle_sid, onboarding.address_sid)
    choice = choose_for(project.config, wanted)
    reused = _reuse(project, onboarding, choice, reason)
    if reused is not None:
        return reused
    live.lost_sids(choice)
    quoted = quote(project, choice)
    live.approve(quoted)
    purpose = Purpose(ref=onboarding.ref, customer=onboarding.customer, reason=reason)
    shelf = Shelf(project, choice, sms_only=False)
    number = buy_number(project, Basket(quoted, purpose, shelf), live.stop)
    with project.inventory.read() as session:
        held = session.reservations.of_number(number.id)
        bought = session.purchases.get(number.purchase_id) if number.purchase_id else None
    assert held is not None
    return _answer(number, held, bought)


def _reuse(
    project: Project, onboarding: Onboarding, choice: Choice, reason: ResolveReason
) -> Resolution | None:
    now = project.now()
    with project.inventory.write() as tx:
        number = tx.numbers.unpooled(choice.country, choice.number_type)
        if number is None:
            return None
        number = tx.numbers.apply(number, NumberEvent.RESERVE_LIVE, now)
        until = now + project.config.onboarding.reservation_ttl
        new = NewReservation(
            onboarding.ref, Path.LIVE, reason, choice.country, onboarding.customer, until
        )
        return _answer(number, tx.reservations.add(new, number, now))


def _answer(
    number: Number,
    reservation: Reservation,
    purchase: Purchase | None = None,
) -> Resolution:
    return Resolution(
        country=reservation.country,
        path=reservation.path,
        reason=reservation.reason,
        ref=reservation.ref,
        number=number,
        reserved_until=reservation.reserved_until,
        regulatory=purchase.regulatory if purchase else RegulatorySids(),
    )


_IN_WORDS = {
    ResolveReason.NO_POOL: "the country has no pool",
    ResolveReason.POOL_DISABLED: "its pool is disabled",
    ResolveReason.POOL_EMPTY: "its pool has none whose verification lasts long enough",
    ResolveReason.CUSTOM_META: "the project uses its own Meta credentials, so it has no pools",
}
