"""Act on what Kapso sends: look at the number that an event names, and at nothing else.

An event is never believed: what is done follows from what Kapso's API shows.
"""

from __future__ import annotations

from enum import StrEnum

from ...domain.kapso_event import KapsoEvent
from ...domain.lifecycle import NumberState
from ...domain.number import Number
from ...domain.standing import require_footing
from ...inventory.arrivals import Arrivals
from ...project import Project
from ..handing_out.at_kapso import listed_numbers, note_status, notice_connects, notice_removal
from ..setup_links.link_asking import require_kapso


class Seen(StrEnum):
    """What a look showed."""

    CONNECTED = "the number is connected"
    REMOVED = "the number was disconnected"
    NOT_YET = "what it tells is not to be seen yet"
    NOT_OURS = "it is no number of this project"
    OFF = "custom Twilio is switched off"


def is_new_event(project: Project, key: str | None) -> bool:
    """Note an event by its `X-Idempotency-Key`; False where it came before.

    One without a key is new: to look once more does no harm.
    """
    if not key:
        return True
    return Arrivals(project.inventory_path.parent).note(f"kapso:{key}", project.now())


def look_at(project: Project, event: KapsoEvent) -> Seen:
    """Look at the event's number at Kapso, and do what follows from that."""
    kapso = require_kapso(project)
    if project.why_not_enabled() is not None:
        return Seen.OFF
    require_footing(project.inventory.footing())
    assert event.phone_number_id is not None
    entry = kapso.connected_number(event.phone_number_id)
    if entry is None:
        return _look_at_absent(project, event)
    with project.inventory.read() as session:
        ours = session.numbers.find(entry.phone_number)
    if ours is None:
        return Seen.NOT_OURS
    list(notice_connects(project, {entry.phone_number: entry}))
    note_status(project, entry)
    return Seen.NOT_YET if event.tells_removal else Seen.CONNECTED


def _look_at_absent(project: Project, event: KapsoEvent) -> Seen:
    number = _connected_as(project, event.phone_number_id)
    if number is None:
        # Just made, and not listed yet; or a number of another project, or long known as removed.
        return Seen.NOT_OURS if event.tells_removal else Seen.NOT_YET
    listed = listed_numbers(project)
    if number.phone_number in listed:
        list(notice_connects(project, {number.phone_number: listed[number.phone_number]}))
        return Seen.CONNECTED
    return Seen.NOT_YET if notice_removal(project, number) is None else Seen.REMOVED


def _connected_as(project: Project, phone_number_id: str | None) -> Number | None:
    with project.inventory.read() as session:
        connected = session.numbers.in_state(NumberState.CONNECTED)
    return next((one for one in connected if one.facts.phone_number_id == phone_number_id), None)
