"""When to come back, as far as `Retry-After` asks; and what is told of a connection that fails."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.errors import VendorUnavailable
from kapso_twilio_cli.gateways.http import (
    Call,
    Http,
    NotSent,
    is_json_object,
    retry_after_seconds,
)
from kapso_twilio_cli.gateways.twilio_numbers import TwilioNumbers
from tests.vendors import RunningSandbox

from .clients import OWNED, count
from .servers import nobody_there

NUMBER = PhoneNumber("+14155550123")


def answer(retry_after: str | None) -> requests.Response:
    response = requests.Response()
    if retry_after is not None:
        response.headers["Retry-After"] = retry_after
    return response


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("30", 30),
        ("86400", 30),  # nobody waits for a day
        ("Sun, 22 Nov 1998 12:00:00 GMT", 0),
        ("Sun, 22 Nov 2099 12:00:00 GMT", 30),
        ("Sun, 22 Nov 99999 12:00:00 GMT", None),
    ],
)
def test_the_wait_that_is_asked_for_is_read(text: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(answer(text)) == seconds


def test_a_date_to_come_back_at_is_read() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=10)
    seconds = retry_after_seconds(answer(format_datetime(moment, usegmt=True)))
    assert seconds is not None
    assert 8 < seconds <= 10


@pytest.mark.parametrize("status", [408, 429, 503])
def test_a_wait_that_is_asked_for_is_kept(
    sandbox: RunningSandbox, numbers: TwilioNumbers, status: int
) -> None:
    headers = {"Retry-After": "1"}
    sandbox.fault(fault="status", path=OWNED, status=status, headers=headers)
    began = time.monotonic()
    assert numbers.find(NUMBER) is None
    assert time.monotonic() - began >= 1.0
    assert count(sandbox, OWNED) == 2


def test_a_wait_of_nothing_is_still_another_try(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    sandbox.fault(fault="status", path=OWNED, status=429, headers={"Retry-After": "0"})
    assert numbers.find(NUMBER) is None
    assert count(sandbox, OWNED) == 2


@pytest.mark.parametrize("text", ["{}", ' {"a": [1]} \n', r'{"half an emoji": "\ud83d"}'])
def test_an_object_is_an_answer(text: str) -> None:
    assert is_json_object(text)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '"text"', "7", '{"a": ', "<html>", "{} {}", '{"a": [1,}']
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_json_object(text)


def http_at(base_url: str | None) -> Http:
    return Http("Twilio", base_url=base_url, connections=1, timeout_seconds=1)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_where_there_is_no_connection_the_host_is_named_and_nothing_else_of_the_address(
    method: str,
) -> None:
    nobody = nobody_there()
    call = Call(method, f"{nobody}/Accounts/s3cr3t.json?To=s3cr3t", params={"From": "s3cr3t"})
    http = http_at(nobody)
    with pytest.raises(VendorUnavailable) as raised:
        _ = http.get(call) if method == "GET" else http.send_once(call)
    told = raised.value
    host = nobody.removeprefix("http://")
    assert told.reason == f"the connection to {host} could not be made"
    assert "KAPSO_TWILIO_TWILIO_URL or KAPSO_TWILIO_SANDBOX_URL" in str(told.hint)
    assert "s3cr3t" not in f"{told.message} {told.reason} {told.hint}"


def test_no_variable_is_named_where_the_vendor_itself_was_meant() -> None:
    with pytest.raises(NotSent) as raised:
        http_at(None).send_once(Call("POST", f"{nobody_there()}/Messages.json"))
    assert raised.value.hint == "check the network, then run the command again"
