"""Take numbers in that carry the project's label, and that the inventory knows nothing of.

They come from a purchase whose record was lost: by an old copy of the inventory, or by a new one.
Nobody knows what they were used for since, so they wait for a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ...domain.label import Label, parse_label
from ...domain.lifecycle import NumberEvent
from ...domain.money import UNPRICED
from ...domain.number import NewNumber, Number, NumberFacts
from ...domain.phone_number import PhoneNumber
from ...project import Project
from ..buying.appraisal import appraise

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import OwnedNumber

REASON = "adopted"


def own_label(project: Project, owned: OwnedNumber) -> str:
    """This inventory's label for a stray of another one, put on it at Twilio.

    Before the number enters: were it the other way round, a run that is broken off in between would
    leave one number in two homes.
    """
    label = parse_label(owned.friendly_name)
    assert label is not None  # without a label it is no stray
    own = str(replace(label, installation=project.inventory.identity.installation))
    if own != owned.friendly_name and not project.is_rehearsal:
        project.twilio.numbers.label(owned.sid, own)
    return own


def adopt(project: Project, owned: OwnedNumber, label: str, *, connected: bool) -> Number:
    """Let a stray enter as `quarantined`, or `connected` where Kapso lists it."""
    now = project.now()
    appraisal = appraise(project, owned)
    new = NewNumber(
        phone_number=PhoneNumber(owned.phone_number),
        sid=owned.sid,
        country=appraisal.country,
        number_type=appraisal.number_type,
        # It is in the account whatever it costs: an unknown price must not keep it out.
        price=appraisal.price or UNPRICED,
        purchase_id=None,
        facts=NumberFacts(label, owned.capabilities.sms),
        bought_at=owned.bought_at,
    )
    event = NumberEvent.ADOPTED_CONNECTED if connected else NumberEvent.ADOPTED
    with project.inventory.write() as tx:
        return tx.numbers.add(new, event, now, reason=None if connected else REASON)


def price_adopted(project: Project) -> None:
    """Ask again what the numbers cost whose price was not known."""
    with project.inventory.read() as session:
        unpriced = session.numbers.unpriced()
    for number in unpriced:
        prices = project.twilio.prices.monthly(number.country)
        price = prices.get(number.number_type)
        if price is not None:
            with project.inventory.write() as tx:
                tx.numbers.price(number.id, price, project.now())


def found_again(project: Project, number: Number, sid: str) -> Number:
    """Give a missing number that the account lists again the state it had."""
    with project.inventory.write() as tx:
        held = tx.reservations.of_number(number.id) is not None
        current = tx.numbers.get(number.id)
        return tx.numbers.return_found(current, sid, project.now(), reserved=held)


def put_own_label(project: Project, number: Number) -> Number:
    """Put this inventory's label on a number that carries another inventory's of the project.

    A run that is broken off before the record leaves the label there, and the next one keeps it.
    """
    label = parse_label(number.facts.label)
    if label is None:
        return number
    own = str(Label(label.project, project.inventory.identity.installation, label.intent))
    if not project.is_rehearsal:
        project.twilio.numbers.label(number.sid, own)
    if number.facts.label == own:
        return number
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        facts = replace(current.facts, label=own)
        return tx.numbers.save(replace(current, facts=facts), "labelled", project.now(), detail=own)
