"""Kapso's Platform API over HTTP: the key, errors in our words, lists read to their end.

Source: docs.kapso.ai, Platform API 0.2.0 (read 2026-11-22): errors are `{"error": "text"}`; lists
tell how many pages and entries there are.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from requests.auth import AuthBase

from ..errors import CredentialsError, VendorRefused, VendorUnavailable
from .http import AnswerLost, Call, Http, is_json_object, retry_after_seconds
from .request_log import tell_wait

REAL_URL = "https://api.kapso.ai"
_PER_PAGE = 100
_TIMED_OUT, _BUSY = 408, 429
_TRIES = 3
_PAUSE_SECONDS = 1.0


class NotAtKapso(VendorRefused):
    """Kapso says that there is no such thing (404)."""


class KapsoClient:
    """One project's key at Kapso, or at the stand-in under `base_url`."""

    def __init__(self, api_key: str, *, base_url: str | None, timeout_seconds: float) -> None:
        self._base = f"{base_url or REAL_URL}/platform/v1"
        self._auth = _ApiKey(api_key)
        self._http = Http(
            "Kapso", base_url=base_url, connections=2, timeout_seconds=timeout_seconds
        )
        self.clock = self._http.clock

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def read(self, path: str, **params: object) -> dict[str, Any]:
        """What a GET answers; NotAtKapso where there is no such thing."""
        call = Call("GET", f"{self._base}/{path}", params=params, auth=self._auth)
        return _answer(self._http.get(call))

    def listed(self, path: str, **params: object) -> Iterator[dict[str, Any]]:
        """Every entry of a list, over all pages.

        Raises VendorUnavailable where a page cannot be had, or fewer came than Kapso counts: what a
        broken listing lacks is not gone.
        """
        page, pages, came, total = 1, 1, 0, 0
        while page <= pages:
            body = self.read(path, **params, page=page, per_page=_PER_PAGE)
            entries, pages, total = _page(body)
            came += len(entries)
            yield from entries
            page += 1
        if came < total:
            raise unreadable(f"it lists {came} entries and counts {total}")

    def send(self, method: str, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """Send what changes something, once; only a request that was turned away (429) is repeated.

        Raises NotSent where nothing was sent, AnswerLost where the outcome is not known.
        """
        call = Call(method, f"{self._base}/{path}", json=body, auth=self._auth)
        for last in (False,) * (_TRIES - 1) + (True,):
            response = self._http.send_once(call)
            if response.status_code != _BUSY:
                break
            if last:
                raise VendorUnavailable(
                    "Kapso asks to wait",
                    reason="too many requests (HTTP 429)",
                    hint="nothing was done; run the command again in a minute",
                )
            pause = retry_after_seconds(response) or _PAUSE_SECONDS
            tell_wait("Kapso", "too many requests", pause)
            time.sleep(pause)
        is_down = response.status_code == _TIMED_OUT or response.status_code >= 500
        if is_down or not is_json_object(response.text):
            raise AnswerLost(f"it answered HTTP {response.status_code}, or not in JSON")
        return _answer(response)


class _ApiKey(AuthBase):
    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-API-Key"] = self._api_key
        return request


def answer_lost(what: str, error: AnswerLost) -> VendorUnavailable:
    """The error where the outcome of a request does not matter to money: to be repeated."""
    return VendorUnavailable(
        f"it is not known whether Kapso {what}",
        reason=str(error),
        hint="run the command again: it looks at what is there first",
    )


def _answer(response: requests.Response) -> dict[str, Any]:
    if response.status_code == 401:
        raise CredentialsError(
            "Kapso rejected the API key",
            reason=_error_text(response),
            hint="copy the project's key from Kapso, then: kapso-twilio auth set kapso_api_key",
        )
    if response.status_code == 404 and not is_json_object(response.text):
        raise unreadable("its 404 is a page of somebody's on the way")
    if response.status_code >= 400:
        refusal = NotAtKapso if response.status_code == 404 else VendorRefused
        raise refusal(
            "Kapso refused to answer",
            reason=f"{_error_text(response)} (HTTP {response.status_code})",
            hint="check the project's plan and key at Kapso",
        )
    body: dict[str, Any] = json.loads(response.text)
    return body


def _page(body: dict[str, Any]) -> tuple[list[dict[str, Any]], int, int]:
    """The entries of a page, how many pages there are, and how many entries on all of them."""
    try:
        meta = body["meta"]
        pages, total = int(meta["total_pages"] or 1), int(meta.get("total_count") or 0)
        entries = [dict(entry) for entry in body["data"]]
    except (LookupError, AttributeError, TypeError, ValueError) as error:
        # Not an empty page: that would say that there is nothing.
        raise unreadable(f"it lacks what it should hold ({type(error).__name__})") from error
    return entries, pages, total


def unreadable(reason: str) -> VendorUnavailable:
    """The error where an answer is not what it should be: nothing follows from it."""
    return VendorUnavailable(
        "Kapso's answer cannot be read",
        reason=reason,
        hint="run the command again later; a proxy on the way may be the cause",
    )


def _error_text(response: requests.Response) -> str:
    try:
        return str(json.loads(response.text)["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {response.status_code}"
