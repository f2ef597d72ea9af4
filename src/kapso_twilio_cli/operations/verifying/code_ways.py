"""Which way a number's code is asked for: by SMS first, by voice where SMS does not bring it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from ...config.model import VoiceSettings
from ...domain.code_method import CodeMethod
from ...domain.country import Country
from ...domain.number import Number
from ...domain.twiml import echo_url, recording_twiml
from ...errors import Locked, StateError
from ...inventory.journal import SMS_BLANKED, SMS_MISSED, Entry
from ...inventory.store import Session
from ...project import Project
from ..receiving.receiver import Receiver, receiver_of

LATELY = timedelta(days=30)
"""So long it counts that SMS brought no code."""


class Way(msgspec.Struct, frozen=True):
    """One way to ask for a code."""

    method: CodeMethod
    voice_url: str | None = None
    """What answers the call that brings it; None by SMS."""
    voice_url_method: str = "GET"


BY_SMS = Way(CodeMethod.SMS)


def by_voice(settings: VoiceSettings, receiver: Receiver | None) -> Way:
    """A call that is recorded and transcribed: by the project's own URL, the receiver, or Twilio.

    Whoever answers it, the recording and its text are at Twilio too.
    """
    if settings.url is not None:
        return Way(CodeMethod.VOICE, settings.url, "POST")
    if receiver is not None:
        return Way(CodeMethod.VOICE, receiver.public_url.voice_url, "POST")
    twiml = recording_twiml(settings.key, settings.delay_seconds)
    return Way(CodeMethod.VOICE, echo_url(twiml))


class CodeWays:
    """The ways of one run, which learns: where SMS is seen to fail, later numbers go by voice.

    Written by the thread that runs the line, and read by its workers.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._config = project.config
        self._is_receiver_reached = True
        self._is_blanked = False
        self._missed_in: set[Country] = set()

    def of(self, number: Number) -> Way:
        """How this number's code is asked for."""
        wanted = self._config.code_method_in(number.country)
        sms_works = not self._is_blanked and number.country not in self._missed_in
        if wanted is CodeMethod.SMS and number.facts.can_receive_sms and sms_works:
            return BY_SMS
        return self.by_voice

    @property
    def by_voice(self) -> Way:
        """The way that is left when an SMS did not bring the code."""
        receiver = receiver_of(self._project) if self._is_receiver_reached else None
        return by_voice(self._config.voice, receiver)

    def note_receiver_not_reached(self) -> None:
        """A call came for the receiver and was not recorded: it cannot be reached from outside."""
        self._is_receiver_reached = False

    def note_blanked(self) -> None:
        """Twilio took the digits out of an SMS (30038): it does so on the whole account."""
        if not self._is_blanked:
            self._write_down(SMS_BLANKED, None)
        self._is_blanked = True

    def note_missed(self, country: Country) -> None:
        """A number got its code by voice, after no SMS had come: the country's next ones will."""
        if country not in self._missed_in:
            self._write_down(SMS_MISSED, country)
        self._missed_in.add(country)

    def _write_down(self, kind: str, detail: str | None) -> None:
        """So that the next run buys numbers that take calls; what cannot be written is no harm."""
        with suppress(StateError, Locked), self._project.inventory.write() as tx:
            tx.events.append(Entry(self._project.now(), kind, detail=detail))


def sms_failed_lately(session: Session, country: Country, now: datetime) -> bool:
    """Whether SMS came without codes lately, or did not come to numbers of the country."""
    since = now - LATELY
    if session.events.newest_of_kind(SMS_BLANKED, since):
        return True
    missed = session.events.newest_of_kind(SMS_MISSED, since)
    return any(event.detail == country for event in missed)
