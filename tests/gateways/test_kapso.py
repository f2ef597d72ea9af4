"""Kapso: which numbers carry a WhatsApp config."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kapso_twilio_cli.errors import (
    CredentialsError,
    StateError,
    VendorRefused,
    VendorUnavailable,
)
from kapso_twilio_cli.gateways.http import AnswerLost
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


def test_a_listing_with_fewer_entries_than_kapso_counts_is_none(
    sandbox: RunningSandbox, kapso: KapsoPlatform
) -> None:
    sandbox.claim(phone_number="+14155550123")
    sandbox.fault(fault="skip_page", path=PATH)
    with pytest.raises(VendorUnavailable) as caught:
        list(kapso.connected_numbers())
    assert caught.value.reason == "it lists 0 entries and counts 1"
    assert len(list(kapso.connected_numbers())) == 1


def test_a_number_is_read_by_its_own_id(sandbox: RunningSandbox, kapso: KapsoPlatform) -> None:
    phone_number_id = sandbox.claim(phone_number="+14155550123", customer_id="c")
    found = kapso.connected_number(phone_number_id)
    assert found is not None
    assert (found.phone_number, found.customer_id) == ("+14155550123", "c")
    assert found.business_account_id
    assert kapso.connected_number("1") is None


def test_a_customer_that_kapso_does_not_know_is_named(kapso: KapsoPlatform) -> None:
    with pytest.raises(StateError, match="Kapso knows no customer nobody") as caught:
        kapso.require_customer("nobody")
    assert "Customer not found" in (caught.value.reason or "")
    assert kapso.setup_links("nobody") == []


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "drop_after"},
        {"fault": "status", "status": 500},
        {"fault": "status", "status": 408},
        {"fault": "status", "status": 200, "body": "<html>"},
        {"fault": "status", "status": 201, "body": {"data": {}}},
        {"fault": "truncate"},
    ],
    ids=str,
)
def test_a_link_whose_answer_proves_nothing_may_have_been_made(
    sandbox: RunningSandbox, kapso: KapsoPlatform, fault: dict[str, Any]
) -> None:
    customer = sandbox.kapso("POST", "customers", {"customer": {"name": "Ada"}})["data"]["id"]
    sandbox.fault(method="POST", path="setup_links", **fault)
    with pytest.raises(AnswerLost):
        kapso.create_setup_link(customer, {"language": "en"})


def test_who_is_turned_away_waits_as_long_as_kapso_asks(
    sandbox: RunningSandbox, kapso: KapsoPlatform
) -> None:
    customer = sandbox.kapso("POST", "customers", {"customer": {"name": "Ada"}})["data"]["id"]
    headers = {"Retry-After": "1"}
    sandbox.fault(
        fault="status", status=429, headers=headers, times=2, method="POST", path="setup_links"
    )
    began = time.monotonic()
    made = kapso.create_setup_link(customer, {"language": "en"})
    assert time.monotonic() - began > 2
    assert made.url is not None
    assert made.token is not None
    assert made.token not in repr(made)


def test_a_link_that_has_ended_is_revoked_without_a_word(
    sandbox: RunningSandbox, kapso: KapsoPlatform
) -> None:
    customer = sandbox.kapso("POST", "customers", {"customer": {"name": "Ada"}})["data"]["id"]
    made = kapso.create_setup_link(customer, {"language": "en"})
    for _ in range(2):
        kapso.revoke_setup_link(customer, made.link_id)
    kapso.revoke_setup_link(customer, "00000000-0000-4000-8000-000000000000")
    assert [link.status for link in kapso.setup_links(customer)] == ["revoked"]


def test_a_404_that_is_not_kapsos_own_says_nothing_of_the_number(
    sandbox: RunningSandbox, kapso: KapsoPlatform
) -> None:
    sandbox.fault(fault="status", status=404, body="<html>no such page</html>", path=f"{PATH}/1")
    with pytest.raises(VendorUnavailable, match="Kapso's answer cannot be read"):
        kapso.connected_number("1")
