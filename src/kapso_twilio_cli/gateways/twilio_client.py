"""The official SDK's client, with this program's HTTP below it.

Every request of the SDK passes through its `http_client`. There it is given time-outs, sent to
the sandbox if one is in use, and its error answers become one kind of exception: the SDK itself
has four (twilio-python 9.13, observed by running it).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from ..errors import VendorUnavailable
from .http import (
    READ_TIMEOUT_SECONDS,
    AnswerLost,
    Call,
    Http,
    is_json_object,
    retry_after_seconds,
)


@dataclass(frozen=True)
class TwilioAccount:
    """Whose account, and what to authenticate with: the API key pair, or the auth token."""

    account_sid: str
    username: str
    password: str = field(repr=False)


class TwilioAnswer(Exception):
    """A definite refusal: a 4xx with Twilio's own JSON and an integer code."""

    def __init__(
        self, status: int, code: int, message: str, *, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after_seconds = retry_after_seconds


class TwilioClient:
    """One account at Twilio, or at the stand-in under `base_url`; may be used by many threads."""

    def __init__(
        self,
        account: TwilioAccount,
        *,
        base_url: str | None,
        connections: int,
        timeout_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        self.account_sid = account.account_sid
        self._http = Http(
            "Twilio", base_url=base_url, connections=connections, timeout_seconds=timeout_seconds
        )
        self.clock = self._http.clock
        self.sdk = Client(
            account.username,
            account.password,
            account.account_sid,
            http_client=_Transport(self._http, base_url),
            # An empty mapping would make the SDK read TWILIO_REGION and TWILIO_EDGE.
            environment={"": ""},
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()


class _Transport(HttpClient):  # type: ignore[misc]
    """The SDK's seam: sends what the SDK prepared, and refuses what is no answer of Twilio's."""

    def __init__(self, http: Http, base_url: str | None) -> None:
        self._http = http
        self._base_url = base_url.rstrip("/") if base_url else None

    def request(
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: Any = None,
        allow_redirects: Any = None,
    ) -> Response:
        """Send a request of the SDK. Raises TwilioAnswer, AnswerLost or VendorUnavailable."""
        call = Call(method.upper(), self._redirected(url), params, data, None, headers, auth)
        answer = self._http.get(call) if call.method == "GET" else self._send_once(call)
        if not 200 <= answer.status_code < 300:  # redirects are not followed
            raise _refusal(call.method, answer)
        return Response(answer.status_code, answer.text, answer.headers)

    def _send_once(self, call: Call) -> requests.Response:
        answer = self._http.send_once(call)
        expects_json = answer.ok and answer.status_code != 204
        if expects_json and not is_json_object(answer.text):
            raise AnswerLost("the answer is not the JSON it should be")
        return answer

    def _redirected(self, url: str) -> str:
        if self._base_url is None:
            return url
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{self._base_url}{parts.path}{query}"


def _refusal(method: str, answer: requests.Response) -> Exception:
    status = answer.status_code
    try:
        body = json.loads(answer.text)
    except ValueError:
        body = None
    code = body.get("code") if isinstance(body, dict) else None
    # 408 and 5xx say nothing about what was done; an error page is some proxy's, not Twilio's.
    definite = 400 <= status < 500 and status != 408
    if isinstance(body, dict) and isinstance(code, int) and definite:
        message = str(body.get("message") or body.get("title") or "")
        return TwilioAnswer(status, code, message, retry_after_seconds=retry_after_seconds(answer))
    reason = f"it answered HTTP {status} without an error code of its own"
    if method != "GET":
        return AnswerLost(reason)
    return VendorUnavailable(
        "Twilio's answer cannot be read",
        reason=reason,
        hint="run the command again later; a proxy on the way may be the cause",
    )
