"""Inbound SMS are posted to a number's SmsUrl, on this machine only."""

from __future__ import annotations

import time

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.projects import wait_until
from tests.sandbox.clients import twilio_client
from tests.sandbox.listeners import listening
from tests.vendors import RunningSandbox, running_sandbox

NUMBER = "+12025550143"


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
    (received,) = listener.got
    headers, form = received.headers, received.form
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
    tokens = [one.headers["i-twilio-idempotency-token"] for one in listener.got]
    assert [one.form["Body"] for one in listener.got] == ["first", "first", "second"]
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
