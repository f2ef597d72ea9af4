"""Webhooks as Twilio sends them, signed: an inbound SMS, a call that rings, a transcription.

Only to this machine: whatever a number was told, nothing leaves it.

Sources: twilio.com/docs/messaging/guides/webhook-request, voice/twiml (request parameters),
voice/twiml/record and usage/webhooks/webhooks-security (read 2026-11-22).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp

from .calls import answer, attribute
from .state import Message, OwnedNumber, PhoneCall, Recording
from .world import Ringing, World, on_this_machine

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
    return _delivery(world, url, _form(world, message), message.arrived_at)


async def answer_call(world: World, ringing: Ringing) -> None:
    """Ask what to do with a call, do it, and tell what was understood to whom the answer names."""
    form = _call_form(world, ringing.call)
    twiml = await send(_delivery(world, ringing.url, form, ringing.call.arrived_at))
    recording = answer(world, ringing.call, twiml or "", ringing.code, ringing.mode)
    told = attribute(twiml or "", "transcribeCallback")
    if recording is None or told is None or not on_this_machine(told):
        return
    if recording.transcription_status in ("completed", "failed"):
        form |= _transcription_form(recording)
        await send(_delivery(world, told, form, ringing.call.arrived_at))


def _delivery(world: World, url: str, form: Mapping[str, str], due_at: datetime) -> Delivery:
    token = world.account.credentials.auth_token
    headers = {
        "X-Twilio-Signature": signature(token, url, form),
        "I-Twilio-Idempotency-Token": str(uuid4()),
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
    }
    return Delivery(url, form, headers, due_at)


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """Sign the URL, and every field's name and value, sorted by name."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


async def send(delivery: Delivery) -> str | None:
    """Wait until it is due, and send it; once more if nobody takes it. What was answered."""
    wait = (delivery.due_at - datetime.now(UTC)).total_seconds()
    await asyncio.sleep(max(0.0, wait))
    async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
        for _ in range(_SENDS):
            answered = await _answer(session, delivery)
            if answered is not None:
                return answered
    return None


async def _answer(session: aiohttp.ClientSession, delivery: Delivery) -> str | None:
    """What was answered; empty for a refusal, None where nobody took it."""
    try:
        async with session.post(
            delivery.url,
            data=urlencode(delivery.form).encode(),
            headers=dict(delivery.headers),
            allow_redirects=False,
        ) as answered:
            if answered.status >= 500:
                return None
            return await answered.text() if answered.status == 200 else ""
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None


def _sms_url(number: OwnedNumber) -> str | None:
    settings = number.settings
    url = settings.get("sms_url", "")
    if settings.get("sms_application_sid") or settings.get("sms_method", "POST") != "POST":
        return None
    return url if on_this_machine(url) else None


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


def _call_form(world: World, call: PhoneCall) -> dict[str, str]:
    """The fields of a request about a call."""
    return {
        "CallSid": call.sid,
        "AccountSid": world.account.credentials.account_sid,
        "From": call.from_,
        "To": call.to,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "ForwardedFrom": "",
        "CallerName": "",
        "ApiVersion": "2010-04-01",
    }


def _transcription_form(recording: Recording) -> dict[str, str]:
    """What is added when a recording was transcribed, or could not be."""
    return {
        "CallStatus": "completed",
        "RecordingSid": recording.sid,
        "TranscriptionSid": recording.transcription_sid,
        "TranscriptionStatus": str(recording.transcription_status),
        "TranscriptionText": recording.transcription or "",
    }
