"""What Kapso and Meta know of numbers: who is connected, and which object is gone."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ..domain.lifecycle import TRANSITIONS, NumberEvent, NumberState
from ..domain.number import Number
from ..domain.phone_number import PhoneNumber
from ..project import Project
from .actions import Action, ActionKind, action
from .verification import portfolio


def connected_at_kapso(project: Project) -> frozenset[PhoneNumber]:
    """The numbers that Kapso lists, over all pages; empty where no Kapso key is configured."""
    if project.kapso is None:
        return frozenset()
    return frozenset(listed.phone_number for listed in project.kapso.connected_numbers())


def notice_connects(project: Project, connected: frozenset[PhoneNumber]) -> Iterator[Action]:
    """Numbers of ours that Kapso lists are connected, whatever they were before."""
    with project.inventory.read() as session:
        found = [session.numbers.find(phone_number) for phone_number in sorted(connected)]
    for known in found:
        if known is None or not _can_connect(known):
            continue
        with project.inventory.write() as tx:
            number = tx.numbers.get(known.id)
            if not _can_connect(number):
                continue
            moved = tx.numbers.apply(number, NumberEvent.SEEN_CONNECTED, project.now())
        yield Action(ActionKind.CONNECTED, moved.phone_number, f"it was {number.state}")


def _can_connect(number: Number) -> bool:
    return NumberEvent.SEEN_CONNECTED in TRANSITIONS[number.state]


def quarantine_gone(project: Project) -> Iterator[Action]:
    """Ready numbers whose object is not in Meta's list any more: a customer may have claimed it.

    Each absence is confirmed by reading the object itself.
    """
    with project.inventory.read() as session:
        ready = session.numbers.in_state(NumberState.READY)
    if not ready:
        return
    listed = portfolio(project)
    for number in ready:
        entry = listed.get(number.phone_number)
        if entry is not None and entry.preverified_id == number.facts.preverified_id:
            continue
        if _is_there(project, number):
            continue
        gone = _quarantine(project, number)
        if gone is not None:
            yield action(ActionKind.QUARANTINED, gone)


def _is_there(project: Project, number: Number) -> bool:
    preverified_id = number.facts.preverified_id
    return preverified_id is not None and project.meta.read(preverified_id) is not None


def _quarantine(project: Project, number: Number) -> Number | None:
    facts = replace(number.facts, preverified_id=None, verification_expiry_time=None)
    reason = "its object at Meta is gone: a customer may have claimed it"
    with project.inventory.write() as tx:
        if tx.numbers.get(number.id).version != number.version:
            return None  # handed out or changed meanwhile
        event = NumberEvent.OBJECT_GONE
        return tx.numbers.apply(replace(number, facts=facts), event, project.now(), reason=reason)
