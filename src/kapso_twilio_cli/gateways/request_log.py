"""What the log says of a request: vendor, method, path, status, how long it took, the vendor's id.

Never a query, a header or a body: numbers, codes and secrets stand there. What changes something
is told by `-v`; what only reads, and what is sent again, by `-vv`.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import urlsplit

import requests
import stamina

_log = logging.getLogger(__name__)

# Of Twilio (its docs, "usage/twilios-response"), Meta (the first is `fbtrace_id` of its errors) and
# Kapso: what their support asks for (read 2026-11-24).
_REQUEST_IDS = ("Twilio-Request-Id", "x-fb-trace-id", "x-fb-request-id", "X-Request-Id")
_LIKE_AN_ID = re.compile(r"[\w.:/+=-]{1,100}", re.ASCII)


def tell_answer(vendor: str, method: str, response: requests.Response) -> None:
    """Say how a request was answered."""
    level = _level(method)
    if not _log.isEnabledFor(level):
        return
    path, ms = _path(response.url), round(response.elapsed.total_seconds() * 1000)
    facts = {
        "vendor": vendor,
        "method": method,
        "path": path,
        "status": response.status_code,
        "ms": ms,
        "request_id": request_id(response),
    }
    words = "%s %s %s: %d, %d ms"
    _log.log(level, words, vendor, method, path, response.status_code, ms, extra={"facts": facts})


def tell_failure(vendor: str, method: str, url: str, why: str, seconds: float) -> None:
    """Say why a request has no answer."""
    path, ms = _path(url), round(seconds * 1000)
    facts = {"vendor": vendor, "method": method, "path": path, "ms": ms}
    words = "%s %s %s: %s, %d ms"
    _log.log(_level(method), words, vendor, method, path, why, ms, extra={"facts": facts})


def tell_wait(vendor: str, why: str, seconds: float) -> None:
    """Say that a request is sent again, when and why."""
    _log.debug("%s: %s; it is asked again in %.1f s", vendor, why, seconds)


def tell_repeat(details: stamina.instrumentation.RetryDetails) -> None:
    """Say that stamina repeats a GET."""
    _log.debug("%s; it is asked again in %.1f s", details.caused_by, details.wait_for)


def request_id(response: requests.Response) -> str | None:
    """The vendor's own id of the request; None where its answer has none."""
    found = next((response.headers[name] for name in _REQUEST_IDS if name in response.headers), "")
    return found if _LIKE_AN_ID.fullmatch(found) else None


def _level(method: str) -> int:
    return logging.DEBUG if method == "GET" else logging.INFO


def _path(url: str) -> str:
    return urlsplit(url).path
