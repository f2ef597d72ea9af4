"""Record that a WhatsApp config is on a number."""

from __future__ import annotations

from ...domain.lifecycle import NumberEvent, NumberState
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...errors import StateError
from ...inventory.numbers import require
from ...inventory.store import Session
from ...project import Project


def named_number(session: Session, project: Project, name: PhoneNumber | str) -> Number:
    """The project's number: by its E.164, or by the ref that holds it. StateError if there is none.

    A ref never begins with `+`, so the two cannot be taken for each other.
    """
    if name.startswith("+"):
        phone_number = PhoneNumber(name)
        return require(session.numbers.find(phone_number), phone_number, project.name)
    held = session.reservations.of_ref(name)
    if held is None:
        raise StateError(
            f"ref {name} holds no number",
            reason="its reservation has ended, or there never was one",
            hint="kapso-twilio reservation list",
        )
    return session.numbers.get(held.number_id)


def connect(project: Project, name: PhoneNumber | str) -> Number:
    """Move the number to `connected`; doing it again changes nothing."""
    with project.inventory.write() as tx:
        number = named_number(tx, project, name)
        if number.state is NumberState.CONNECTED:
            return number
        return tx.numbers.apply(number, NumberEvent.CONNECT, project.now())
