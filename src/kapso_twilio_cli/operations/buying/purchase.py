"""The purchase protocol: a number that is paid for is recorded, and none is bought twice.

Intent, then money, then record: the intent is committed before Twilio is asked, it names the exact
number, and its label travels with the request. Whatever is killed or lost in between, the number
can be found again by its label, and nothing is bought for an intent a second time.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ...domain.label import Label
from ...domain.lifecycle import NumberEvent
from ...domain.limits import check_purchase
from ...domain.number import NewNumber, Number, NumberFacts
from ...domain.phone_number import PhoneNumber
from ...domain.purchase import Purchase, PurchaseState, Purpose
from ...domain.reservation import NewReservation, Reservation
from ...domain.resolution import Path, ResolveReason
from ...domain.standing import Standing
from ...errors import (
    Concerns,
    CredentialsError,
    KapsoTwilioError,
    Locked,
    OutcomeUnknown,
    StateError,
    VendorRefused,
    VendorUnavailable,
)
from ...ids import random_base32
from ...inventory.journal import NOT_OUR_PURCHASE, Entry
from ...inventory.store import Session
from ...project import Project
from ..stopping import StopRequest
from .quote import Quote, none_on_sale
from .rival import give_up_to, taken_by, taken_meanwhile

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import OwnedNumber

# The look-up before it, and every repeat of 20429 with its wait, with the longest time-out that can
# be set, and the wait for its turn: a purchase that is still at work must never be taken for one
# that has ended.
_UNDER_WAY_AT_MOST = timedelta(minutes=30)


class Basket(msgspec.Struct, frozen=True):
    """What to buy, for what, and from which numbers."""

    quote: Quote
    purpose: Purpose
    candidates: Iterable[PhoneNumber]
    """Taken one by one until one is bought."""


def buy_number(project: Project, basket: Basket, stop: StopRequest) -> Number:
    """Buy one number, and record it before anything else happens.

    Raises LimitExceeded, VendorRefused, CredentialsError or VendorUnavailable when nothing was
    bought, and OutcomeUnknown when it is not known: then the purchase counts until it is settled.
    """
    refusal: VendorRefused | None = None
    for phone_number in basket.candidates:
        stop.check()
        intent = write_intent(project, basket, phone_number)
        if intent is None:
            continue
        bought = _buy(project, intent)
        if isinstance(bought, Number):
            return bought
        refusal = bought
    if refusal is not None:
        raise refusal
    raise none_on_sale(basket.quote.choice)


def write_intent(project: Project, basket: Basket, phone_number: PhoneNumber) -> Purchase | None:
    """Commit the intent to buy `phone_number`; None when somebody holds or buys it already.

    Every limit is counted in the same transaction, so that no two processes pass it together.
    """
    now = project.now()
    purchase_id = random_base32(16)
    label = Label(project.name, project.inventory.identity.installation, purchase_id)
    intent = Purchase(
        id=purchase_id,
        account_sid=project.config.twilio.account_sid,
        phone_number=phone_number,
        country=basket.quote.choice.country,
        number_type=basket.quote.choice.number_type,
        purpose=basket.purpose,
        regulatory=basket.quote.choice.regulatory,
        price=basket.quote.price,
        label=str(label),
        owner=project.owner,
        run_id=project.run_id,
        started_at=now,
        deadline=now + _UNDER_WAY_AT_MOST,
    )
    limits = project.config.limits
    if basket.purpose.pool is None:
        limits = replace(limits, max_purchases_per_run=None)  # it paces fill and reconcile
    with project.inventory.write() as tx:
        if tx.purchases.number_is_taken(phone_number):
            return None
        tx.standing.require()
        if tx.standing.now().standing is Standing.UNPROVEN:
            tx.standing.become(Standing.HOME, now)  # it was held against the account before
        if basket.purpose.ref is not None:
            refuse_second_answer(tx, basket.purpose.ref)
        spending = tx.purchases.spending(project.run_id, now)
        check_purchase(limits, spending, intent.country, intent.price)
        tx.purchases.add(intent)
    return intent


class Recorded(msgspec.Struct, frozen=True):
    """A purchase that was written down."""

    number: Number
    reservation: Reservation | None
    """The reservation that it became, if it was for a ref."""


def record(project: Project, purchase: Purchase, owned: OwnedNumber) -> Recorded:
    """Write down that a purchase brought `owned`, and finish what it was for.

    A ref's purchase becomes that ref's reservation in the same transaction. Recording twice gives
    the same number.
    """
    now = project.now()
    purpose = purchase.purpose
    new = NewNumber(
        phone_number=purchase.phone_number,
        sid=owned.sid,
        country=purchase.country,
        number_type=purchase.number_type,
        price=purchase.price,
        purchase_id=purchase.id,
        facts=NumberFacts(purchase.label, owned.capabilities.sms, pool=purpose.pool),
    )
    with project.inventory.write() as tx:
        there = tx.numbers.by_purchase(purchase.id)
        if there is not None:
            return Recorded(there, tx.reservations.of_number(there.id))
        tx.purchases.settle(purchase, PurchaseState.BOUGHT, now, sid=owned.sid)
        # A purchase that was given up as not bought may turn up after its ref got another number.
        free_ref = purpose.ref if purpose.ref and not tx.reservations.of_ref(purpose.ref) else None
        event = NumberEvent.BOUGHT if free_ref is None else NumberEvent.BOUGHT_FOR_REF
        number = tx.numbers.add(new, event, now)
        if free_ref is not None:
            until = now + project.config.onboarding.reservation_ttl
            held = NewReservation(
                free_ref,
                Path.LIVE,
                purpose.reason or ResolveReason.NO_POOL,
                purchase.country,
                purpose.customer,
                until,
            )
            return Recorded(number, tx.reservations.add(held, number, now))
    return Recorded(number, None)


def _buy(project: Project, intent: Purchase) -> Number | VendorRefused:
    """The number; or a refusal that concerns it alone, so that the next candidate may be tried."""
    from ...gateways.twilio_numbers import Order

    sids = intent.regulatory
    order = Order(
        intent.phone_number, intent.country, intent.label, sids.bundle_sid, sids.address_sid
    )
    sent_at = project.now()

    def refuse_held() -> None:
        """Twilio would answer the purchase of a number that the account holds, and rename it."""
        nonlocal sent_at
        sent_at = project.now()
        if project.twilio.numbers.find(intent.phone_number) is not None:
            raise taken_meanwhile(intent.phone_number)

    try:
        refuse_held()
        owned = project.twilio.numbers.buy(order, before_again=refuse_held)
    except VendorRefused as refusal:
        _settle(project, intent, PurchaseState.NOT_BOUGHT, f"{refusal.reason}")
        if refusal.concerns is Concerns.NUMBER:
            return refusal
        raise
    except (CredentialsError, VendorUnavailable) as definite:
        _settle(project, intent, PurchaseState.NOT_BOUGHT, f"{definite.reason}")
        raise
    except OutcomeUnknown as unknown:
        return _after_lost_answer(project, intent, unknown)
    if not is_from(replace(intent, started_at=sent_at), owned):
        raise _not_our_purchase(project, intent, owned)
    number = _record_or_say_so(project, intent, owned)
    # A pool's number is looked at before it becomes ready: until then nobody is given it.
    return number if intent.purpose.pool else _kept(project, number)


def is_from(intent: Purchase, owned: OwnedNumber) -> bool:
    """Whether `owned` is what the intent bought: a number that was owned before answers 201 too.

    Only the exact number counts, and only if Twilio made it after the intent was written.
    """
    if owned.phone_number != intent.phone_number or owned.bought_at is None:
        return False
    return owned.bought_at >= intent.started_at


def _after_lost_answer(project: Project, intent: Purchase, unknown: OutcomeUnknown) -> Number:
    """Look once, at once: often the number is there, and nothing needs settling later."""
    try:
        _settle(project, intent, PurchaseState.UNKNOWN, f"{unknown.reason}")
        owned = project.twilio.numbers.find(intent.phone_number)
    except KapsoTwilioError:
        raise unknown from None
    if owned is None or owned.friendly_name != intent.label or not is_from(intent, owned):
        raise unknown
    return _record_or_say_so(project, intent, owned)


def _record_or_say_so(project: Project, intent: Purchase, owned: OwnedNumber) -> Number:
    try:
        return record(project, intent, owned).number
    except (StateError, Locked) as error:
        raise OutcomeUnknown(
            f"{intent.phone_number} was bought ({owned.sid}), but could not be recorded",
            reason=f"{error.message}: {error.reason}",
            hint="mend that, then run kapso-twilio reconcile: it finds the number by its label",
        ) from error


def _not_our_purchase(project: Project, intent: Purchase, owned: OwnedNumber) -> OutcomeUnknown:
    """Twilio answered with a number that this purchase did not bring.

    It counts as unknown, which is the safe side, until a person has looked: were it taken for not
    bought, the next candidate would be bought, and the next.
    """
    since = f"since {owned.bought_at:%Y-%m-%d %H:%M:%S} UTC" if owned.bought_at else "for long"
    reason = f"Twilio answered with {owned.phone_number}, which the account has held {since}"
    now = project.now()
    with suppress(StateError, Locked), project.inventory.write() as tx:
        tx.purchases.settle(intent, PurchaseState.UNKNOWN, now, reason=reason)
        tx.events.append(Entry(now, NOT_OUR_PURCHASE, purchase_id=intent.id, detail=owned.sid))
    return OutcomeUnknown(
        f"it is not known whether {intent.phone_number} was bought",
        reason=reason,
        hint=f"look at {owned.sid} in the Twilio console: its friendly name is {intent.label} now",
    )


def _kept(project: Project, number: Number) -> Number | VendorRefused:
    """The number, unless another project's label is on it: then it is given up."""
    rival = taken_by(project, number)
    return number if rival is None else give_up_to(project, number, rival)


def _settle(project: Project, intent: Purchase, state: PurchaseState, reason: str) -> None:
    with project.inventory.write() as tx:
        tx.purchases.settle(intent, state, project.now(), reason=reason)


def refuse_second_answer(tx: Session, ref: str, settled: Purchase | None = None) -> None:
    """Raise Locked when another process answers, or has just answered, the same ref.

    A purchase that was just `settled` is no answer, though a rehearsal still has it open.
    """
    pending = tx.purchases.unresolved_for_ref(ref)
    answering = pending is not None and (settled is None or pending.id != settled.id)
    if tx.reservations.of_ref(ref) is None and not answering:
        return
    raise Locked(
        f"ref {ref} is being answered by another process",
        reason="it asked in the same moment, and was first",
        hint="run the command again in a moment: the same ref gives the same answer",
    )
