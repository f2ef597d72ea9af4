"""Take a number into the inventory that was bought outside this program, and label it.

It is no purchase: no limit stops it, but it counts from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ...domain.attention import AttentionKind
from ...domain.label import Label, parse_label
from ...domain.lifecycle import NumberEvent, NumberState
from ...domain.limits import limit_passed
from ...domain.number import NewNumber, Number, NumberFacts
from ...domain.phone_number import PhoneNumber
from ...errors import (
    CredentialsError,
    KapsoTwilioError,
    StateError,
    VendorRefused,
    VendorUnavailable,
)
from ...ids import random_base32
from ...inventory.numbers import require
from ...inventory.store import Session
from ...project import Project
from ..account.home import require_home
from ..account.ownership import other_home
from ..buying.allowed import require_allowed
from ..buying.appraisal import appraise
from ..handing_out.listed import listed_at_kapso
from .add_to_pool import require_can_join

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import OwnedNumber


class Arrival(msgspec.Struct, frozen=True):
    """A number of the account, and what it is to be in the inventory."""

    owned: OwnedNumber
    new: NewNumber | None
    """None: the inventory holds it already."""
    is_connected: bool = False
    """Kapso lists it: a WhatsApp config is on it."""


class Imported(msgspec.Struct, frozen=True):
    """The number in the inventory, and what else was done."""

    number: Number
    was_new: bool
    labelled: bool = False
    """The label was put on at Twilio; False where it was there, or could not be."""
    label_error: KapsoTwilioError | None = None
    limit_passed: str | None = None
    """The limit that the project passes now, in words."""


def import_number(project: Project, arrival: Arrival) -> Imported:
    """Write the number down, then put its label on; run again, it mends what is missing."""
    entered = enter(project, arrival)
    number = entered.number
    if arrival.owned.friendly_name == number.facts.label:
        return entered
    error = _label(project, number)
    if error is None:
        with project.inventory.write() as tx:
            tx.findings.forget(AttentionKind.LABEL_EDITED, number.phone_number)
    return replace(entered, labelled=error is None, label_error=error)


def enter(project: Project, arrival: Arrival) -> Imported:
    """Write the number down, and nothing else."""
    number, was_new = _enter(project, arrival)
    with project.inventory.read() as session:
        spending = session.purchases.spending(project.run_id, project.now())
    passed = limit_passed(project.config.limits, spending) if was_new else None
    return Imported(number, was_new, limit_passed=passed)


def arriving(project: Project, phone_number: PhoneNumber, *, pool: bool) -> Arrival:
    """The number as it would be imported, or is held already. Changes nothing.

    Raises StateError or ConfigError where it may not be, and LimitExceeded where its price is
    unknown: then it could not be counted.
    """
    require_home(project)
    with project.inventory.read() as session:
        known = _known(session, phone_number)
        _refuse_unresolved(session, phone_number)
    owned = project.twilio.numbers.find(phone_number)
    if owned is None:
        raise _not_in_account(phone_number, known)
    _refuse_other_home(project, owned)
    if known is not None:
        _refuse_contradiction(known, owned)
        return Arrival(owned, None)
    found = appraise(project, owned)
    require_allowed(project.config, found.country)
    if pool:
        require_can_join(project, found.country)
    price = found.require_price(project.config.limits)
    facts = NumberFacts(
        _label_for(project, owned), owned.capabilities.sms, pool=found.country if pool else None
    )
    new = NewNumber(
        phone_number=phone_number,
        sid=owned.sid,
        country=found.country,
        number_type=found.number_type,
        price=price,
        purchase_id=None,
        facts=facts,
        bought_at=owned.bought_at,
    )
    return Arrival(owned, new, listed_at_kapso(project, phone_number) is not None)


def _enter(project: Project, arrival: Arrival) -> tuple[Number, bool]:
    """The number in the inventory, and whether it came in now."""
    now = project.now()
    phone_number = arrival.owned.phone_number
    with project.inventory.write() as tx:
        known = _known(tx, phone_number)
        if known is not None and known.state is NumberState.MISSING:
            held = tx.reservations.of_number(known.id) is not None
            return tx.numbers.return_found(known, arrival.owned.sid, now, reserved=held), True
        if known is not None or arrival.new is None:
            return require(known, phone_number, project.name), False
        _refuse_unresolved(tx, phone_number)
        detail = f"its name was: {arrival.owned.friendly_name}"
        number = tx.numbers.add(arrival.new, NumberEvent.IMPORTED, now, detail=detail)
        if arrival.is_connected:
            number = tx.numbers.apply(number, NumberEvent.SEEN_CONNECTED, now)
    return number, True


def _label(project: Project, number: Number) -> KapsoTwilioError | None:
    """Put the number's label on at Twilio; the error that kept it from that."""
    try:
        project.twilio.numbers.label(number.sid, number.facts.label)
    except (CredentialsError, VendorRefused, VendorUnavailable) as error:
        return error
    return None


def _label_for(project: Project, owned: OwnedNumber) -> str:
    """The label that it carries, if that is this inventory's; else a new one."""
    if parse_label(owned.friendly_name) is not None:
        return owned.friendly_name
    return str(Label(project.name, project.inventory.identity.installation, random_base32(16)))


def _known(session: Session, phone_number: PhoneNumber) -> Number | None:
    """The inventory's living number, or None."""
    found = session.numbers.find(phone_number)
    return None if found is None or found.state is NumberState.RELEASED else found


def _refuse_unresolved(session: Session, phone_number: PhoneNumber) -> None:
    purchase = session.purchases.unresolved_for_number(phone_number)
    if purchase is not None:
        raise StateError(
            f"a purchase of {phone_number} is not settled yet",
            reason="were it imported now, it would count twice: as a number, and as a purchase",
            hint=f"kapso-twilio purchase settle {purchase.id} --bought SID, or --not-bought first",
        )


def _not_in_account(phone_number: PhoneNumber, known: Number | None) -> StateError:
    return StateError(
        f"{phone_number} is not in the Twilio account",
        reason="the account was asked for exactly this number"
        + (", which the inventory holds" if known is not None else ""),
        hint="kapso-twilio reconcile"
        if known is not None
        else "kapso-twilio number list --foreign shows what could be imported",
    )


def _refuse_other_home(project: Project, owned: OwnedNumber) -> None:
    other = other_home(project, owned.friendly_name)
    if other is None:
        return
    label = parse_label(owned.friendly_name)
    is_same_project = label is not None and label.project == project.name
    raise StateError(
        f"{owned.phone_number} carries the label of {other}",
        reason="it would have two homes, and could be handed out twice",
        hint="to take over what the other inventory holds: kapso-twilio reconcile --adopt"
        if is_same_project
        else "if that project does not use it, give it another name in the Twilio console first",
    )


def _refuse_contradiction(known: Number, owned: OwnedNumber) -> None:
    """A missing number is found by its SID; one that was bought again has a new SID."""
    if known.state is NumberState.MISSING:
        if known.sid == owned.sid:
            raise StateError(
                f"{known.phone_number} is in the inventory, as missing",
                reason="it was the project's before, with a history and perhaps a reservation",
                hint="kapso-twilio reconcile: it takes the number back",
            )
        return
    if known.sid != owned.sid:
        raise StateError(
            f"{known.phone_number} is {owned.sid} at Twilio, and {known.sid} in the inventory",
            reason="it was released and bought again outside this program",
            hint="kapso-twilio reconcile",
        )
