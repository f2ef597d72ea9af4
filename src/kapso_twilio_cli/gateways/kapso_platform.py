"""Kapso's Platform API: connected numbers, customers, setup links, the project's webhooks.

Source: docs.kapso.ai, Platform API 0.2.0 (read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ..domain.phone_number import PhoneNumber, normalise
from ..errors import StateError, VendorRefused
from .http import READ_TIMEOUT_SECONDS, AnswerLost
from .kapso_client import KapsoClient, NotAtKapso, answer_lost, unreadable

_NUMBERS, _WEBHOOKS = "whatsapp/phone_numbers", "whatsapp/webhooks"


@dataclass(frozen=True)
class ConnectedNumber:
    """A number with a WhatsApp config at Kapso."""

    phone_number: PhoneNumber
    phone_number_id: str
    customer_id: str | None
    status: str | None
    business_account_id: str | None = None


@dataclass(frozen=True)
class KapsoLink:
    """A setup link as Kapso shows it."""

    link_id: str
    status: str
    """`active`, `used`, `expired` or `revoked`."""
    expires_at: datetime | None
    setup_status: str | None
    """`whatsapp_setup_status`: `pending`, `processing`, `completed` or `failed`."""
    setup_error: str | None
    provisioned: PhoneNumber | None
    """The number that Kapso provided, where it did."""
    url: str | None = field(repr=False, default=None)
    """It lets whoever has it in: shown once, and never stored."""
    token: str | None = field(repr=False, default=None)

    @property
    def is_active(self) -> bool:
        """Whether the customer can use it."""
        return self.status == "active"


@dataclass(frozen=True)
class KapsoWebhook:
    """A webhook of the project."""

    webhook_id: str
    url: str
    events: frozenset[str]
    is_active: bool


class KapsoPlatform:
    """One project at Kapso, or at the stand-in under `base_url`."""

    def __init__(
        self,
        api_key: str,
        *,
        base_url: str | None,
        timeout_seconds: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        self._client = KapsoClient(api_key, base_url=base_url, timeout_seconds=timeout_seconds)
        self.clock = self._client.clock

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def connected_numbers(self) -> Iterator[ConnectedNumber]:
        """Every number that Kapso lists, over all pages; a page that cannot be had raises."""
        for entry in self._client.listed(_NUMBERS):
            number = _connected(entry)
            if number is not None:
                yield number

    def connected_number(self, phone_number_id: str) -> ConnectedNumber | None:
        """The number with this id of Meta's; None only where Kapso knows none (404)."""
        try:
            body = self._client.read(f"{_NUMBERS}/{phone_number_id}")
        except NotAtKapso:
            return None
        entry = body.get("data")
        number = _connected(entry) if isinstance(entry, dict) else None
        if number is None:
            raise unreadable("it lacks the number")
        return number

    def require_customer(self, customer_id: str) -> None:
        """Raise StateError unless Kapso knows the customer."""
        try:
            self._client.read(_customer(customer_id))
        except NotAtKapso as error:
            raise StateError(
                f"Kapso knows no customer {customer_id}",
                reason=error.reason,
                hint="use the customer's id at Kapso, which is a UUID; its list is in Kapso's"
                " dashboard",
            ) from error

    def setup_links(self, customer_id: str) -> list[KapsoLink]:
        """Every setup link of a customer; none where Kapso knows no such customer."""
        try:
            return [_link(entry) for entry in self._client.listed(_links_of(customer_id))]
        except NotAtKapso:
            return []

    def create_setup_link(self, customer_id: str, settings: Mapping[str, object]) -> KapsoLink:
        """Make a link, which revokes the customer's active one; AnswerLost where it may be made."""
        body = self._client.send("POST", _links_of(customer_id), {"setup_link": settings})
        try:
            return _link(body["data"])
        except (LookupError, TypeError, ValueError) as error:
            raise AnswerLost("its answer lacks the link") from error

    def revoke_setup_link(self, customer_id: str, link_id: str) -> str:
        """Revoke a link; gives its status then, which is another where it has ended before."""
        path = f"{_links_of(customer_id)}/{link_id}"
        try:
            body = self._client.send("PATCH", path, {"setup_link": {"status": "revoked"}})
            return _link(body["data"]).status
        except NotAtKapso:
            return "revoked"
        except AnswerLost as error:
            raise answer_lost(f"has revoked the setup link {link_id}", error) from None
        except VendorRefused:
            listed = {link.link_id: link.status for link in self.setup_links(customer_id)}
            if listed.get(link_id, "active") == "active":
                raise
            return listed[link_id]  # it had ended, and Kapso changes none that has
        except (LookupError, TypeError, ValueError) as error:
            raise answer_lost(f"has revoked the setup link {link_id}", AnswerLost("")) from error

    def webhooks(self) -> list[KapsoWebhook]:
        """Every webhook of the project."""
        return [_webhook(entry) for entry in self._client.listed(_WEBHOOKS)]

    def create_webhook(self, url: str, events: Sequence[str], secret_key: str) -> KapsoWebhook:
        """Have events sent to a URL, signed with the secret."""
        settings = _webhook_settings(url, events, secret_key)
        try:
            return _webhook(self._client.send("POST", _WEBHOOKS, settings)["data"])
        except AnswerLost as error:
            raise answer_lost("has made the webhook", error) from None

    def update_webhook(
        self, webhook_id: str, url: str, events: Sequence[str], secret_key: str
    ) -> KapsoWebhook:
        """Set what `create_webhook` sets. Doing it twice is doing it once.

        docs.kapso.ai names PATCH for a number's webhooks, and the project's are the same resource.
        """
        settings = _webhook_settings(url, events, secret_key)
        try:
            return _webhook(
                self._client.send("PATCH", f"{_WEBHOOKS}/{webhook_id}", settings)["data"]
            )
        except AnswerLost as error:
            raise answer_lost("has changed the webhook", error) from None


def _customer(customer_id: str) -> str:
    return f"customers/{quote(customer_id, safe='')}"


def _links_of(customer_id: str) -> str:
    return f"{_customer(customer_id)}/setup_links"


def _webhook_settings(url: str, events: Sequence[str], secret_key: str) -> dict[str, object]:
    return {
        "whatsapp_webhook": {
            "url": url,
            "secret_key": secret_key,
            "events": list(events),
            "active": True,
            "payload_version": "v2",
        }
    }


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
        business_account_id=entry.get("business_account_id"),
    )


def _link(entry: dict[str, Any]) -> KapsoLink:
    provisioned = entry.get("provisioned_phone_number") or {}
    expires_at = entry.get("expires_at")
    return KapsoLink(
        link_id=str(entry["id"]),
        status=str(entry["status"]),
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        setup_status=entry.get("whatsapp_setup_status"),
        setup_error=entry.get("whatsapp_setup_error"),
        provisioned=normalise(str(provisioned.get("phone_number") or "")),
        url=entry.get("url"),
        token=entry.get("token"),
    )


def _webhook(entry: dict[str, Any]) -> KapsoWebhook:
    return KapsoWebhook(
        webhook_id=str(entry["id"]),
        url=str(entry.get("url") or ""),
        events=frozenset(str(event) for event in entry.get("events") or ()),
        is_active=bool(entry.get("active", True)),
    )
