"""Calls: who answers, what is recorded, and what a transcription understands of it.

Twilio asks a number's VoiceUrl what to do. An echo URL carries its own answer; one on this machine
is asked (see `delivery`); whatever else it is, nothing leaves this machine, and nobody answers.
"""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from urllib.parse import unquote_plus

from .options import CodeMode
from .state import OwnedNumber, PhoneCall, Recording, TranscriptionStatus
from .world import Ringing, World, on_this_machine

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_CALLER = "+18885550100"
_TRANSCRIBED: dict[CodeMode, TranscriptionStatus] = {
    "unheard": "failed",
    "untranscribed": "in-progress",
}


def call_with_code(
    world: World, owned: OwnedNumber, code: str, mode: CodeMode, at: datetime
) -> None:
    """Ring the number. An application or a trunk takes the call away from the VoiceUrl."""
    call = _new_call(world, owned, _CALLER, at)
    settings = owned.settings
    if settings.get("voice_application_sid") or settings.get("trunk_sid"):
        return
    url = settings.get("voice_url", "")
    if on_this_machine(url):
        world.ringing.append(Ringing(call, url, code, mode))
    else:
        answer(world, call, unquote_plus(url), code, mode)


def answer(
    world: World, call: PhoneCall, twiml: str, code: str, mode: CodeMode
) -> Recording | None:
    """Do as the TwiML says. Only one that records leaves a recording; only a key gets the code."""
    if "<Record" not in twiml:
        return None
    said = _say(code, 2 if mode == "words" else len(world.account.recordings))
    spoken = "To hear your verification code, press zero."
    if _pressed(twiml) == "0" and mode != "keyless":
        spoken = " ".join([f"Verification code is {said}."] * 3)
    status: TranscriptionStatus | None = None
    if attribute(twiml, "transcribe") == "true":
        status = _TRANSCRIBED.get(mode, "completed")
    return _record(world, call, spoken, status)


def ring(
    world: World,
    owned: OwnedNumber,
    sender: str,
    at: datetime,
    *,
    spoken: str | None,
    status: TranscriptionStatus | None,
) -> PhoneCall:
    """Let a call come in that is recorded. `spoken` is what a transcription says."""
    call = _new_call(world, owned, sender, at)
    _record(world, call, spoken, status)
    return call


def attribute(twiml: str, name: str) -> str | None:
    """The value of the first attribute of that name."""
    found = re.search(rf'\b{name}="([^"]*)"', twiml)
    return unescape(found[1]) if found else None


def _new_call(world: World, owned: OwnedNumber, sender: str, at: datetime) -> PhoneCall:
    account = world.account
    call = PhoneCall(account.draw_sid("CA"), account.next_order(), owned.phone_number, sender, at)
    account.calls.append(call)
    return call


def _record(
    world: World, call: PhoneCall, spoken: str | None, status: TranscriptionStatus | None
) -> Recording:
    account = world.account
    recording = Recording(
        sid=account.draw_sid("RE"),
        order=account.next_order(),
        call_sid=call.sid,
        transcription_sid=account.draw_sid("TR"),
        transcription=spoken if status == "completed" else None,
        to=call.to,
        arrived_at=call.arrived_at,
        transcription_status=status,
    )
    account.recordings.append(recording)
    return recording


def _pressed(twiml: str) -> str:
    """The key that the TwiML presses; a `w` there is a pause."""
    return (attribute(twiml, "digits") or "").replace("w", "")


def _say(code: str, turn: int) -> str:
    """Write the code as transcriptions do: figures, spaced figures or words, in turn."""
    return (code, " ".join(code), " ".join(_WORDS[int(digit)] for digit in code))[turn % 3]
