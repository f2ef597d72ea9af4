"""Inbound SMS are posted to a number's SmsUrl, on this machine only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.projects import wait_until
from tests.sandbox.clients import twilio_client
from tests.vendors import RunningSandbox, running_sandbox

NUMBER = "+12025550143"


@dataclass
class Listener:
    """A web server that keeps what it is sent."""

    url: str = ""
    status: list[int] = field(default_factory=list)
    """How to answer, in turn; then 200."""
    got: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)
    """Headers in lower case, and the form."""


@contextmanager
def listening(*status: int) -> Iterator[Listener]:
    """Listen while the block runs."""
    listener = Listener(status=list(status))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            listener.got.append((headers, form))
            self.send_response(listener.status.pop(0) if listener.status else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.url = f"http://127.0.0.1:{server.server_port}/in?a=1"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def point(sandbox: RunningSandbox, twilio: Client, url: str, method: str = "POST") -> None:
    """Give the account a number that points there."""
    sid = sandbox.buy_in_console(NUMBER)
    twilio.incoming_phone_numbers(sid).update(sms_url=url, sms_method=method)


def test_a_message_is_posted_signed_as_twilio_signs(
    sandbox: RunningSandbox, twilio: Client
) -> None:
    with listening() as listener:
        point(sandbox, twilio, listener.url)
        sid = sandbox.message(NUMBER, "WhatsApp", "code 123-456 & more")
        wait_until(lambda: bool(listener.got))
    ((headers, form),) = listener.got
    assert (form["MessageSid"], form["To"], form["From"]) == (sid, NUMBER, "WhatsApp")
    assert (form["Body"], form["NumMedia"], form["FromCity"]) == ("code 123-456 & more", "0", "")
    assert form["AccountSid"] == sandbox.credentials["account_sid"]
    validator = RequestValidator(sandbox.credentials["auth_token"])
    assert validator.validate(listener.url, form, headers["x-twilio-signature"])
    assert headers["i-twilio-idempotency-token"]
    assert len(twilio.messages.list()) == 1, "it is in the inbox too"


def test_a_delivery_that_fails_is_made_once_more_with_the_same_token(
    sandbox: RunningSandbox, twilio: Client
) -> None:
    with listening(500, 500) as listener:
        point(sandbox, twilio, listener.url)
        sandbox.message(NUMBER, "WhatsApp", "first")
        wait_until(lambda: len(listener.got) == 2)
        sandbox.message(NUMBER, "WhatsApp", "second")
        wait_until(lambda: len(listener.got) == 3)
        time.sleep(0.2)
    tokens = [headers["i-twilio-idempotency-token"] for headers, _ in listener.got]
    assert [form["Body"] for _, form in listener.got] == ["first", "first", "second"]
    assert tokens[0] == tokens[1] != tokens[2]


@pytest.mark.parametrize(
    "url", ["", "https://example.com/in", "http://10.0.0.7/in", "http://127.0.0.1.example.com/"]
)
def test_nothing_is_sent_anywhere_but_to_this_machine(
    sandbox: RunningSandbox, twilio: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a request were tried, it would meet this trap."""
    import aiohttp

    tried: list[object] = []
    monkeypatch.setattr(aiohttp.ClientSession, "post", lambda *a, **k: tried.append((a, k)))
    point(sandbox, twilio, url)
    sandbox.message(NUMBER, "WhatsApp", "hello")
    time.sleep(0.2)
    assert tried == []


def test_nothing_waits_for_a_listener_that_is_not_there() -> None:
    with running_sandbox() as sandbox, twilio_client(sandbox) as twilio:
        point(sandbox, twilio, "http://127.0.0.1:9/in")
        began = time.monotonic()
        sandbox.message(NUMBER, "WhatsApp", "hello")
        assert len(twilio.messages.list()) == 1
        assert time.monotonic() - began < 2


def test_an_application_or_another_method_is_not_played(
    sandbox: RunningSandbox, twilio: Client
) -> None:
    with listening() as listener:
        point(sandbox, twilio, listener.url, method="GET")
        sandbox.message(NUMBER, "WhatsApp", "hello")
        time.sleep(0.2)
    assert listener.got == []
