"""What Kapso lists: which numbers a WhatsApp config is on, and which it was removed from.

A listing that broke off proves nothing. A number that Kapso listed before counts as removed when a
whole listing lacks it and its own id is not found, at two looks that are some time apart.

Source: reference "Kapso", 3 (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ...domain.attention import AttentionKind
from ...domain.lifecycle import TRANSITIONS, NumberEvent, NumberState
from ...domain.number import Number, NumberFacts
from ...domain.phone_number import PhoneNumber
from ...errors import Locked
from ...inventory.findings import Finding
from ...inventory.store import Session
from ...project import Project
from ..actions import Action, ActionKind
from .disconnect import disconnect

if TYPE_CHECKING:
    from ...gateways.kapso_platform import ConnectedNumber

Listed = Mapping[PhoneNumber, "ConnectedNumber"]
"""The numbers that Kapso lists, over all pages."""

_WELL = ("connected", "")


def listed_numbers(project: Project) -> Listed:
    """The numbers that Kapso lists; none where no Kapso key is configured."""
    if project.kapso is None:
        return {}
    return {listed.phone_number: listed for listed in project.kapso.connected_numbers()}


def notice_connects(project: Project, listed: Listed) -> Iterator[Action]:
    """Numbers of ours that Kapso lists are connected, whatever they were before."""
    with project.inventory.read() as session:
        found = [session.numbers.find(phone_number) for phone_number in sorted(listed)]
    for known in found:
        if known is None or not _has_news(known, listed[known.phone_number]):
            continue
        with project.inventory.write() as tx:
            noticed = _notice(tx, project, known.id, listed[known.phone_number])
        if noticed is not None:
            yield noticed


def _notice(tx: Session, project: Project, number_id: int, entry: ConnectedNumber) -> Action | None:
    number = tx.numbers.get(number_id)
    if not _has_news(number, entry):
        return None
    changed = replace(number, facts=_facts_at_kapso(number, entry))
    if _can_connect(number):
        moved = tx.numbers.apply(changed, NumberEvent.SEEN_CONNECTED, project.now())
        return Action(ActionKind.CONNECTED, moved.phone_number, f"it was {number.state}")
    tx.numbers.save(changed, "seen_at_kapso", project.now(), detail=entry.customer_id)
    return None


def _has_news(number: Number, entry: ConnectedNumber) -> bool:
    if number.state is NumberState.CONNECTED:
        return number.facts != _facts_at_kapso(number, entry)
    return _can_connect(number)


def _facts_at_kapso(number: Number, entry: ConnectedNumber) -> NumberFacts:
    return replace(
        number.facts,
        customer_id=entry.customer_id,
        phone_number_id=entry.phone_number_id,
        business_account_id=entry.business_account_id or number.facts.business_account_id,
        absent_since=None,
    )


def _can_connect(number: Number) -> bool:
    return NumberEvent.SEEN_CONNECTED in TRANSITIONS[number.state]


def notice_removals(project: Project, listed: Listed) -> Iterator[Action]:
    """Connected numbers that Kapso listed before, and does not any more, by their pools' policy."""
    if project.kapso is None:
        return
    with project.inventory.read() as session:
        connected = session.numbers.in_state(NumberState.CONNECTED)
    for number in connected:
        if number.phone_number in listed or number.facts.phone_number_id is None:
            continue
        done = notice_removal(project, number)
        if done is not None:
            yield done


def notice_removal(project: Project, number: Number) -> Action | None:
    """A number that a whole listing lacks: noted at the first sighting, disconnected at a second.

    What is not confirmed by its own id is left as it is.
    """
    assert project.kapso is not None
    assert number.facts.phone_number_id is not None
    there = project.kapso.connected_number(number.facts.phone_number_id)
    since, now = number.facts.absent_since, project.now()
    if there is not None or since is None:
        _note_absent(project, number, is_absent=there is None)
        return None
    if now - since < project.config.onboarding.removal_confirmed_after:
        return None
    try:
        done = disconnect(project, number.phone_number, None, as_seen=number)
    except Locked:
        return None  # somebody has seen it connected since
    detail = f"Kapso does not list it any more: {done.policy}"
    return Action(ActionKind.DISCONNECTED, number.phone_number, detail)


def _note_absent(project: Project, number: Number, *, is_absent: bool) -> None:
    now = project.now()
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        if current.version != number.version or (current.facts.absent_since is None) != is_absent:
            return
        facts = replace(current.facts, absent_since=now if is_absent else None)
        kind = "absent_at_kapso" if is_absent else "seen_at_kapso"
        tx.numbers.save(replace(current, facts=facts), kind, now)


def note_statuses(project: Project, listed: Listed) -> None:
    """Keep for `status` which of our numbers are not well at Kapso: that is no removal."""
    kind = AttentionKind.KAPSO_STATUS
    unwell = [entry for entry in listed.values() if not _is_well(entry)]
    with project.inventory.read() as session:
        ours = [entry for entry in unwell if session.numbers.find(entry.phone_number) is not None]
        known = [one for one in session.findings.all() if one.kind is kind]
    found = [_unwell(entry) for entry in ours]
    if found != known:
        with project.inventory.write() as tx:
            tx.findings.replace([kind], found, project.now())


def note_status(project: Project, entry: ConnectedNumber) -> None:
    """The same for one number."""
    kind = AttentionKind.KAPSO_STATUS
    with project.inventory.read() as session:
        known = [
            one
            for one in session.findings.all()
            if one.kind is kind and one.phone_number == entry.phone_number
        ]
    found = [] if _is_well(entry) else [_unwell(entry)]
    if found != known:
        with project.inventory.write() as tx:
            tx.findings.forget(kind, entry.phone_number)
            tx.findings.add(found, project.now())


def _is_well(entry: ConnectedNumber) -> bool:
    return (entry.status or "").casefold() in _WELL


def _unwell(entry: ConnectedNumber) -> Finding:
    detail = f"its status at Kapso is {entry.status}"
    return Finding(AttentionKind.KAPSO_STATUS, detail, entry.phone_number)
