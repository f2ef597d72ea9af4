"""Twilio's requests, each held against Twilio's signature before anything else is done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from aiohttp import web

from ..config.loading import load
from ..config.model import VoiceSettings
from ..domain.public_url import SMS_PATH, TRANSCRIPTION_PATH, VOICE_PATH, PublicUrl
from ..domain.twiml import recording_twiml
from ..errors import KapsoTwilioError
from ..gateways.twilio_signature import NotFromTwilio, SignedRequest
from ..operations.receiving.receive import (
    Reception,
    receive_call,
    receive_sms,
    receive_transcription,
)
from ..project import Project
from .intake import Intake, read_body, refused

_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_NOTHING_TO_DO = "<Response/>"
_WHY = {
    Reception.REPLAYED: "it was delivered before, and this is no retry of Twilio's",
    Reception.UNREADABLE: "it lacks a SID or a number",
}

_Receive = Callable[[Project, Mapping[str, str], str | None], Reception]

_log = logging.getLogger(__name__)


class TwilioDesk:
    """What one project's receiver does with what Twilio sends."""

    def __init__(self, project: Project, public_url: PublicUrl, intake: Intake) -> None:
        self._project = project
        self._public_url = public_url
        self._intake = intake
        self._signature = project.twilio_signature()

    def reread_secret(self) -> None:
        """Use the auth token that is there now; what cannot be read raises."""
        self._signature = self._project.twilio_signature()

    async def sms(self, request: web.Request) -> web.Response:
        """Take in an SMS, and answer that there is nothing to do."""
        await self._take_in(request, SMS_PATH, receive_sms)
        return _twiml(_NOTHING_TO_DO)

    async def voice(self, request: web.Request) -> web.Response:
        """Answer a call: press the key, have it recorded, and the text of it sent here."""
        became = await self._take_in(request, VOICE_PATH, receive_call)
        if became is Reception.STRANGER:
            return _twiml(_NOTHING_TO_DO)
        voice = await asyncio.to_thread(self._voice_settings)
        told = self._public_url.transcription_url
        return _twiml(recording_twiml(voice.key, voice.delay_seconds, told))

    async def transcription(self, request: web.Request) -> web.Response:
        """Take in what was understood of a call."""
        await self._take_in(request, TRANSCRIPTION_PATH, receive_transcription)
        return _twiml(_NOTHING_TO_DO)

    async def _take_in(self, request: web.Request, path: str, receive: _Receive) -> Reception:
        """Hand on what Twilio signed; what is not Twilio's, or is replayed, is refused (403)."""
        source = self._intake.let_in(request)
        body = await read_body(request, path, source)
        if not request.raw_path.startswith("/"):
            raise refused(path, source, "its target is no path")
        try:
            fields = self._signature.fields(self._signed(request, body))
        except NotFromTwilio as problem:
            raise refused(path, source, str(problem)) from None
        delivery = request.headers.get("I-Twilio-Idempotency-Token")
        try:
            became = await asyncio.to_thread(receive, self._project, fields, delivery)
        except KapsoTwilioError as error:
            _log.warning("%s could not be taken in: %s: %s", path, error.message, error.reason)
            raise web.HTTPServiceUnavailable from None
        _log.info("%s from Twilio: %s", path, became)
        if became in (Reception.REPLAYED, Reception.UNREADABLE):
            raise refused(path, source, _WHY[became])
        if became is Reception.STRANGER:
            _log.warning("%s: it came in for a number that is not the project's", path)
        return became

    def _signed(self, request: web.Request, body: bytes) -> SignedRequest:
        return SignedRequest(
            url=self._public_url.called(request.raw_path),
            content_type=request.content_type,
            body=body,
            signature=request.headers.get("X-Twilio-Signature"),
            settings=request.headers.get("X-Twilio-Webhooks-Signature-Settings"),
        )

    def _voice_settings(self) -> VoiceSettings:
        """The key and the delay that are set now: they may have been changed since the start."""
        try:
            return load(self._project.path, name=self._project.name).voice
        except KapsoTwilioError as error:
            _log.warning("the settings of before are used: %s", error.message)
            return self._project.config.voice


def _twiml(text: str) -> web.Response:
    return web.Response(text=f"{_XML}{text}", content_type="text/xml")
