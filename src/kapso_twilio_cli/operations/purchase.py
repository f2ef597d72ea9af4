"""The purchase protocol: a number that is paid for is recorded, and none is bought twice.

Intent, then money, then record: the intent is committed before Twilio is asked, it names the exact
number, and its label travels with the request. Whatever is killed or lost in between, the number
can be found again by its label, and nothing is bought for an intent a second time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ..domain.label import Label
from ..domain.lifecycle import NumberEvent
from ..domain.limits import check_purchase
from ..domain.number import NewNumber, Number, NumberFacts
from ..domain.phone_number import PhoneNumber
from ..domain.purchase import Purchase, PurchaseState, Purpose
from ..domain.reservation import NewReservation
from ..domain.resolution import Path, ResolveReason
from ..errors import (
    Concerns,
    CredentialsError,
    Locked,
    OutcomeUnknown,
    StateError,
    VendorRefused,
    VendorUnavailable,
)
from ..inventory.journal import Entry
from ..inventory.store import Session
from ..project import Project, random_base32
from .quote import Quote
from .stopping import StopRequest

if TYPE_CHECKING:
    from ..gateways.twilio_numbers import OwnedNumber

_BETWEEN_DEADLINE_AND_TIMEOUT = timedelta(seconds=60)
_CLOCKS_MAY_DIFFER_BY = timedelta(minutes=2)


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
    for phone_number in basket.candidates:
        stop.check()
        intent = write_intent(project, basket, phone_number)
        if intent is None:
            continue
        number = _buy(project, intent)
        if number is not None:
            return number
    from ..gateways.twilio_numbers import out_of_stock

    choice = basket.quote.choice
    sms_only = basket.purpose.pool is not None and project.config.meta.code_method == "sms"
    raise out_of_stock(choice.country, choice.number_type, sms_only=sms_only)


def write_intent(project: Project, basket: Basket, phone_number: PhoneNumber) -> Purchase | None:
    """Commit the intent to buy `phone_number`; None when somebody holds or buys it already.

    Every limit is counted in the same transaction, so that no two processes pass it together.
    """
    from ..gateways.http import POST_TIMEOUT_SECONDS

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
        deadline=now + timedelta(seconds=POST_TIMEOUT_SECONDS) + _BETWEEN_DEADLINE_AND_TIMEOUT,
    )
    limits = project.config.limits
    if basket.purpose.pool is None:
        limits = replace(limits, max_purchases_per_run=None)  # it paces fill and reconcile
    with project.inventory.write() as tx:
        if tx.purchases.number_is_taken(phone_number):
            return None
        if basket.purpose.ref is not None:
            refuse_second_answer(tx, basket.purpose.ref)
        check_purchase(limits, tx.purchases.spending(project.run_id, now), basket.quote.price)
        tx.purchases.add(intent)
    return intent


def record(project: Project, purchase: Purchase, owned: OwnedNumber) -> Number:
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
            return there
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
            tx.reservations.add(held, number, now)
    return number


def _buy(project: Project, intent: Purchase) -> Number | None:
    """The number, or None when the next candidate may be tried."""
    from ..gateways.twilio_numbers import Order

    sids = intent.regulatory
    order = Order(
        intent.phone_number, intent.country, intent.label, sids.bundle_sid, sids.address_sid
    )
    try:
        owned = project.twilio.numbers.buy(order)
    except VendorRefused as refusal:
        _settle(project, intent, PurchaseState.NOT_BOUGHT, f"{refusal.reason}")
        if refusal.concerns is Concerns.NUMBER:
            return None
        raise
    except (CredentialsError, VendorUnavailable) as definite:
        _settle(project, intent, PurchaseState.NOT_BOUGHT, f"{definite.reason}")
        raise
    except OutcomeUnknown as unknown:
        return _after_lost_answer(project, intent, unknown)
    if not _is_this_purchase(intent, owned):
        _give_back_label(project, intent, owned)
        return None
    return _record_or_say_so(project, intent, owned)


def _after_lost_answer(project: Project, intent: Purchase, unknown: OutcomeUnknown) -> Number:
    """Look once, at once: often the number is there, and nothing needs settling later."""
    _settle(project, intent, PurchaseState.UNKNOWN, f"{unknown.reason}")
    try:
        owned = project.twilio.numbers.find(intent.phone_number)
    except (VendorUnavailable, VendorRefused, CredentialsError):
        raise unknown from None
    if owned is None or owned.friendly_name != intent.label:
        raise unknown
    return _record_or_say_so(project, intent, owned)


def _record_or_say_so(project: Project, intent: Purchase, owned: OwnedNumber) -> Number:
    try:
        return record(project, intent, owned)
    except (StateError, Locked) as error:
        raise OutcomeUnknown(
            f"{intent.phone_number} was bought ({owned.sid}), but could not be recorded",
            reason=f"{error.message}: {error.reason}",
            hint="mend that, then run kapso-twilio reconcile: it finds the number by its label",
        ) from error


def _is_this_purchase(intent: Purchase, owned: OwnedNumber) -> bool:
    """Whether the 201 is for our purchase: a number owned before also answers 201."""
    if owned.phone_number != intent.phone_number:
        return False
    return owned.date_created > intent.started_at - _CLOCKS_MAY_DIFFER_BY


def _give_back_label(project: Project, intent: Purchase, owned: OwnedNumber) -> None:
    """The account held the number already: take our label off it again, and say so."""
    reason = f"Twilio answered with {owned.phone_number}, created {owned.date_created:%Y-%m-%d}"
    with project.inventory.write() as tx:
        tx.purchases.settle(intent, PurchaseState.NOT_BOUGHT, project.now(), reason=reason)
        tx.events.append(
            Entry(project.now(), "not_our_purchase", purchase_id=intent.id, detail=owned.sid)
        )
    project.twilio.numbers.set_label(owned.sid, owned.phone_number)


def _settle(project: Project, intent: Purchase, state: PurchaseState, reason: str) -> None:
    with project.inventory.write() as tx:
        tx.purchases.settle(intent, state, project.now(), reason=reason)


def refuse_second_answer(tx: Session, ref: str) -> None:
    """Raise Locked when another process answers, or has just answered, the same ref."""
    if tx.reservations.of_ref(ref) is None and tx.purchases.unresolved_for_ref(ref) is None:
        return
    raise Locked(
        f"ref {ref} is being answered by another process",
        reason="it asked in the same moment, and was first",
        hint="run the command again in a moment: the same ref gives the same answer",
    )
