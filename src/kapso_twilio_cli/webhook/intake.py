"""What every request to the receiver goes through: counted, bounded, and refused in one way.

What is refused is logged with where it came from and why: never its body, its query or a secret.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time

from aiohttp import web

from .rate import Door

BODY_BYTES_AT_MOST = 64 * 1024
_BODY_SECONDS = 5.0
_SAY_FLOODED_SECONDS = 60.0

_log = logging.getLogger(__name__)


class Intake:
    """The one door of a receiver."""

    def __init__(self) -> None:
        self._door = Door(time.monotonic())
        self._said_flooded_at = -_SAY_FLOODED_SECONDS

    def let_in(self, request: web.Request) -> str:
        """Where the request comes from; refused with 429 where that sends too many."""
        source, now = _source(request), time.monotonic()
        if self._door.lets_in(source, now):
            return source
        if now - self._said_flooded_at >= _SAY_FLOODED_SECONDS:
            self._said_flooded_at = now
            _log.warning("too many requests, the last of them from %s: 429", source)
        raise web.HTTPTooManyRequests(headers={"Retry-After": "1"})


async def read_body(request: web.Request, path: str, source: str) -> bytes:
    """The whole body, within bounds."""
    try:
        return await asyncio.wait_for(request.read(), _BODY_SECONDS)
    except web.HTTPRequestEntityTooLarge:
        _log.warning("refused %s from %s: more than %d bytes", path, source, BODY_BYTES_AT_MOST)
        raise
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


def refused(path: str, source: str, why: str) -> web.HTTPForbidden:
    """The refusal of a request that is not proven to be the vendor's, or is replayed."""
    _log.warning("refused %s from %s: %s", path, source, why)
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
