"""Run the receiver: listen, say so, and stop gracefully."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from ..domain.public_url import PublicUrl
from ..errors import Locked, StateError
from ..inventory.arrivals import Arrivals
from ..operations.receiving.receiver import being_receiver
from ..project import Project
from .desk import Desk
from .intake import BODY_BYTES_AT_MOST

_DRAIN_SECONDS = 10.0
_SWEEP_SECONDS = 10.0


class Place(msgspec.Struct, frozen=True):
    """Where the receiver listens, and where Twilio reaches it."""

    host: str
    port: int
    """0 takes any free one."""
    public_url: PublicUrl


class Listening(msgspec.Struct, frozen=True):
    """What is said when requests are answered."""

    url: str
    public_url: str
    sms_url: str
    voice_url: str
    kapso_url: str
    healthz: str


def serve(project: Project, place: Place, *, on_ready: Callable[[Listening], None]) -> None:
    """Serve until SIGINT or SIGTERM; what is under way then is finished. SIGHUP rereads secrets.

    Raises CredentialsError without an auth token, StateError when there is no inventory or the port
    is taken, and Locked when the project has a receiver already.
    """
    _ = project.inventory  # without one there is nothing to receive for
    desk = Desk(project, place.public_url)
    with being_receiver(project, place.public_url):
        store = Arrivals(project.inventory_path.parent)
        store.create()
        store.forget_old(project.now())  # what one that was killed left behind
        try:
            asyncio.run(_until_signalled(project, place, desk, on_ready))
        finally:
            store.forget_all()  # nobody is left who would delete the codes in time


class _UnderWay:
    """The requests that are not answered yet.

    The web server's own way of stopping gives up those whose body has not come completely.
    """

    def __init__(self) -> None:
        self._requests = 0
        self._none = asyncio.Event()
        self._none.set()

    @web.middleware
    async def count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note a request while it is worked on."""
        self._requests += 1
        self._none.clear()
        try:
            return await handler(request)
        finally:
            self._requests -= 1
            if self._requests == 0:
                self._none.set()

    async def finished(self) -> None:
        """Wait until each has its answer, but not for ever."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._none.wait(), _DRAIN_SECONDS)


async def _until_signalled(
    project: Project, place: Place, desk: Desk, on_ready: Callable[[Listening], None]
) -> None:
    stopped, rereads = asyncio.Event(), set[asyncio.Task[None]]()
    loop = asyncio.get_running_loop()

    def reread() -> None:
        task = loop.create_task(desk.reread_secrets())
        rereads.add(task)
        task.add_done_callback(rereads.discard)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    loop.add_signal_handler(signal.SIGHUP, reread)
    under_way = _UnderWay()
    app = web.Application(client_max_size=BODY_BYTES_AT_MOST, middlewares=[under_way.count])
    app.add_routes(desk.routes())
    runner = web.AppRunner(
        app, access_log=None, logger=_http_log(), shutdown_timeout=_DRAIN_SECONDS
    )
    await runner.setup()
    sweeper = loop.create_task(_sweep(project))
    try:
        on_ready(await _listen(runner, place))
        await stopped.wait()
    finally:
        sweeper.cancel()
        desk.stop()
        for site in runner.sites:
            await site.stop()
        await under_way.finished()
        await runner.cleanup()


def _http_log() -> logging.Logger:
    """The log of the web server, without what it quotes of requests that are no HTTP."""
    log = logging.getLogger(f"{__name__}.http")
    log.addFilter(_is_no_quotation)
    return log


def _is_no_quotation(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


async def _sweep(project: Project) -> None:
    """Delete codes when they are too old, also when nothing comes in."""
    store = Arrivals(project.inventory_path.parent)
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        with suppress(StateError, Locked):
            await asyncio.to_thread(store.forget_old, project.now())


async def _listen(runner: web.AppRunner, place: Place) -> Listening:
    try:
        await web.TCPSite(runner, place.host, place.port).start()
    except OSError as error:
        raise StateError(
            f"the receiver cannot listen on {place.host}, port {place.port}",
            reason=error.strerror,
            hint="choose another --port or --host, or stop what listens there",
        ) from error
    host = f"[{place.host}]" if ":" in place.host else place.host
    return Listening(
        url=f"http://{host}:{runner.addresses[0][1]}",
        public_url=str(place.public_url),
        sms_url=place.public_url.sms_url,
        voice_url=place.public_url.voice_url,
        kapso_url=place.public_url.kapso_url,
        healthz=f"{place.public_url}/healthz",
    )
