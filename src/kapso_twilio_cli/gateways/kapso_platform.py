"""Kapso's Platform API: which numbers carry a WhatsApp config.

Source: docs.kapso.ai, "Platform API 0.2.0" (read 2026-11-22).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from requests.auth import AuthBase

from ..domain.phone_number import PhoneNumber, normalise
from ..errors import CredentialsError, VendorRefused, VendorUnavailable
from .http import READ_TIMEOUT_SECONDS, Call, Http

REAL_URL = "https://api.kapso.ai"
_PER_PAGE = 100


@dataclass(frozen=True)
class ConnectedNumber:
    """A number with a WhatsApp config at Kapso."""

    phone_number: PhoneNumber
    phone_number_id: str
    customer_id: str | None
    status: str | None


class KapsoPlatform:
    """One project at Kapso, or at the stand-in under `base_url`."""

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str | None,
        timeout_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        self._base = f"{base_url or REAL_URL}/platform/v1"
        self._auth = _ApiKey(api_key)
        self._http = Http("Kapso", connections=2, timeout_seconds=timeout_seconds)

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def connected_numbers(self) -> Iterator[ConnectedNumber]:
        """Every number that Kapso lists, over all pages; a page that cannot be had raises."""
        page, pages = 1, 1
        while page <= pages:
            body = self._get("whatsapp/phone_numbers", page=page, per_page=_PER_PAGE)
            listed, pages = _page(body)
            yield from (number for number in listed if number is not None)
            page += 1

    def _get(self, path: str, **params: object) -> dict[str, Any]:
        response = self._http.get(
            Call("GET", f"{self._base}/{path}", params=params, auth=self._auth)
        )
        if response.status_code == 401:
            raise CredentialsError(
                "Kapso rejected the API key",
                reason=_error_text(response),
                hint="copy the project's key from Kapso, then: kapso-twilio auth set kapso_api_key",
            )
        if response.status_code >= 400:
            raise VendorRefused(
                "Kapso refused to answer",
                reason=f"{_error_text(response)} (HTTP {response.status_code})",
                hint="check the project's plan and key at Kapso",
            )
        body: dict[str, Any] = json.loads(response.text)
        return body


class _ApiKey(AuthBase):
    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-API-Key"] = self._api_key
        return request


def _page(body: dict[str, Any]) -> tuple[list[ConnectedNumber | None], int]:
    """The numbers of a page, and how many pages there are."""
    try:
        pages = int(body["meta"]["total_pages"] or 1)
        return [_connected(entry) for entry in body["data"]], pages
    except (LookupError, AttributeError, TypeError, ValueError) as error:
        # Not an empty page: that would say that no number is connected.
        raise VendorUnavailable(
            "Kapso's answer cannot be read",
            reason=f"it lacks what it should hold ({type(error).__name__})",
            hint="run the command again later; a proxy on the way may be the cause",
        ) from error


def _connected(entry: dict[str, Any]) -> ConnectedNumber | None:
    digits = entry.get("display_phone_number_normalized") or entry.get("display_phone_number")
    phone_number = normalise(str(digits or ""))
    if phone_number is None:
        return None
    return ConnectedNumber(
        phone_number=phone_number,
        phone_number_id=str(entry.get("phone_number_id") or entry.get("id")),
        customer_id=entry.get("customer_id"),
        status=entry.get("status"),
    )


def _error_text(response: requests.Response) -> str:
    try:
        return str(json.loads(response.text)["error"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {response.status_code}"
