"""The receiver's desk: every request is counted, bounded and held against Twilio's signature.

What is refused is logged with where it came from and why: never its body, its query or a secret.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import Callable, Mapping

from aiohttp import web

from ..config.loading import load
from ..config.model import VoiceSettings
from ..domain.public_url import SMS_PATH, TRANSCRIPTION_PATH, VOICE_PATH, PublicUrl
from ..domain.twiml import recording_twiml
from ..errors import KapsoTwilioError
from ..gateways.twilio_signature import NotFromTwilio, SignedRequest
from ..operations.receive import Reception, receive_call, receive_sms, receive_transcription
from ..project import Project
from .rate import Door

BODY_BYTES_AT_MOST = 64 * 1024
_BODY_SECONDS = 5.0
_SAY_FLOODED_SECONDS = 60.0
_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_NOTHING_TO_DO = "<Response/>"

_Receive = Callable[[Project, Mapping[str, str], str | None], Reception]

_log = logging.getLogger(__name__)


class Desk:
    """What one project's receiver does with a request."""

    def __init__(self, project: Project, public_url: PublicUrl) -> None:
        self._project = project
        self._public_url = public_url
        self._signature = project.twilio_signature()
        self._door = Door(time.monotonic())
        self._said_flooded_at = -_SAY_FLOODED_SECONDS

    def routes(self) -> list[web.RouteDef]:
        """The receiver's paths, as a proxy passes them on: with the public prefix, or without."""
        routes = []
        for prefix in {"", self._public_url.prefix}:
            routes.append(web.get(f"{prefix}/healthz", self.healthz))
            routes.append(web.post(f"{prefix}{SMS_PATH}", self.sms))
            routes.append(web.post(f"{prefix}{VOICE_PATH}", self.voice))
            routes.append(web.post(f"{prefix}{TRANSCRIPTION_PATH}", self.transcription))
        return routes

    async def reread_secrets(self) -> None:
        """Use the auth token that is there now; where none can be read, the one of before."""
        try:
            self._signature = await asyncio.to_thread(self._project.twilio_signature)
        except KapsoTwilioError as error:
            _log.warning("the secrets could not be read again: %s", error.message)
        else:
            _log.warning("the secrets were read again")

    async def healthz(self, request: web.Request) -> web.Response:
        """Say that the receiver is alive; needs no signature, and tells nothing else."""
        self._let_in(request)
        return web.json_response({"status": "ok"})

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
        source = self._let_in(request)
        signed = await _read(request, source, path, self._public_url)
        try:
            fields = self._signature.fields(signed)
        except NotFromTwilio as problem:
            raise _refused(path, source, str(problem)) from None
        delivery = request.headers.get("I-Twilio-Idempotency-Token")
        try:
            became = await asyncio.to_thread(receive, self._project, fields, delivery)
        except KapsoTwilioError as error:
            _log.warning("%s could not be taken in: %s: %s", path, error.message, error.reason)
            raise web.HTTPServiceUnavailable from None
        _log.info("%s from Twilio: %s", path, became)
        if became in (Reception.REPLAYED, Reception.UNREADABLE):
            raise _refused(path, source, _WHY[became])
        if became is Reception.STRANGER:
            _log.warning("%s: it came in for a number that is not the project's", path)
        return became

    def _voice_settings(self) -> VoiceSettings:
        """The key and the delay that are set now: they may have been changed since the start."""
        try:
            return load(self._project.path, name=self._project.name).voice
        except KapsoTwilioError as error:
            _log.warning("the settings of before are used: %s", error.message)
            return self._project.config.voice

    def _let_in(self, request: web.Request) -> str:
        """Where the request comes from; refused with 429 where that sends too many."""
        source, now = _source(request), time.monotonic()
        if self._door.lets_in(source, now):
            return source
        if now - self._said_flooded_at >= _SAY_FLOODED_SECONDS:
            self._said_flooded_at = now
            _log.warning("too many requests, the last of them from %s: 429", source)
        raise web.HTTPTooManyRequests(headers={"Retry-After": "1"})


_WHY = {
    Reception.REPLAYED: "it was delivered before, and this is no retry of Twilio's",
    Reception.UNREADABLE: "it lacks a SID or a number",
}


async def _read(
    request: web.Request, source: str, path: str, public_url: PublicUrl
) -> SignedRequest:
    """Read the whole request, within bounds."""
    try:
        body = await asyncio.wait_for(request.read(), _BODY_SECONDS)
    except web.HTTPRequestEntityTooLarge:
        _log.warning("refused %s from %s: more than %d bytes", path, source, BODY_BYTES_AT_MOST)
        raise
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    if not request.raw_path.startswith("/"):
        raise _refused(path, source, "its target is no path")
    return SignedRequest(
        url=public_url.called(request.raw_path),
        content_type=request.content_type,
        body=body,
        signature=request.headers.get("X-Twilio-Signature"),
        settings=request.headers.get("X-Twilio-Webhooks-Signature-Settings"),
    )


def _refused(path: str, source: str, why: str) -> web.HTTPForbidden:
    _log.warning("refused %s from %s: %s", path, source, why)
    return web.HTTPForbidden()


def _twiml(text: str) -> web.Response:
    return web.Response(text=f"{_XML}{text}", content_type="text/xml")


def _source(request: web.Request) -> str:
    """The address that the request comes from; behind a proxy on this host, the one it names."""
    peer = request.remote or "nowhere"
    named = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    try:
        if named and ipaddress.ip_address(peer).is_loopback:
            return str(ipaddress.ip_address(named))
    except ValueError:
        pass
    return peer
