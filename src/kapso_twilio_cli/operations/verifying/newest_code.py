"""The newest code that came in on a number: for onboardings whose customer must type it.

A code is looked for at Twilio, shown, and kept nowhere.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ...domain.code_method import CodeMethod
from ...domain.lifecycle import NumberState
from ...domain.number import Number
from ...domain.one_time_code import read_code
from ...domain.phone_number import PhoneNumber
from ...domain.spoken_code import read_spoken_code
from ...errors import StateError, VendorRefused, VendorUnavailable
from ...inventory.numbers import require
from ...project import Project
from .look import Heard, listen_back

if TYPE_CHECKING:
    from ...gateways.twilio_inbox import InboundMessage

WORTH_SHOWING = timedelta(minutes=15)
"""Older codes are none that anybody could use."""

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 5.0


class NewestCode(msgspec.Struct, frozen=True):
    """A code, and how it came."""

    phone_number: PhoneNumber
    code: str
    source: CodeMethod
    received_at: datetime
    """By this host's clock: the latest that it may have been."""

    def age_seconds(self, now: datetime) -> int:
        """How old it is at least."""
        return max(0, round((now - self.received_at).total_seconds()))


class _Arrival(msgspec.Struct, frozen=True):
    """What may have brought a code: an SMS, or a recorded call."""

    sid: str
    source: CodeMethod
    received_at: datetime
    code: str | None
    is_blanked: bool = False


def newest_code(project: Project, phone_number: PhoneNumber) -> NewestCode:
    """The newest code of the last 15 minutes.

    VendorRefused where Twilio blanked it; VendorUnavailable where there is none yet.
    """
    number = number_with_codes(project, phone_number)
    arrived = _arrived(project, phone_number, project.now() - WORTH_SHOWING)
    found = _newest(number, arrived)
    if found is None:
        again = f"{_command(number)} --wait 120"
        raise _nothing_came(number, "in the last 15 minutes", again, arrived)
    return found


def wait_for_code(project: Project, phone_number: PhoneNumber, wait_seconds: float) -> NewestCode:
    """The first code that comes in from now on; never one that is there already.

    As `newest_code`; VendorUnavailable when none came in time.
    """
    number = number_with_codes(project, phone_number)
    since, began, pause = project.now(), time.monotonic(), _FIRST_PAUSE_SECONDS
    # Twilio's times are whole seconds: what the first look shows was there before.
    arrived: list[_Arrival] = []
    there = {one.sid for one in _arrived(project, phone_number, since)}
    while (left := began + wait_seconds - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
        arrived = [one for one in _arrived(project, phone_number, since) if one.sid not in there]
        found = _newest(number, arrived)
        if found is not None:
            return found
    raise _nothing_came(number, f"in {wait_seconds:.0f} s", _command(number), arrived)


def number_with_codes(project: Project, phone_number: PhoneNumber) -> Number:
    """The project's number; StateError where it has none, or has none any more."""
    with project.inventory.read() as session:
        number = session.numbers.find(phone_number)
    if number is None or number.state is not NumberState.RELEASED:
        return require(number, phone_number, project.name)
    raise StateError(
        f"{phone_number} was released",
        reason="nothing comes in on it any more",
        hint=f"kapso-twilio number history {phone_number}",
    )


def _arrived(project: Project, phone_number: PhoneNumber, since: datetime) -> list[_Arrival]:
    """Everything that came in on the number since then."""
    messages = project.twilio.inbox.since(since)
    mine = [_of_message(message) for message in messages if message.to == phone_number]
    return [*mine, *_of_calls(listen_back(project, since), phone_number)]


def _of_message(message: InboundMessage) -> _Arrival:
    code = read_code(message.body)
    at, is_blanked = message.received_at, message.is_filtered
    return _Arrival(message.sid, CodeMethod.SMS, at, code, is_blanked)


def _of_calls(heard: Heard, phone_number: PhoneNumber) -> Iterator[_Arrival]:
    mine = {call.sid for call in heard.calls if call.to == phone_number}
    for one in heard.recordings:
        if one.call_sid in mine:
            code = read_spoken_code(one.text or "")
            yield _Arrival(one.sid, CodeMethod.VOICE, one.recorded_at, code)


def _newest(number: Number, arrived: list[_Arrival]) -> NewestCode | None:
    for one in sorted(arrived, key=lambda each: each.received_at, reverse=True):
        if one.is_blanked:
            raise _was_blanked(number)
        if one.code is not None:
            return NewestCode(number.phone_number, one.code, one.source, one.received_at)
    return None


def _recording_to_hear(arrived: list[_Arrival]) -> str | None:
    """The newest recording that holds nothing that could be read."""
    heard = [one for one in arrived if one.source is CodeMethod.VOICE and one.code is None]
    newest = max(heard, key=lambda one: one.received_at, default=None)
    return newest.sid if newest is not None else None


def _was_blanked(number: Number) -> VendorRefused:
    return VendorRefused(
        f"the code for {number.phone_number} came in without its digits",
        reason="Twilio filters one-time codes in SMS on this account (Twilio 30038)",
        hint="ask Twilio support to lift the filter; onboardings from a pool need no code:"
        f" kapso-twilio pool set {number.country} --target-size 1",
    )


def _nothing_came(
    number: Number, when: str, command: str, arrived: list[_Arrival]
) -> VendorUnavailable:
    recording = _recording_to_hear(arrived)
    if recording is not None:
        return VendorUnavailable(
            f"no code could be read for {number.phone_number}",
            reason=f"a call was recorded, and no code understood of it: {recording}",
            hint="listen to it in the Twilio console (Monitor, Call recordings), or have the code"
            f" sent again, then: {command}",
        )
    return VendorUnavailable(
        f"no code has come in for {number.phone_number}",
        reason=f"neither an SMS nor a recorded call brought one {when}",
        hint=f"have it sent again, then: {command}",
    )


def _command(number: Number) -> str:
    return f"kapso-twilio number code {number.phone_number}"
