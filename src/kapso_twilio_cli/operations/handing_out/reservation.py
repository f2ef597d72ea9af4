"""End reservations: by a person, or when their time is over.

A pool number's object at Meta is deleted first: an id that a customer has seen must never be
claimable by that customer after the number went to another.
"""

from __future__ import annotations

from msgspec.structs import replace

from ...domain.lifecycle import NumberEvent, next_state
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...domain.reservation import Reservation
from ...domain.resolution import Path
from ...domain.setup_link import LIVING
from ...domain.standing import require_footing
from ...errors import KapsoTwilioError, StateError
from ...project import Project
from .connect import named_number
from .listed import refuse_listed


def cancel(project: Project, name: PhoneNumber | str, *, though_gone: bool = False) -> Number:
    """End the number's reservation; it is `provisioned` then, to be verified anew.

    Where Meta does not answer, or the object is gone already, it stays reserved and an error says
    why: the customer may have claimed it. `though_gone`, on a person's word, ends it even then,
    unless Kapso lists the number.
    """
    number, held = reserved(project, name, though_linked=though_gone)
    return end(project, number, held, NumberEvent.CANCEL, though_gone=though_gone)


def reserved(
    project: Project, name: PhoneNumber | str, *, though_linked: bool = False
) -> tuple[Number, Reservation]:
    """The number and the reservation that may be cancelled; StateError where there is none.

    And where a setup link is active for it: the customer could still connect the number.
    """
    require_footing(project.inventory.footing())
    with project.inventory.read() as session:
        number = named_number(session, project, name)
        held = session.reservations.of_number(number.id)
        link = session.setup_links.of_ref(held.ref) if held is not None else None
    if held is not None and link is not None and link.state in LIVING and not though_linked:
        raise StateError(
            f"{number.phone_number} is held for an active setup link",
            reason=f"customer {link.customer_id} can still connect it with {link.link_id}",
            hint=f"kapso-twilio setup-link revoke {link.link_id}",
        )
    if held is None:
        raise StateError(
            f"{number.phone_number} is not reserved",
            reason=f"it is {number.state}",
            hint="kapso-twilio reservation list",
        )
    next_state(number.state, NumberEvent.CANCEL, subject=number.phone_number)
    return number, held


def end(
    project: Project,
    number: Number,
    held: Reservation,
    event: NumberEvent,
    *,
    though_gone: bool = False,
) -> Number:
    """End `held` by `event` (cancel or expire), Meta's object first."""
    next_state(number.state, event, subject=number.phone_number)  # before anything is deleted
    if held.path is Path.POOL and number.facts.preverified_id is not None:
        number = _begin(project, number)
        try:
            _delete_at_meta(project, number, though_gone=though_gone)
        except KapsoTwilioError as error:
            why = error.reason if isinstance(error, StateError) else error.message
            _remember(project, number, f"the reservation could not be ended: {why}")
            raise
    facts = replace(number.facts, preverified_id=None, verification_expiry_time=None)
    now = project.now()
    with project.inventory.write() as tx:
        ended = tx.numbers.apply(replace(number, facts=facts), event, now)
        tx.reservations.end(number.id, now, event)
    return ended


def _begin(project: Project, number: Number) -> Number:
    """Say so before Meta is asked: were this run killed then, status would tell what it left."""
    begun = replace(number, reason="ending the reservation was begun, and broken off")
    with project.inventory.write() as tx:
        return tx.numbers.save(begun, "reservation_ending", project.now())


def _delete_at_meta(project: Project, number: Number, *, though_gone: bool) -> None:
    preverified_id = number.facts.preverified_id
    assert preverified_id is not None
    if project.is_rehearsal or project.meta.delete(preverified_id):
        return
    n = number.phone_number
    if though_gone:
        # Asked now, when nobody can claim it any more, and not before.
        refuse_listed(project, n, hint=f"kapso-twilio connect {n}")
        return
    raise StateError(
        f"{n} stays reserved",
        reason="its object at Meta is gone already: the customer may have claimed it",
        hint=f"if it is connected: kapso-twilio connect {n}; if you know that no customer has it:"
        f" kapso-twilio reservation cancel {n} --force",
    )


def _remember(project: Project, number: Number, reason: str) -> None:
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        kind = "reservation_not_ended"
        tx.numbers.save(replace(current, reason=reason), kind, project.now(), detail=reason)
