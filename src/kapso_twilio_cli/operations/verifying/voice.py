"""Who answers a number's calls while its code comes by voice, and before, and after.

What answered before is written into the inventory before anything is changed at Twilio, so that it
can be put back however the run ends: by the run itself, or by the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ...domain.number import Number
from ...domain.public_url import is_receivers
from ...errors import (
    Concerns,
    CredentialsError,
    Locked,
    StateError,
    VendorRefused,
    VendorUnavailable,
)
from ...project import Project
from .code_ways import Way

if TYPE_CHECKING:
    from ...gateways.twilio_calls import VoiceSettings


def listen(project: Project, number: Number, way: Way) -> Number:
    """Let the way's URL answer the number's calls; VendorRefused where it takes none."""
    from ...gateways.twilio_calls import VoiceSettings

    if number.facts.voice_before is not None and _put_back(project, number) is not None:
        number = _remember(project, number, None)
    found = project.twilio.calls.answering(number.sid)
    if found is None or not found.takes_calls:
        raise VendorRefused(
            f"no code can be called in on {number.phone_number}",
            reason="Twilio says that the number is not there"
            if found is None
            else "Twilio says that the number takes no calls, and its code does not come by SMS",
            hint=f"kapso-twilio number show {number.phone_number}",
            concerns=Concerns.NUMBER,
        )
    ours = VoiceSettings(way.voice_url or "", way.voice_url_method)
    kept = msgspec.json.encode({"before": found.settings, "ours": ours}).decode()
    number = _remember(project, number, kept)
    project.twilio.calls.answer_with(number.sid, ours, instead_of=found.settings)
    return number


def try_to_put_back(project: Project, numbers: Sequence[Number]) -> None:
    """Put back what can be now; what cannot, the next run does, and `status` shows it till then.

    What is not there yet may be a request of ours that is still on its way: that is left too.
    """
    for number in numbers:
        try:
            with project.inventory.read() as session:
                current = session.numbers.get(number.id)
            if current.facts.voice_before is not None and _put_back(project, current):
                _remember(project, current, None)
        except VendorRefused:
            continue
        except (VendorUnavailable, CredentialsError, StateError, Locked):
            return  # the others would meet it too


def put_back_left(project: Project) -> list[Number]:
    """Put back what runs that were broken off have left; gives the numbers.

    The caller holds the lock for mass work, so no code is under way.
    """
    with project.inventory.read() as session:
        left = session.stock.with_voice_before()
    if project.is_rehearsal:
        return left
    done = []
    for number in left:
        try:
            was_ours = _put_back(project, number)
            if was_ours is None:
                continue  # it may be found again, with our settings on it
            put_back = _remember(project, number, None)
            if was_ours:
                done.append(put_back)
        except VendorRefused:
            continue
        except (VendorUnavailable, CredentialsError):
            break  # `status` shows what is left
    return done


def keep_recording(project: Project, number: Number, recording_sid: str) -> Number:
    """Write down which recording a person may listen to."""
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        if current.state is not number.state or current.facts.recording_sid == recording_sid:
            return current
        facts = replace(current.facts, recording_sid=recording_sid)
        changed = replace(current, facts=facts)
        return tx.numbers.save(changed, "code_recorded", project.now(), detail=recording_sid)


def is_answered_by_a_receiver(number: Number) -> bool:
    """Whether this number's calls were given to a receiver, while its code comes by one."""
    return is_receivers(answered_by(number) or "")


def answered_by(number: Number) -> str | None:
    """The URL that answers the number's calls while its code comes by one."""
    return None if number.facts.voice_before is None else _kept(number)[1].url


def _put_back(project: Project, number: Number) -> bool | None:
    """Put back what was before; False where what answers now is not what this program set.

    None where Twilio says that the number is not there.
    """
    before, ours = _kept(number)
    calls = project.twilio.calls
    found = calls.answering(number.sid)
    if found is None:
        return None
    if found.settings.url != ours.url:
        return False
    now = found.settings
    # Somebody may have given it an application or a trunk since, which is none of ours.
    calls.answer_with(
        number.sid,
        replace(
            before,
            application_sid=now.application_sid or before.application_sid,
            trunk_sid=now.trunk_sid or before.trunk_sid,
        ),
        instead_of=now,
    )
    return True


def _kept(number: Number) -> tuple[VoiceSettings, VoiceSettings]:
    from ...gateways.twilio_calls import VoiceSettings

    assert number.facts.voice_before is not None
    kept = msgspec.json.decode(number.facts.voice_before, type=dict[str, VoiceSettings])
    return kept["before"], kept["ours"]


def _remember(project: Project, number: Number, voice_before: str | None) -> Number:
    kind = "voice_url_put_back" if voice_before is None else "voice_url_set"
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        facts = replace(current.facts, voice_before=voice_before)
        return tx.numbers.save(replace(current, facts=facts), kind, project.now())
