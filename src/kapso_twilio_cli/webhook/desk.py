"""The receiver's desk: every request is counted, bounded and held against Twilio's signature.

What is refused is logged with where it came from and why: never its body, its query or a secret.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time

from aiohttp import web

from ..domain.public_url import SMS_PATH, PublicUrl
from ..errors import KapsoTwilioError
from ..gateways.twilio_signature import NotFromTwilio, SignedRequest
from ..operations.receive import Reception, receive_sms
from ..project import Project
from .rate import Door

BODY_BYTES_AT_MOST = 64 * 1024
_BODY_SECONDS = 5.0
_SAY_FLOODED_SECONDS = 60.0
_NOTHING_TO_DO = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

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
        source = self._let_in(request)
        signed = await _read(request, source, self._public_url)
        try:
            fields = self._signature.fields(signed)
        except NotFromTwilio as problem:
            raise _refused(source, str(problem)) from None
        delivery = request.headers.get("I-Twilio-Idempotency-Token")
        try:
            became = await asyncio.to_thread(receive_sms, self._project, fields, delivery)
        except KapsoTwilioError as error:
            _log.warning("a message could not be taken in: %s: %s", error.message, error.reason)
            raise web.HTTPServiceUnavailable from None
        _log.info("SMS from Twilio: %s", became)
        if became in (Reception.REPLAYED, Reception.UNREADABLE):
            raise _refused(source, _WHY[became])
        if became is Reception.STRANGER:
            _log.warning("%s: an SMS came in for a number that is not the project's", SMS_PATH)
        return web.Response(text=_NOTHING_TO_DO, content_type="text/xml")

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
    Reception.UNREADABLE: "it lacks a MessageSid or a number",
}


async def _read(request: web.Request, source: str, public_url: PublicUrl) -> SignedRequest:
    """Read the whole request, within bounds."""
    try:
        body = await asyncio.wait_for(request.read(), _BODY_SECONDS)
    except web.HTTPRequestEntityTooLarge:
        _log.warning("refused %s from %s: more than %d bytes", SMS_PATH, source, BODY_BYTES_AT_MOST)
        raise
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    if not request.raw_path.startswith("/"):
        raise _refused(source, "its target is no path")
    return SignedRequest(
        url=public_url.called(request.raw_path),
        content_type=request.content_type,
        body=body,
        signature=request.headers.get("X-Twilio-Signature"),
        settings=request.headers.get("X-Twilio-Webhooks-Signature-Settings"),
    )


def _refused(source: str, why: str) -> web.HTTPForbidden:
    _log.warning("refused %s from %s: %s", SMS_PATH, source, why)
    return web.HTTPForbidden()


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
