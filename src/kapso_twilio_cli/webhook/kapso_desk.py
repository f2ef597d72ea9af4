"""Kapso's project events: answered at once, and acted on after a look at Kapso's API.

An event says that there is something to see, and no more: what is done follows from what Kapso
lists. So it does not matter in which order events come, or how often. What a stopped receiver has
not looked at, `reconcile` does.
"""

from __future__ import annotations

import asyncio
import logging

from aiohttp import web

from ..domain.kapso_event import KapsoEvent, NotAnEvent, parse_event
from ..domain.public_url import KAPSO_PATH
from ..errors import KapsoTwilioError
from ..operations.receiving.kapso_events import Seen, is_new_event, look_at
from ..project import Project
from .intake import Intake, read_body, refused

_LOOKS = 6
_LONGEST_PAUSE_SECONDS = 600.0
_SHORTEST_PAUSE_SECONDS = 1.0

_log = logging.getLogger(__name__)


class KapsoDesk:
    """What one project's receiver does with what Kapso sends."""

    def __init__(self, project: Project, intake: Intake) -> None:
        self._project = project
        self._intake = intake
        self._signature = project.kapso_signature()
        self._looks: set[asyncio.Task[None]] = set()

    def reread_secret(self) -> None:
        """Use the webhook secret that is there now; what cannot be read raises."""
        self._signature = self._project.kapso_signature()

    async def event(self, request: web.Request) -> web.Response:
        """Take in an event; it is answered before anything is done about it."""
        source = self._intake.let_in(request)
        body = await read_body(request, KAPSO_PATH, source)
        self._require_signed(request, body, source)
        try:
            event = parse_event(body, request.headers.get("X-Webhook-Event"))
        except NotAnEvent as problem:
            _log.warning("%s: noted, and nothing done: %s", KAPSO_PATH, problem)
            return web.json_response({"status": "ignored"})
        key = request.headers.get("X-Idempotency-Key")
        try:
            is_new = await asyncio.to_thread(is_new_event, self._project, key)
        except KapsoTwilioError as error:
            _log.warning("an event could not be noted: %s: %s", error.message, error.reason)
            raise web.HTTPServiceUnavailable from None
        if is_new:
            self._beside(event)
        return web.json_response({"status": "ok" if is_new else "known"})

    def stop(self) -> None:
        """Look no more."""
        for task in self._looks:
            task.cancel()

    def _require_signed(self, request: web.Request, body: bytes, source: str) -> None:
        if self._signature is None:
            hint = "no kapso_webhook_secret is set: kapso-twilio webhook register"
            raise refused(KAPSO_PATH, source, hint)
        problem = self._signature.problem(body, request.headers.get("X-Webhook-Signature"))
        if problem is not None:
            raise refused(KAPSO_PATH, source, problem)

    def _beside(self, event: KapsoEvent) -> None:
        task = asyncio.get_running_loop().create_task(self._follow(event))
        self._looks.add(task)
        task.add_done_callback(self._looks.discard)

    def _look(self, event: KapsoEvent) -> Seen:
        """Look by the settings and secrets of now: a policy may have changed since the start."""
        with self._project.anew() as current:
            return look_at(current, event)

    async def _follow(self, event: KapsoEvent) -> None:
        """Look, and look again while what the event tells is not there yet to be seen."""
        if not event.is_known:
            _log.warning("event %s is not known here: noted, and nothing done", event.name)
            return
        apart = self._project.config.onboarding.removal_confirmed_after.total_seconds()
        pause = max(_SHORTEST_PAUSE_SECONDS, apart + 0.1)
        for _ in range(_LOOKS):
            try:
                seen = await asyncio.to_thread(self._look, event)
            except KapsoTwilioError as error:
                _log.warning("event %s: %s: %s", event.name, error.message, error.reason)
                return  # the next reconcile looks at all of them
            if seen is not Seen.NOT_YET:
                _log.info("event %s: %s", event.name, seen)
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        _log.warning("event %s: Kapso does not show it; reconcile will tell", event.name)
