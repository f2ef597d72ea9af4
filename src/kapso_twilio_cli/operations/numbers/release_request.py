"""The wish to release a number: written on it, and taken back when a person wants to keep it."""

from __future__ import annotations

from msgspec.structs import replace

from ...domain.lifecycle import NumberState
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...inventory.store import Session
from ...project import Project

REQUESTED, WITHDRAWN = "release_requested", "release_withdrawn"
"""The kinds of their events."""


def keep(project: Project, phone_number: PhoneNumber) -> None:
    """Take the wish back, if there is one: the number is used again."""
    with project.inventory.write() as tx:
        number = tx.numbers.find(phone_number)
        if number is not None:
            kept(project, tx, number)


def kept(project: Project, tx: Session, number: Number) -> Number:
    """The number without the wish to release it."""
    if number.facts.release_requested_at is None:
        return number
    facts = replace(number.facts, release_requested_at=None)
    # Of a number that was put aside, the reason says why; of a provisioned one, that it was to go.
    reason = None if number.state is NumberState.PROVISIONED else number.reason
    wanted = replace(number, facts=facts, reason=reason)
    return tx.numbers.save(wanted, WITHDRAWN, project.now())
