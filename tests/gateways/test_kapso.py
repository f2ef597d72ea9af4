"""Kapso: which numbers carry a WhatsApp config."""

from __future__ import annotations

import pytest

from kapso_twilio_cli.errors import CredentialsError, VendorRefused, VendorUnavailable
from kapso_twilio_cli.gateways.kapso_platform import KapsoPlatform
from tests.vendors import RunningSandbox

from .clients import count, kapso_platform

PATH = "whatsapp/phone_numbers"


def test_connected_numbers_come_with_their_customers(
    sandbox: RunningSandbox, kapso: KapsoPlatform
) -> None:
    assert list(kapso.connected_numbers()) == []
    phone_number_id = sandbox.claim(phone_number="+14155550123", customer_id="customer")
    (connected,) = kapso.connected_numbers()
    assert connected.phone_number == "+14155550123"  # Kapso writes it without the plus
    assert connected.phone_number_id == phone_number_id
    assert connected.customer_id == "customer"


def test_every_page_is_read(sandbox: RunningSandbox, kapso: KapsoPlatform) -> None:
    wanted = [f"+1415555{index:04d}" for index in range(101)]
    for phone_number in wanted:
        sandbox.claim(phone_number=phone_number)
    assert [one.phone_number for one in kapso.connected_numbers()] == wanted
    assert count(sandbox, PATH) == 2


def test_a_page_that_cannot_be_had_makes_the_whole_listing_fail(
    sandbox: RunningSandbox, kapso: KapsoPlatform
) -> None:
    for index in range(101):
        sandbox.claim(phone_number=f"+1415555{index:04d}")
    listing = kapso.connected_numbers()
    next(listing)
    sandbox.fault(fault="status", path=PATH, status=402)
    with pytest.raises(VendorRefused, match="Kapso refused to answer") as caught:
        list(listing)
    assert "HTTP 402" in (caught.value.reason or "")


def test_a_wrong_key_is_rejected_and_not_told(sandbox: RunningSandbox) -> None:
    key = "a-wrong-key-that-nobody-may-see"
    with (
        kapso_platform(sandbox, api_key=key) as kapso,
        pytest.raises(CredentialsError) as caught,
    ):
        list(kapso.connected_numbers())
    error = caught.value
    assert error.exit_code == 4
    assert error.reason == "Invalid API key"
    assert "kapso-twilio auth set kapso_api_key" in (error.hint or "")
    assert key not in f"{error!r} {error} {error.reason} {error.hint} {error.__context__!r}"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": []},
        {"data": None, "meta": {"total_pages": 1}},
        {"data": ["one"], "meta": {"total_pages": 1}},
    ],
)
def test_an_answer_that_lacks_the_numbers_does_not_say_that_there_are_none(
    sandbox: RunningSandbox, kapso: KapsoPlatform, body: object
) -> None:
    sandbox.fault(fault="status", path=PATH, status=200, body=body)
    with pytest.raises(VendorUnavailable, match="Kapso's answer cannot be read"):
        list(kapso.connected_numbers())


@pytest.mark.parametrize(
    ("fault", "status"), [("status", 500), ("status", 429), ("drop_before", 0)]
)
def test_a_read_is_repeated(
    sandbox: RunningSandbox, kapso: KapsoPlatform, fault: str, status: int
) -> None:
    sandbox.fault(fault=fault, path=PATH, status=status)
    assert list(kapso.connected_numbers()) == []
    assert count(sandbox, PATH) == 2


def test_kapso_that_stays_away_is_for_later(sandbox: RunningSandbox, kapso: KapsoPlatform) -> None:
    sandbox.fault(fault="status", path=PATH, status=503, times=None)
    with pytest.raises(VendorUnavailable) as caught:
        list(kapso.connected_numbers())
    assert caught.value.exit_code == 75
    assert count(sandbox, PATH) == 4
