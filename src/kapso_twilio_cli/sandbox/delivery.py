"""Webhooks as Twilio sends them: an inbound SMS is posted to the number's SmsUrl, signed.

Only to this machine: whatever a number was told, nothing leaves it.

Source: twilio.com/docs/messaging/guides/webhook-request and usage/webhooks/webhooks-security (read
2026-11-22).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import aiohttp

from ..domain.loopback import is_loopback
from .state import Message, OwnedNumber
from .world import World

_SENDS = 2  # once more after a failure
_TIMEOUT = aiohttp.ClientTimeout(total=15)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request that Twilio makes."""

    url: str
    form: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    due_at: datetime


def delivery_of(world: World, message: Message) -> Delivery | None:
    """What Twilio sends when this message comes in; None where nobody on this machine is told."""
    number = world.account.owned_by_number(message.to)
    url = _sms_url(number) if number is not None else None
    if url is None:
        return None
    form = _form(world, message)
    token = world.account.credentials.auth_token
    headers = {
        "X-Twilio-Signature": signature(token, url, form),
        "I-Twilio-Idempotency-Token": str(uuid4()),
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
    }
    return Delivery(url, form, headers, message.arrived_at)


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """Sign the URL, and every field's name and value, sorted by name."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


async def send(delivery: Delivery) -> None:
    """Wait until it is due, and send it; once more if nobody takes it."""
    wait = (delivery.due_at - datetime.now(UTC)).total_seconds()
    await asyncio.sleep(max(0.0, wait))
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        for _ in range(_SENDS):
            if await _is_taken(session, delivery):
                return


async def _is_taken(session: aiohttp.ClientSession, delivery: Delivery) -> bool:
    try:
        async with session.post(
            delivery.url,
            data=urlencode(delivery.form).encode(),
            headers=dict(delivery.headers),
            allow_redirects=False,
        ) as answer:
            return answer.status < 500
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


def _sms_url(number: OwnedNumber) -> str | None:
    settings = number.settings
    url = settings.get("sms_url", "")
    if settings.get("sms_application_sid") or settings.get("sms_method", "POST") != "POST":
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and is_loopback(host) else None


def _form(world: World, message: Message) -> dict[str, str]:
    """The fields of an inbound SMS; what Twilio does not know of the sender is there, and empty."""
    return {
        "ToCountry": "",
        "ToState": "",
        "SmsMessageSid": message.sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": message.sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": message.body,
        "FromCountry": "",
        "To": message.to,
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": message.sid,
        "AccountSid": world.account.credentials.account_sid,
        "From": message.from_,
        "ApiVersion": "2010-04-01",
    }
