"""Kapso's events: which project webhooks are told, what is sent, and how it is sent again.

Only to this machine: whatever a webhook's URL is, nothing leaves it.

Facts: reference/kapso.md §4, read on 2026-11-22.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass
from uuid import uuid4

import aiohttp

from .kapso_http import project_id
from .state import Webhook
from .world import Posting, World, on_this_machine

CREATED = "whatsapp.phone_number.created"
DELETED = "whatsapp.phone_number.deleted"
_KNOWN = (
    CREATED,
    DELETED,
    "whatsapp.phone_number.offboarded",
    "whatsapp.phone_number.disconnected",
    "whatsapp.phone_number.reconnected",
)
_PAUSES = (0.1, 0.4, 0.9)  # Kapso waits 10, 40 and 90 seconds; a test cannot, so a hundredth of it.
_TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a number, or that somebody says did."""

    name: str
    phone_number_id: str
    customer_id: str | None


def tell(world: World, event: Event, *, times: int = 1, payload_version: str | None = None) -> int:
    """Queue an event for every webhook that takes it; the count is how many requests that makes.

    Repeated `times`, it keeps its idempotency key. `payload_version` goes before the webhook's own.
    """
    postings = [
        _posting(world, one, event, payload_version or one.payload_version)
        for one in world.account.webhooks.values()
        if _takes(one, event.name)
    ]
    world.postings += postings * times
    return len(postings) * times


async def post(posting: Posting) -> None:
    """Send a request until it is answered 200, a few times at most."""
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        for pause in (0.0, *_PAUSES):
            await asyncio.sleep(pause)
            if await _is_taken(session, posting):
                return


def _takes(webhook: Webhook, name: str) -> bool:
    """Whether a webhook gets an event: what nobody can ask for yet goes to all that are active."""
    is_asked_for = name in webhook.events or name not in _KNOWN
    return webhook.active and is_asked_for and on_this_machine(webhook.url)


def _posting(world: World, webhook: Webhook, event: Event, version: str) -> Posting:
    document: dict[str, object] = {
        "phone_number_id": event.phone_number_id,
        "project": {"id": project_id(world)},
        "customer": {"id": event.customer_id},
    }
    if version == "v1":
        document = {"event": event.name, "data": document}
    body = json.dumps(document, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Webhook-Event": event.name,
        "X-Webhook-Signature": _signature(webhook.secret_key, body),
        "X-Idempotency-Key": str(uuid4()),
        "X-Webhook-Payload-Version": version,
    }
    return Posting(webhook.url, body, headers)


def _signature(secret_key: str, body: bytes) -> str:
    return hmac.new(secret_key.encode(), body, hashlib.sha256).hexdigest()


async def _is_taken(session: aiohttp.ClientSession, posting: Posting) -> bool:
    try:
        async with session.post(
            posting.url,
            data=posting.body,
            headers=dict(posting.headers),
            allow_redirects=False,
        ) as answered:
            return answered.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
