"""A receiver as a process of its own, and requests as Twilio sends them."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import requests
from twilio.request_validator import RequestValidator

from tests.projects import ReadyProject

PUBLIC_URL = "https://kt.example.com"
SMS = "/twilio/sms"
VOICE = "/twilio/voice"
TRANSCRIPTION = "/twilio/transcription"
FORM = "application/x-www-form-urlencoded"
CODE = "Your WhatsApp Business code 123-456. Don't share this code with others"


@dataclass(frozen=True)
class RunningReceiver:
    """A receiver that serves."""

    url: str
    ready: dict[str, str]
    process: subprocess.Popen[str]
    token: str
    """The auth token that its requests are signed with."""
    public_url: str

    def connect(self) -> socket.socket:
        """Open a connection, to send what no HTTP library would."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        return socket.create_connection((host, int(port)), timeout=10)

    def post(self, form: Mapping[str, str], **changes: Any) -> requests.Response:
        """Send what Twilio would send for this form, with `changes` to it."""
        headers = {
            "Content-Type": FORM,
            "X-Twilio-Signature": self.signature(form, changes.pop("signed", SMS)),
            "I-Twilio-Idempotency-Token": changes.pop("delivery", None) or str(uuid4()),
            **changes.pop("headers", {}),
        }
        return requests.post(
            f"{self.url}{changes.pop('path', SMS)}",
            data=changes.pop("data", urlencode(form).encode()),
            headers={name: text for name, text in headers.items() if text is not None},
            timeout=30,
        )

    def send(self, path: str, form: Mapping[str, str], **changes: Any) -> requests.Response:
        """Send what Twilio would send to another path than that for SMS."""
        return self.post(form, path=path, signed=path, **changes)

    def signature(self, form: Mapping[str, str], path: str = SMS) -> str:
        """Sign as the official SDK does."""
        computed = RequestValidator(self.token).compute_signature(
            f"{self.public_url}{path}", dict(form)
        )
        return str(computed)


def sms(to: str, body: str = CODE, *, sid: str | None = None) -> dict[str, str]:
    """Give the form of an inbound SMS; some of its fields are empty, as Twilio sends them."""
    return {
        "MessageSid": sid or f"SM{uuid4().hex}",
        "From": "WhatsApp",
        "To": to,
        "Body": body,
        "FromCity": "",
        "NumMedia": "0",
    }


def call(to: str, *, sid: str | None = None) -> dict[str, str]:
    """Give the form of a call that rings."""
    return {
        "CallSid": sid or f"CA{uuid4().hex}",
        "From": "+18885550100",
        "To": to,
        "CallStatus": "ringing",
        "Direction": "inbound",
        "CallerName": "",
    }


def transcription(to: str, text: str, *, sid: str | None = None) -> dict[str, str]:
    """Give the form that tells what was understood of a recording; no text: nothing was."""
    return {
        **call(to),
        "RecordingSid": sid or f"RE{uuid4().hex}",
        "TranscriptionStatus": "completed" if text else "failed",
        "TranscriptionText": text,
    }


@contextmanager
def running_receiver(
    project: ReadyProject, *options: str, public_url: str = PUBLIC_URL
) -> Iterator[RunningReceiver]:
    """Serve while the block runs; on its end the process must go quietly."""
    process = project.start(
        "webhook", "serve", "--public-url", public_url, "--port", "0", "--json", *options
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate(timeout=10)
        ready = json.loads(line)
        token = project.sandbox.credentials["auth_token"]
        yield RunningReceiver(ready["url"], ready, process, token, public_url)
    finally:
        if process.poll() is None:
            process.terminate()
        if process.stdout is not None and not process.stdout.closed:
            process.communicate(timeout=30)


def stopped(receiver: RunningReceiver) -> tuple[int, str]:
    """End a receiver by SIGTERM; give its exit code and what it said on stderr."""
    receiver.process.terminate()
    _, err = receiver.process.communicate(timeout=30)
    return receiver.process.returncode, err


def kill(receiver: RunningReceiver) -> None:
    """End a receiver as a power cut would."""
    receiver.process.kill()
    receiver.process.communicate(timeout=30)


def arrivals(project: ReadyProject) -> list[tuple[Any, ...]]:
    """What is kept of what came in, read past the program."""
    return _rows(project, "SELECT phone_number, code, is_filtered FROM arrivals ORDER BY rowid")


def known_messages(project: ReadyProject) -> int:
    """How many messages are known by their digest."""
    return int(_rows(project, "SELECT count(*) FROM messages")[0][0])


def arrivals_file(project: ReadyProject) -> Path:
    """Where it is kept."""
    return project.inventory.with_name("arrivals.db")


def _rows(project: ReadyProject, statement: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"{arrivals_file(project).as_uri()}?mode=rw", uri=True)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def polls(project: ReadyProject) -> int:
    """How often the program has looked into the inbox."""
    return sum("/Messages.json" in request for request in project.sandbox.requests())


def looks_for_calls(project: ReadyProject) -> int:
    """How often the program has asked for the calls that came in."""
    return sum("/Calls.json" in request for request in project.sandbox.requests())


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def seconds_to_ready(project: ReadyProject, number: str) -> float:
    """Verify a number, whose code comes as soon as it is asked for; from then until it is ready."""
    assert project.answer("number", "verify", number)["state"] == "ready"
    events = project.answer("number", "history", number)["events"]
    at = {event["kind"]: datetime.fromisoformat(event["at"]) for event in events}
    return (at["verified"] - at["code_requested"]).total_seconds()


def owned_number(project: ReadyProject) -> str:
    """A number of the project."""
    return str(project.answer("provision", "--country", "US", "--yes")["phone_number"])


def to_be_verified(project: ReadyProject, count: int) -> list[str]:
    """Numbers that are members of the pool, and are not verified yet."""
    numbers = [owned_number(project) for _ in range(count)]
    for number in numbers:
        project.answer("number", "add-to-pool", number)
    return numbers
