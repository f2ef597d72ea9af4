"""The public address: how it is written, and what a request was called by."""

from __future__ import annotations

import pytest

from kapso_twilio_cli.domain.public_url import is_receivers, parse_public_url
from kapso_twilio_cli.errors import UsageError


@pytest.mark.parametrize(
    ("text", "sms_url"),
    [
        ("https://kt.example.com", "https://kt.example.com/twilio/sms"),
        ("https://kt.example.com/", "https://kt.example.com/twilio/sms"),
        ("HTTPS://KT.Example.com", "https://kt.example.com/twilio/sms"),
        ("https://example.com:8443/KT/", "https://example.com:8443/KT/twilio/sms"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/twilio/sms"),
        ("http://[::1]:8080", "http://[::1]:8080/twilio/sms"),
        ("http://localhost", "http://localhost/twilio/sms"),
    ],
)
def test_both_commands_write_the_address_in_one_way(text: str, sms_url: str) -> None:
    assert parse_public_url(text).sms_url == sms_url
    assert is_receivers(sms_url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kt.example.com",
        "http://kt.example.com",
        "http://127.0.0.1.example.com",
        "ftp://kt.example.com",
        "https://",
        "https://user:hush@kt.example.com",
        "https://kt.example.com?hush=1",
        "https://kt.example.com#hush",
        "https://kt.example.com:hush",
        "https://kt.example.com/a b",
        "https://exämple.com",
        "https://[::1",
    ],
)
def test_an_address_that_twilio_cannot_call_safely_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_public_url(text)
    assert "hush" not in f"{caught.value.message}{caught.value.reason}{caught.value.hint}"


@pytest.mark.parametrize("target", ["/kt/twilio/sms?a=1&b=", "/twilio/sms?a=1&b="])
def test_a_proxy_may_take_the_prefix_away_or_leave_it(target: str) -> None:
    public = parse_public_url("https://example.com/kt")
    assert public.called(target) == "https://example.com/kt/twilio/sms?a=1&b="


def test_an_address_of_somebody_else_is_not_the_receivers() -> None:
    assert not is_receivers("https://demo.twilio.com/welcome/sms/reply")
    assert not is_receivers("")
