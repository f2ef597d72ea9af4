"""Calls that come in on the account's numbers: who answers, what was recorded and understood.

Sources: twilio.com/docs, the resources IncomingPhoneNumber, Call, Recording and Transcription (read
2026-11-22). One request for each of the last three serves every number that waits for a call.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from ..domain.phone_number import PhoneNumber
from .twilio_client import TwilioAnswer, TwilioClient
from .twilio_errors import NOT_FOUND, translated

_PAGE_SIZE = 1000
_UNDER_WAY = frozenset({"queued", "ringing", "in-progress"})


class VoiceSettings(msgspec.Struct, frozen=True):
    """Who answers a number's calls. An application or a trunk takes them away from the URL."""

    url: str = ""
    method: str = "POST"
    application_sid: str = ""
    trunk_sid: str = ""


@dataclass(frozen=True)
class Answering:
    """What Twilio says of a number's calls."""

    settings: VoiceSettings
    takes_calls: bool


@dataclass(frozen=True)
class InboundCall:
    """A call that came in on one of the account's numbers."""

    sid: str
    to: PhoneNumber
    began_at: datetime
    """By this host's clock: the latest that it may have been."""
    is_over: bool


@dataclass(frozen=True)
class CallRecording:
    """A recorded call. `text` is what was understood of it, once that is known."""

    sid: str
    call_sid: str
    recorded_at: datetime
    """By this host's clock: the latest that it may have been."""
    text: str | None = None
    has_failed: bool = False
    """Twilio could not transcribe it."""


class TwilioCalls:
    """The calls of one account."""

    def __init__(self, client: TwilioClient) -> None:
        self._clock = client.clock
        self._account = client.sdk.api.v2010.account

    def answering(self, sid: str) -> Answering | None:
        """Who answers the number with this SID, or None when the account has no such number."""
        with translated(f"read {sid}"):
            try:
                found = self._account.incoming_phone_numbers(sid).fetch()
            except TwilioAnswer as answer:
                if answer.code != NOT_FOUND:
                    raise
                return None
            settings = VoiceSettings(
                url=found.voice_url or "",
                method=found.voice_method or "POST",
                application_sid=found.voice_application_sid or "",
                trunk_sid=found.trunk_sid or "",
            )
            return Answering(settings, _takes_calls(found.capabilities))

    def answer_with(self, sid: str, settings: VoiceSettings, *, instead_of: VoiceSettings) -> None:
        """Let these settings answer the number's calls. Doing it twice is doing it once.

        A trunk is named only where one comes or goes: to name it empties the application.
        """
        sent = {"voice_url": settings.url, "voice_method": settings.method}
        if settings.trunk_sid != instead_of.trunk_sid:
            sent["trunk_sid"] = settings.trunk_sid
        if settings.application_sid != instead_of.application_sid:
            sent["voice_application_sid"] = settings.application_sid
        with translated(f"set who answers the calls of {sid}"):
            self._account.incoming_phone_numbers(sid).update(**sent)

    def since(self, moment: datetime) -> list[InboundCall]:
        """Every inbound call that began at or after `moment`, in no order.

        Some that began up to two seconds before it are among them.
        """
        with translated("list calls"):
            found = self._account.calls.list(
                start_time_after=self._day(moment), page_size=_PAGE_SIZE
            )
            calls = [self._inbound(call) for call in found if call.direction == "inbound"]
        return [call for call in calls if call.began_at >= moment]

    def recordings_since(self, moment: datetime) -> list[CallRecording]:
        """Every recording that was made at or after `moment`, with what was understood of it."""
        with translated("list recordings"):
            found = self._account.recordings.list(
                date_created_after=self._day(moment), page_size=_PAGE_SIZE
            )
            recordings = [self._recording(one) for one in found]
            young = [one for one in recordings if one.recorded_at >= moment]
            texts = (
                {one.recording_sid: one for one in self._transcriptions(moment)} if young else {}
            )
            return [_with_text(one, texts.get(one.sid)) for one in young]

    def _transcriptions(self, moment: datetime) -> Iterator[Any]:
        """Those since `moment`: they cannot be asked for by date, and the newest come first."""
        for one in self._account.transcriptions.stream(page_size=_PAGE_SIZE):
            if self._clock.by_host(one.date_created) < moment:
                return
            yield one

    def _day(self, moment: datetime) -> datetime:
        """Midnight before `moment`: finer filters are not documented to work."""
        there = self._clock.by_vendor(moment)
        return there.replace(hour=0, minute=0, second=0, microsecond=0)

    def _inbound(self, call: Any) -> InboundCall:
        # start_time is null while it rings.
        return InboundCall(
            sid=call.sid,
            to=PhoneNumber(call.to),
            began_at=self._clock.by_host(call.start_time or call.date_created),
            is_over=str(call.status) not in _UNDER_WAY,
        )

    def _recording(self, one: Any) -> CallRecording:
        return CallRecording(one.sid, one.call_sid, self._clock.by_host(one.date_created))


def _with_text(one: CallRecording, found: Any | None) -> CallRecording:
    if found is None:
        return one
    text = (found.transcription_text or "") if str(found.status) == "completed" else None
    has_failed = str(found.status) == "failed"
    return CallRecording(one.sid, one.call_sid, one.recorded_at, text, has_failed)


def _takes_calls(found: Any) -> bool:
    # The SDK gives a mapping or an object.
    pairs = found.items() if hasattr(found, "items") else vars(found or object).items()
    return {str(key).casefold(): bool(value) for key, value in pairs}.get("voice", False)
