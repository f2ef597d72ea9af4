"""Pings as Healthchecks has them: an address is called when something begins, and when it ends.

The address may hold a token. It enters no log, no error and no traceback.

Source: https://healthchecks.io/docs/http_api/ (read 2026-11-24).
"""

from __future__ import annotations

from enum import StrEnum
from threading import Thread

import requests
import urllib3.exceptions

_TIMEOUT_SECONDS = 10.0


class Moment(StrEnum):
    """What the address is called for, as what is added to it."""

    START = "/start"
    SUCCESS = ""
    FAIL = "/fail"


def ping(url: str, moment: Moment, body: str | None = None) -> str | None:
    """Call the address once; None where it answered well, else why not, in words.

    Never raises, and takes ten seconds at most.
    """
    answers: list[str | None] = []
    address = url.rstrip("/") + moment
    # A look-up of the name, and an answer that comes byte by byte, know no time-out of their own.
    thread = Thread(target=lambda: answers.append(_call(address, body)), daemon=True)
    thread.start()
    thread.join(_TIMEOUT_SECONDS)
    return answers[0] if answers else _too_late()


def _call(url: str, body: str | None) -> str | None:
    try:
        answer = requests.request(
            "GET" if body is None else "POST",
            url,
            data=None if body is None else body.encode(),
            headers={"Content-Type": "text/plain; charset=utf-8"} if body is not None else None,
            timeout=_TIMEOUT_SECONDS,
            allow_redirects=False,  # the token is for the host that was named
            stream=True,  # what it says is not read
        )
    except requests.Timeout:
        return _too_late()
    except requests.exceptions.SSLError:
        return "the TLS connection could not be made"
    except requests.ConnectionError:
        return "it cannot be reached"
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError):
        return "it could not be called"
    answer.close()
    return None if answer.status_code < 300 else f"it answered HTTP {answer.status_code}"


def _too_late() -> str:
    return f"no answer within {_TIMEOUT_SECONDS:g} s"
