"""An onboarding's number outside the pool: one that waits for nobody, else a purchase."""

from __future__ import annotations

from ...domain.country import Country
from ...domain.lifecycle import NumberEvent
from ...domain.purchase import Purchase, Purpose
from ...domain.reservation import NewReservation
from ...domain.resolution import Path, ResolveReason
from ...errors import Locked, StateError
from ...project import Project
from ..account.home import require_home
from ..buying.known_prices import ask_again, keep_prices
from ..buying.purchase import Basket, buy_number, refuse_second_answer
from ..buying.quote import Choice, Wanted, choose_for, quote, require_within_limits
from ..buying.settle import settle
from ..buying.shelf import Shelf
from ..stopping import stop_on_signals
from .onboarding import LivePurchase, Onboarding, Resolution, answer, same_answer


def settle_pending(
    project: Project, pending: Purchase, country: Country | None
) -> Resolution | None:
    """The answer of the ref's unresolved purchase; None when it turns out not to have bought."""
    ref = pending.purpose.ref
    if country is not None and pending.country != country:
        raise StateError(
            f"ref {ref} is being answered with a number of {pending.country}",
            reason=f"one ref names one onboarding, and this one asks for {country}",
            hint="use another --ref for another onboarding",
        )
    settlement = settle(project, pending)
    if settlement.under_way:
        raise Locked(
            f"ref {ref} is being answered by another process",
            reason=settlement.still_unknown,
            hint="run the command again in a moment: the same ref gives the same answer",
        )
    if settlement.error is not None:
        raise settlement.error
    recorded = settlement.recorded
    if recorded is None or recorded.reservation is None:
        return None
    return answer(recorded.number, recorded.reservation, pending)


def resolve_live(
    project: Project,
    onboarding: Onboarding,
    country: Country,
    reason: ResolveReason,
    live: LivePurchase,
    *,
    settled: Purchase | None,
) -> Resolution:
    """A number of the account that waits for nobody, else a purchase; `reason`: why no pool."""
    wanted = Wanted(country, onboarding.number_type, onboarding.bundle_sid, onboarding.address_sid)
    choice = choose_for(project.config, wanted)
    reused = _reuse(project, onboarding, choice, reason, settled)
    if reused is not None:
        return reused
    live.lost_sids(choice)
    require_home(project)
    quoted = quote(project, choice)
    keep_prices(project, [quoted])
    require_within_limits(project, quoted)
    if live.approve(quoted, reason):
        ask_again(project, [quoted])
    purpose = Purpose(ref=onboarding.ref, customer=onboarding.customer, reason=reason)
    with stop_on_signals() as stop:
        number = buy_number(project, Basket(quoted, purpose, Shelf(project, quoted)), stop)
    with project.inventory.read() as session:
        held = session.reservations.of_number(number.id)
        bought = session.purchases.get(number.purchase_id) if number.purchase_id else None
    assert held is not None  # recorded in the transaction that recorded the number
    return answer(number, held, bought)


def _reuse(
    project: Project,
    onboarding: Onboarding,
    choice: Choice,
    reason: ResolveReason,
    settled: Purchase | None,
) -> Resolution | None:
    now = project.now()
    with project.inventory.write() as tx:
        held = tx.reservations.of_ref(onboarding.ref)
        if held is not None:
            return same_answer(tx, held, onboarding.country)
        refuse_second_answer(tx, onboarding.ref, settled)
        tx.standing.require()
        number = tx.numbers.unpooled(choice.country, choice.number_type)
        if number is None:
            return None
        number = tx.numbers.apply(number, NumberEvent.RESERVE_LIVE, now)
        until = now + project.config.onboarding.reservation_ttl
        new = NewReservation(
            onboarding.ref, Path.LIVE, reason, choice.country, onboarding.customer, until
        )
        return answer(number, tx.reservations.add(new, number, now))
