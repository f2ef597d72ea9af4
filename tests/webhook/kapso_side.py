"""Kapso's side of a receiver: the webhook that is registered, and events as Kapso sends them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import requests

from tests.projects import ReadyProject

from .receivers import RunningReceiver, free_port, running_receiver

EVENTS = "/kapso/events"
CREATED, DELETED = "whatsapp.phone_number.created", "whatsapp.phone_number.deleted"


@contextmanager
def reachable(project: ReadyProject, *options: str) -> Iterator[RunningReceiver]:
    """A receiver that the sandbox reaches, registered for the project's events."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    project.answer("webhook", "register", "--public-url", url)
    with running_receiver(project, "--port", str(port), *options, public_url=url) as receiver:
        yield receiver


def send(
    receiver: RunningReceiver, secret: str, name: str | None, body: object, **changes: Any
) -> requests.Response:
    """Send what Kapso would send; `changes` are headers, and None leaves one out."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Webhook-Event": name,
        "X-Webhook-Signature": hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest(),
        "X-Idempotency-Key": str(uuid4()),
        **changes,
    }
    given = {key: value for key, value in headers.items() if value is not None}
    return requests.post(f"{receiver.url}{EVENTS}", data=raw, headers=given, timeout=30)


def state(project: ReadyProject, number: str) -> str:
    """Where the number stands."""
    rows = project.rows("SELECT phone_number, state FROM numbers")
    return next(str(its) for phone_number, its in rows if phone_number == number)


def moves(project: ReadyProject, number: str, kind: str) -> int:
    """How often this happened to a number."""
    events = project.answer("number", "history", number)["events"]
    return sum(event["kind"] == kind for event in events)
