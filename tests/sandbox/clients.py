"""Clients as users have them: Twilio's official SDK and plain HTTP, pointed at a sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from tests.vendors import RunningSandbox

TIMEOUT_SECONDS = 10.0


class RedirectedHttpClient(TwilioHttpClient):  # type: ignore[misc]  # the SDK is untyped
    """The SDK's own client, with every twilio.com host replaced by one base URL."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=TIMEOUT_SECONDS)
        self.base_url = base_url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        url = re.sub(r"^https://[a-z.]+\.twilio\.com", self.base_url, url)
        return super().request(method, url, *args, **kwargs)


@contextmanager
def twilio_client(sandbox: RunningSandbox, *, with_key: bool = False) -> Iterator[Client]:
    """Give the SDK's client, by the auth token or by the API key pair."""
    known = sandbox.credentials
    user, password = (
        (known["api_key_sid"], known["api_key_secret"])
        if with_key
        else (known["account_sid"], known["auth_token"])
    )
    http = RedirectedHttpClient(sandbox.url)
    try:
        yield Client(user, password, known["account_sid"], http_client=http)
    finally:
        http.session.close()


def refusal(error: TwilioRestException) -> tuple[int, int | None]:
    """Give an SDK error's status and code."""
    return error.status, error.code


@dataclass(frozen=True)
class Http:
    """Plain HTTP to one vendor."""

    session: requests.Session
    base: str

    def call(self, method: str, path: str, **details: Any) -> tuple[int, Any]:
        """Give status and document."""
        response = self.session.request(
            method, f"{self.base}/{path}", timeout=TIMEOUT_SECONDS, **details
        )
        return response.status_code, response.json() if response.content else None

    def get(self, path: str, **params: Any) -> Any:
        """Give the document of a GET that succeeds."""
        status, document = self.call("GET", path, params=params)
        assert status == 200, document
        return document

    def post(self, path: str, body: object = None) -> Any:
        """Give the document of a JSON POST that succeeds."""
        status, document = self.call("POST", path, json=body)
        assert status in {200, 201}, document
        return document


@contextmanager
def twilio_http(sandbox: RunningSandbox) -> Iterator[Http]:
    """Speak to Twilio's account without the SDK."""
    known = sandbox.credentials
    with requests.Session() as session:
        session.auth = (known["account_sid"], known["auth_token"])
        yield Http(session, f"{sandbox.url}/2010-04-01/Accounts/{known['account_sid']}")


@contextmanager
def meta_http(sandbox: RunningSandbox) -> Iterator[Http]:
    """Speak to Meta Graph."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {sandbox.credentials['meta_token']}"
        yield Http(session, f"{sandbox.url}/v25.0")


@contextmanager
def kapso_http(sandbox: RunningSandbox) -> Iterator[Http]:
    """Speak to Kapso's Platform API."""
    with requests.Session() as session:
        session.headers["X-API-Key"] = sandbox.credentials["kapso_api_key"]
        yield Http(session, f"{sandbox.url}/platform/v1")
