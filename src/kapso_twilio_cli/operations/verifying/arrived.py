"""Codes that came to the receiver, for numbers that wait: at once, and without asking Twilio.

While a receiver is alive, the inbox is looked into only for numbers that have waited long.
Whichever way a message came, it is used once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from ...domain.code_method import CodeMethod
from ...domain.number import Number
from ...domain.sid import is_recording_sid
from ...errors import Locked, StateError
from ...inventory.arrivals import Arrival, Arrivals
from ...process import has_ended
from ...project import Project
from ..receiving.receiver import receiver_of
from .verification import CodeArrived, CodeFiltered
from .voice import is_answered_by_a_receiver

_CONFIGURED_SECONDS = 20.0
"""So long a number's SMS or call are left to the receiver; then Twilio is asked beside it."""
_UNCONFIGURED_SECONDS = 5.0
"""The same for the SMS of a number that `webhook configure` has not seen."""


def arrived(
    project: Project, waiting: Sequence[Number]
) -> Iterator[tuple[Number, CodeArrived | CodeFiltered]]:
    """The newest code that came in for each of these numbers since it was asked for, claimed."""
    by_number = {number.phone_number: number for number in waiting}
    for arrival in _unused(project, waiting):
        number = by_number.get(arrival.phone_number)
        if number is None or not _answers(arrival, number) or _is_blank(arrival):
            continue
        if not claim(project, arrival.message_sid):
            continue
        del by_number[arrival.phone_number]
        if arrival.code is None:
            yield number, CodeFiltered(arrival.message_sid)
        else:
            yield number, CodeArrived(arrival.message_sid, arrival.code)


def inbox_is_due(project: Project, waited_seconds: Sequence[tuple[Number, float]]) -> bool:
    """Whether to look into the inbox for these numbers, which have waited so long."""
    if receiver_of(project) is None:
        return True
    if any(seconds > _patience(project, number) for number, seconds in waited_seconds):
        return True
    # A message without a text may be one that Twilio blanked: the inbox tells (error 30038).
    numbers = {number.phone_number: number for number, _ in waited_seconds}
    came = _unused(project, list(numbers.values()))
    return any(_is_blank(one) and _answers(one, numbers[one.phone_number]) for one in came)


def claim(project: Project, message_sid: str) -> bool:
    """Use a message; False where it was used already.

    One that a process used which has ended since may be used again: that process may have been
    killed before it gave the code to Meta.
    """
    store = Arrivals(project.inventory_path.parent)
    if not store.exists:
        return True  # no receiver has ever run here, and one run remembers what it used
    now = project.now()
    with suppress(StateError, Locked):
        former = store.claim(message_sid, project.owner, now)
        if former is None:
            return True
        if former == project.owner or not has_ended(former, deadline=now, now=now):
            return False
        return store.claim_from(former, message_sid, project.owner, now)
    return True  # what cannot be written down must not keep a number from being verified


def _unused(project: Project, waiting: Sequence[Number]) -> list[Arrival]:
    """What the receiver has for these numbers; none where its file cannot be read."""
    store = Arrivals(project.inventory_path.parent)
    with suppress(StateError, Locked):
        return store.unused([number.phone_number for number in waiting], project.now())
    return []


def _answers(arrival: Arrival, number: Number) -> bool:
    asked_at = number.facts.code_requested_at
    came_by_call = is_recording_sid(arrival.message_sid)
    if asked_at is None or came_by_call is not _is_called(number):
        return False
    return arrival.received_at >= asked_at


def _is_blank(arrival: Arrival) -> bool:
    return arrival.code is None and not arrival.is_filtered


def _is_called(number: Number) -> bool:
    return number.facts.code_method == CodeMethod.VOICE


def _patience(project: Project, number: Number) -> float:
    if _is_called(number) and not is_answered_by_a_receiver(number):
        return 0.0
    if _is_called(number):
        # A call that came, and brought nothing, must be seen before the number is given up.
        return min(_CONFIGURED_SECONDS, project.config.meta.code_timeout.total_seconds() / 2)
    known = number.facts.webhook_before is not None
    return _CONFIGURED_SECONDS if known else _UNCONFIGURED_SECONDS
