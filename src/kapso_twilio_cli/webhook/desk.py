"""The receiver's desks behind one door, and their paths."""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web

from ..domain.public_url import KAPSO_PATH, SMS_PATH, TRANSCRIPTION_PATH, VOICE_PATH, PublicUrl
from ..errors import KapsoTwilioError
from ..project import Project
from .intake import Intake
from .kapso_desk import KapsoDesk
from .twilio_desk import TwilioDesk

_log = logging.getLogger(__name__)


class Desk:
    """What one project's receiver does with a request."""

    def __init__(self, project: Project, public_url: PublicUrl) -> None:
        self._public_url = public_url
        self._intake = Intake()
        self._twilio = TwilioDesk(project, public_url, self._intake)
        self._kapso = KapsoDesk(project, self._intake)

    def routes(self) -> list[web.RouteDef]:
        """The receiver's paths, as a proxy passes them on: with the public prefix, or without."""
        routes = []
        for prefix in {"", self._public_url.prefix}:
            routes += [
                web.get(f"{prefix}/healthz", self.healthz),
                web.post(f"{prefix}{SMS_PATH}", self._twilio.sms),
                web.post(f"{prefix}{VOICE_PATH}", self._twilio.voice),
                web.post(f"{prefix}{TRANSCRIPTION_PATH}", self._twilio.transcription),
                web.post(f"{prefix}{KAPSO_PATH}", self._kapso.event),
            ]
        return routes

    async def reread_secrets(self) -> None:
        """Use the secrets that are there now; where one cannot be read, the one of before."""
        for desk in (self._twilio, self._kapso):
            try:
                await asyncio.to_thread(desk.reread_secret)
            except KapsoTwilioError as error:
                _log.warning("the secrets could not be read again: %s", error.message)
                return
        _log.warning("the secrets were read again")

    async def healthz(self, request: web.Request) -> web.Response:
        """Say that the receiver is alive; needs no signature, and tells nothing else."""
        self._intake.let_in(request)
        return web.json_response({"status": "ok"})

    def stop(self) -> None:
        """Begin nothing more."""
        self._kapso.stop()
