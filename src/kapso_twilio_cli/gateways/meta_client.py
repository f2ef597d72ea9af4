"""Meta's Graph API: the token, the time-outs, and its errors in this program's words.

Source: developers.facebook.com/docs/graph-api/guides/error-handling and
docs/whatsapp/embedded-signup/pre-verified-numbers (read 2026-11-22).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.auth import AuthBase

from ..errors import (
    Concerns,
    CredentialsError,
    KapsoTwilioError,
    VendorRefused,
    VendorUnavailable,
)
from .http import READ_TIMEOUT_SECONDS, AnswerLost, Call, Http

REAL_URL = "https://graph.facebook.com"

_CREDENTIALS = {
    190: "the token is invalid or has expired",
    10: "the token lacks a permission, or the business is no solution partner",
    200: "the token lacks a permission, or the business is no solution partner",
}
_LATER = {
    2: "Meta's service is not available",
    4: "too many requests of the app",
    17: "too many requests of the user",
    613: "too many requests",
    80007: "too many requests of the business account",
    80008: "too many requests of the business account",
    133004: "Meta's server is not available",
}
_OF_ONE_NUMBER = frozenset({100, 803, 133015, 133016, 136024})
"""They say nothing of other numbers, transient or not: the number waits, and the others go on."""
# It has no code of its own: 100 says a dozen other things. The words are those of Meta's OpenAPI
# description (v23.0); were they others, it would be a refusal like any.
_PORTFOLIO_FULL = "maximum number of phone numbers"


@dataclass(frozen=True)
class MetaPortfolio:
    """The business portfolio, and the token that may manage it."""

    business_id: str
    api_version: str
    token: str = field(repr=False)
    app_secret: str | None = field(repr=False, default=None)


class MetaAnswer(Exception):
    """A refusal in Meta's own JSON: decide on the code, then on the subcode."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        self.code = _integer(error.get("code"))
        self.subcode = _integer(error.get("error_subcode"))
        self.is_transient = error.get("is_transient") is True
        self.text = str(error.get("error_user_msg") or error.get("message") or "no reason given")
        super().__init__(f"{self.code}: {self.text}")

    def __str__(self) -> str:
        subcode = f"/{self.subcode}" if self.subcode else ""
        return f"{self.text} (Meta {self.code}{subcode})"


class MetaClient:
    """One portfolio at Meta, or at the stand-in under `base_url`; may be used by many threads."""

    def __init__(
        self,
        portfolio: MetaPortfolio,
        *,
        base_url: str | None,
        connections: int,
        timeout_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        self.business_id = portfolio.business_id
        self._base = f"{base_url or REAL_URL}/{portfolio.api_version}"
        self._auth = _Bearer(portfolio.token)
        self._proof = _appsecret_proof(portfolio)
        self._http = Http(
            "Meta", base_url=base_url, connections=connections, timeout_seconds=timeout_seconds
        )
        self.clock = self._http.clock

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def get(self, path: str, **params: str) -> dict[str, Any]:
        """Read. Raises MetaAnswer, or VendorUnavailable after several tries."""
        answer = self._http.get(self._call("GET", path, params={**self._proof, **params}))
        try:
            return _body(answer)
        except AnswerLost as lost:
            raise VendorUnavailable(
                "Meta's answer cannot be read",
                reason=str(lost),
                hint="run the command again later; a proxy on the way may be the cause",
            ) from lost

    def post(self, path: str, **form: str) -> dict[str, Any]:
        """Change, once. Raises MetaAnswer; NotSent; AnswerLost when it may have been done."""
        call = self._call("POST", path, data={**self._proof, **form})
        return _definite(self._http.send_once(call))

    def delete(self, path: str) -> dict[str, Any]:
        """Delete, once. Raises as `post` does."""
        return _definite(self._http.send_once(self._call("DELETE", path, params=self._proof)))

    def _call(self, method: str, path: str, **parts: Any) -> Call:
        return Call(method, f"{self._base}/{path}", auth=self._auth, **parts)


def translate(answer: MetaAnswer, *, doing: str) -> KapsoTwilioError:
    """Meta's refusal of `doing` ("add +56…"), with the reason and the way on."""
    if answer.code in _CREDENTIALS:
        return CredentialsError(
            f"Meta rejected the token (asked to {doing})",
            reason=f"{_CREDENTIALS[answer.code]}: {answer}",
            hint="make a token with business_management, then: kapso-twilio auth set meta_token",
        )
    passes = answer.is_transient and answer.code not in _OF_ONE_NUMBER
    if answer.code in _LATER or passes:
        why = _LATER.get(answer.code or 0, "Meta says that it will pass")
        return VendorUnavailable(
            f"Meta asked to wait (asked to {doing})",
            reason=f"{why}: {answer}",
            hint="run kapso-twilio reconcile later; it goes on where this stopped",
        )
    if _PORTFOLIO_FULL in answer.text.lower():
        return VendorRefused(
            "the Meta business portfolio takes no more numbers",
            reason=str(answer),
            hint="delete numbers that are not used under WhatsApp > Pre-verified numbers in Meta"
            " Business Suite, or ask Meta to raise the limit",
            concerns=Concerns.ACCOUNT,
            vendor_code=answer.code,
        )
    return VendorRefused(
        f"Meta refused to {doing}",
        reason=str(answer),
        hint="see the number under WhatsApp > Pre-verified numbers in Meta Business Suite",
        vendor_code=answer.code,
        vendor_subcode=answer.subcode,
    )


class _Bearer(AuthBase):
    """Sets the header itself: without an auth object, requests would prefer a ~/.netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _appsecret_proof(portfolio: MetaPortfolio) -> dict[str, str]:
    if portfolio.app_secret is None:
        return {}
    key, message = portfolio.app_secret.encode(), portfolio.token.encode()
    return {"appsecret_proof": hmac.new(key, message, hashlib.sha256).hexdigest()}


def _definite(response: requests.Response) -> dict[str, Any]:
    if response.status_code >= 500 or response.status_code == 408:
        # A server error in Meta's own JSON is still no promise that nothing was done.
        raise AnswerLost(f"it answered HTTP {response.status_code}")
    return _body(response)


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        body = json.loads(response.text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise AnswerLost(f"it answered HTTP {response.status_code} without JSON")
    if isinstance(body.get("error"), dict):
        raise MetaAnswer(body["error"])
    return body


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) else None
