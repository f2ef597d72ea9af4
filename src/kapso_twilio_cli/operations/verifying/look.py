"""What arrived for the numbers that wait for their code: one look serves all of them.

    found = found_for(look(project, numbers), number, used)

What a receiver was sent takes the same forms, `CodeArrived` and `CodeFiltered`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ...domain.code_method import CodeMethod
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...domain.spoken_code import read_spoken_code
from ...errors import VendorRefused
from ...project import Project
from ..buying.rival import is_new, rivals_on_newest
from .verification import CodeArrived, CodeFiltered, find_code

if TYPE_CHECKING:
    from ...gateways.twilio_calls import CallRecording, InboundCall
    from ...gateways.twilio_inbox import InboundMessage


class Heard(msgspec.Struct, frozen=True):
    """The calls that came in, and what was recorded of them."""

    calls: Sequence[InboundCall] = ()
    recordings: Sequence[CallRecording] = ()


class Look(msgspec.Struct, frozen=True):
    """What one look at the account found."""

    messages: list[InboundMessage]
    heard: Heard
    rivals: dict[PhoneNumber, str | None]
    """The other project that a number belongs to; one that is not in it was not looked at."""
    began: float = 0.0
    """By the monotonic clock; 0 where nobody was asked."""


class CallWithoutCode(msgspec.Struct, frozen=True):
    """A call came in, and no code was understood of it: not yet, or not at all."""

    why: str
    recording_sid: str | None
    may_bring_code: bool
    """It is still under way, or not transcribed yet."""


Found = CodeArrived | CodeFiltered | CallWithoutCode


def look(project: Project, waiting: Sequence[Number]) -> Look:
    """Look once for all of these numbers: each kind of request is made once, side by side."""
    texted, called = asked_at(waiting, CodeMethod.SMS), asked_at(waiting, CodeMethod.VOICE)
    any_new = any(is_new(project, number) for number in waiting)
    inbox, began = project.twilio.inbox, time.monotonic()
    with ThreadPoolExecutor(2, thread_name_prefix="look") as beside:
        rivals = beside.submit(rivals_on_newest, project) if any_new else None
        heard = beside.submit(listen_back, project, called) if called else None
        return Look(
            messages=inbox.since(texted) if texted else [],
            heard=heard.result() if heard else Heard(),
            rivals=rivals.result() if rivals else {},
            began=began,
        )


def listen_back(project: Project, since: datetime) -> Heard:
    """The calls since then; where there is one, the recordings too, with what they say."""
    calls = project.twilio.calls.since(since)
    return Heard(calls, project.twilio.calls.recordings_since(since) if calls else ())


def found_for(seen: Look, number: Number, used: set[str]) -> Found | None:
    """The newest code for `number` since it was asked for, or what came instead of one."""
    if number.facts.code_method != CodeMethod.VOICE:
        return find_code(seen.messages, number, used)
    since = number.facts.code_requested_at
    assert since is not None
    return find_call(seen.heard, number.phone_number, since, used)


def find_call(
    heard: Heard, phone_number: PhoneNumber, since: datetime, used: set[str]
) -> CodeArrived | CallWithoutCode | None:
    """The newest code that a call brought; else the call that may bring it yet, or that failed."""
    mine = [call for call in heard.calls if call.to == phone_number and call.began_at >= since]
    recorded = {one.call_sid: one for one in heard.recordings}
    without = []
    for call in sorted(mine, key=lambda one: one.began_at, reverse=True):
        recording = recorded.get(call.sid)
        code = read_spoken_code(recording.text or "") if recording is not None else None
        if recording is None or code is None:
            without.append(_without_code(call, recording))
        elif recording.sid not in used:
            return CodeArrived(recording.sid, code)
    # What may still bring it counts more than what failed; a stranger may have called too.
    return max(without, key=lambda one: (one.may_bring_code, bool(one.recording_sid)), default=None)


def _without_code(call: InboundCall, recording: CallRecording | None) -> CallWithoutCode:
    if recording is None:
        why = "nothing of the call was recorded" if call.is_over else "the call is not over yet"
        return CallWithoutCode(why, None, may_bring_code=True)  # a recording comes after its call
    if recording.has_failed:
        return CallWithoutCode(
            "Twilio could not transcribe it", recording.sid, may_bring_code=False
        )
    if recording.text is None:
        return CallWithoutCode("Twilio has not transcribed it", recording.sid, may_bring_code=True)
    return CallWithoutCode("its transcription holds no code", recording.sid, may_bring_code=False)


def asked_at(waiting: Sequence[Number], method: CodeMethod) -> datetime | None:
    """When the first of those whose code comes this way was asked for."""
    asked = [
        number.facts.code_requested_at
        for number in waiting
        if number.facts.code_requested_at is not None
        and (number.facts.code_method == CodeMethod.VOICE) == (method is CodeMethod.VOICE)
    ]
    return min(asked).replace(microsecond=0) if asked else None


def no_call_brought_it(
    number: Number, waited_seconds: float, last: CallWithoutCode | None
) -> VendorRefused:
    """Meta was asked to call, and no code was understood; the recording is a person's to hear."""
    n = number.phone_number
    if last is None or last.recording_sid is None:
        came = f"{waited_seconds:.0f} s passed without a call" if last is None else last.why
        return VendorRefused(
            f"no code came in for {n}",
            reason=f"Meta was asked to call, and {came}",
            hint="run kapso-twilio reconcile to try again, or raise meta.code_timeout",
        )
    return VendorRefused(
        f"the call with the code for {n} was recorded, and not understood",
        reason=f"{last.why}: recording {last.recording_sid}",
        hint="listen to it in the Twilio console (Monitor, Call recordings), then:"
        f" kapso-twilio number verify {n} --code 123456",
    )
