"""Owned numbers, through Twilio's own SDK."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from tests.sandbox.clients import Http, refusal, twilio_client, twilio_http
from tests.vendors import RunningSandbox, running_sandbox


def on_sale(client: Client, limit: int = 1) -> list[str]:
    found = client.available_phone_numbers("US").local.list(limit=limit)
    return [str(one.phone_number) for one in found]


def test_a_number_sells_once(sandbox: RunningSandbox, twilio: Client) -> None:
    number = on_sale(twilio)[0]
    bought = twilio.incoming_phone_numbers.create(phone_number=number, friendly_name="kt:a:b:c")
    assert (bought.phone_number, bought.friendly_name) == (number, "kt:a:b:c")
    assert bought.capabilities == {"voice": True, "sms": True, "mms": True, "fax": False}
    twilio.incoming_phone_numbers(bought.sid).delete()
    with pytest.raises(TwilioRestException) as error:
        twilio.incoming_phone_numbers.create(phone_number=number)
    assert refusal(error.value) == (400, 21422)
    kinds = [(entry["kind"], entry["phone_number"]) for entry in sandbox.ledger()]
    assert kinds == [("purchase", number), ("release", number)]


def test_the_ledger_has_what_was_paid(sandbox: RunningSandbox, twilio: Client) -> None:
    number = on_sale(twilio)[0]
    bought = twilio.incoming_phone_numbers.create(phone_number=number, friendly_name="first")
    bought.update(friendly_name="second")
    (entry,) = sandbox.ledger()
    assert entry["at"].endswith("Z")
    del entry["at"]
    assert entry == {
        "kind": "purchase",
        "phone_number": number,
        "sid": bought.sid,
        "friendly_name": "first",
        "monthly_price": "1.15",
    }


def test_a_second_post_of_an_owned_number_updates_it_and_answers_201(
    sandbox: RunningSandbox, plain_twilio: Http
) -> None:
    number = plain_twilio.get("AvailablePhoneNumbers/US/Local.json")["available_phone_numbers"][0]
    form = {"PhoneNumber": number["phone_number"], "FriendlyName": "mine"}
    first = plain_twilio.call("POST", "IncomingPhoneNumbers.json", data=form)
    again = plain_twilio.call(
        "POST", "IncomingPhoneNumbers.json", data=form | {"FriendlyName": "yours"}
    )
    assert (first[0], again[0]) == (201, 201)
    assert again[1]["sid"] == first[1]["sid"]
    assert again[1]["friendly_name"] == "yours"
    assert again[1]["status"] == "in-use"
    assert again[1]["date_created"] == first[1]["date_created"]
    assert len(sandbox.ledger()) == 1


def test_a_number_that_is_not_in_stock_is_refused_with_21422() -> None:
    with running_sandbox(stock={"US": 0, "DE": 0}) as empty, twilio_client(empty) as client:
        for number in ("+14155550123", "+4915299999999", "+819012345678"):
            with pytest.raises(TwilioRestException) as error:
                client.incoming_phone_numbers.create(phone_number=number)
            assert refusal(error.value) == (400, 21422)


def test_what_is_no_number_is_refused_with_21421(twilio: Client) -> None:
    for text in ("+1415", "not a number", "+5691"):
        with pytest.raises(TwilioRestException) as error:
            twilio.incoming_phone_numbers.create(phone_number=text)
        assert refusal(error.value) == (400, 21421)


def test_a_name_of_65_characters_is_refused_with_20002_and_costs_nothing() -> None:
    with running_sandbox(excused=["IncomingPhoneNumbers"]) as sandbox:
        with twilio_client(sandbox) as client, pytest.raises(TwilioRestException) as error:
            client.incoming_phone_numbers.create(
                phone_number=on_sale(client)[0], friendly_name="x" * 65
            )
        assert refusal(error.value) == (400, 20002)
        assert sandbox.ledger() == []


def test_without_a_name_a_number_is_named_as_at_home(twilio: Client) -> None:
    number = on_sale(twilio)[0]
    bought = twilio.incoming_phone_numbers.create(phone_number=number)
    assert bought.friendly_name == f"({number[2:5]}) {number[5:8]}-{number[8:]}"


def test_urls_and_sids_are_kept_as_sent(twilio: Client) -> None:
    bought = twilio.incoming_phone_numbers.create(
        phone_number=on_sale(twilio)[0],
        sms_url="https://example.com/sms",
        voice_url="https://example.com/voice",
        voice_method="GET",
    )
    read = twilio.incoming_phone_numbers(bought.sid).fetch()
    assert (read.sms_url, read.voice_url, read.voice_method, read.sms_method) == (
        "https://example.com/sms",
        "https://example.com/voice",
        "GET",
        "POST",
    )
    changed = twilio.incoming_phone_numbers(bought.sid).update(voice_url="")
    assert (changed.voice_url, changed.sms_url) == ("", "https://example.com/sms")


def test_a_listing_pages_to_the_end_newest_first(twilio: Client) -> None:
    numbers = on_sale(twilio, 7)
    for number in numbers:
        twilio.incoming_phone_numbers.create(phone_number=number)
    listed = twilio.incoming_phone_numbers.list(page_size=3)
    assert [one.phone_number for one in listed] == numbers[::-1]


def test_the_next_page_uri_is_relative_and_keeps_the_filters(
    twilio: Client, plain_twilio: Http
) -> None:
    for number in on_sale(twilio, 3):
        twilio.incoming_phone_numbers.create(phone_number=number, friendly_name="a b")
    page = plain_twilio.get("IncomingPhoneNumbers.json", PageSize=2, FriendlyName="a b")
    assert page["next_page_uri"].startswith("/2010-04-01/Accounts/AC")
    assert "FriendlyName=a+b" in page["next_page_uri"]
    assert "PageSize=2" in page["next_page_uri"]
    assert (page["page"], page["page_size"], page["previous_page_uri"]) == (0, 2, None)


def test_a_purchase_between_two_pages_shifts_nothing(twilio: Client) -> None:
    *numbers, extra = on_sale(twilio, 5)
    for number in numbers:
        twilio.incoming_phone_numbers.create(phone_number=number)
    first = twilio.incoming_phone_numbers.page(page_size=2)
    seen = [one.phone_number for one in first]
    twilio.incoming_phone_numbers.create(phone_number=extra)
    second = first.next_page()
    assert second is not None
    seen += [one.phone_number for one in second]
    assert seen == numbers[::-1]


def test_a_page_of_more_than_1000_is_refused_with_20007() -> None:
    with (
        running_sandbox(excused=["PageSize=5000"]) as sandbox,
        twilio_client(sandbox) as client,
        pytest.raises(TwilioException),
    ):
        client.incoming_phone_numbers.list(limit=5000)


def test_the_number_filter_matches_parts_and_wildcards(twilio: Client) -> None:
    one, other = on_sale(twilio, 2)
    for number in (one, other):
        twilio.incoming_phone_numbers.create(phone_number=number)

    def found(text: str) -> set[str]:
        return {str(n.phone_number) for n in twilio.incoming_phone_numbers.list(phone_number=text)}

    assert found(one) == {one}
    assert found("+1") == {one, other}
    assert one in found(one[:-1] + "*")
    assert found("+99") == set()


def test_the_name_filter_matches_exactly(twilio: Client) -> None:
    for name, number in zip(("kt:a:1", "kt:a:11"), on_sale(twilio, 2), strict=True):
        twilio.incoming_phone_numbers.create(phone_number=number, friendly_name=name)
    found = twilio.incoming_phone_numbers.list(friendly_name="kt:a:1")
    assert [one.friendly_name for one in found] == ["kt:a:1"]


def test_dates_are_rfc_2822(twilio: Client, plain_twilio: Http) -> None:
    twilio.incoming_phone_numbers.create(phone_number=on_sale(twilio)[0])
    (number,) = plain_twilio.get("IncomingPhoneNumbers.json")["incoming_phone_numbers"]
    assert number["date_created"].endswith(" +0000")
    assert number["date_created"][3:5] == ", "


def test_a_released_number_is_gone(plain_twilio: Http, twilio: Client) -> None:
    bought = twilio.incoming_phone_numbers.create(phone_number=on_sale(twilio)[0])
    path = f"IncomingPhoneNumbers/{bought.sid}.json"
    assert plain_twilio.call("DELETE", path) == (204, None)
    status, document = plain_twilio.call("DELETE", path)
    assert (status, document["code"]) == (404, 20404)
    assert twilio.incoming_phone_numbers.list() == []


def test_an_emergency_address_has_to_go_before_the_number(twilio: Client) -> None:
    bought = twilio.incoming_phone_numbers.create(
        phone_number=on_sale(twilio)[0], emergency_address_sid="AD" + "0" * 32
    )
    assert bought.emergency_address_status == "registered"
    with pytest.raises(TwilioRestException) as error:
        bought.delete()
    assert error.value.status == 400
    bought.update(emergency_status="Inactive")
    assert bought.delete()


def test_an_area_code_buys_another_number_each_time(
    sandbox: RunningSandbox, twilio: Client
) -> None:
    for _ in range(2):
        bought = twilio.incoming_phone_numbers.create(area_code="415")
        assert str(bought.phone_number).startswith("+1415")
    assert len({entry["phone_number"] for entry in sandbox.ledger()}) == 2
    with pytest.raises(TwilioRestException) as error:
        twilio.incoming_phone_numbers.create(area_code="999")
    assert error.value.code == 21452


def test_an_api_key_reaches_all_but_the_account(sandbox: RunningSandbox) -> None:
    with twilio_client(sandbox, with_key=True) as client:
        assert client.incoming_phone_numbers.list(page_size=1, limit=1) == []
        with pytest.raises(TwilioRestException) as error:
            client.api.accounts(sandbox.credentials["account_sid"]).fetch()
        assert refusal(error.value) == (401, 20003)


def test_the_auth_token_reaches_the_account(sandbox: RunningSandbox, twilio: Client) -> None:
    account = twilio.api.accounts(sandbox.credentials["account_sid"]).fetch()
    assert (account.status, account.type) == ("active", "Full")
    assert twilio.balance.fetch().currency == "USD"


def test_a_wrong_token_is_refused_with_20003(sandbox: RunningSandbox, plain_twilio: Http) -> None:
    plain_twilio.session.auth = (sandbox.credentials["account_sid"], "wrong")
    status, document = plain_twilio.call("GET", "IncomingPhoneNumbers.json")
    assert status == 401
    assert document == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


def test_another_account_is_not_found(sandbox: RunningSandbox, plain_twilio: Http) -> None:
    other = Http(plain_twilio.session, f"{sandbox.url}/2010-04-01/Accounts/AC{'0' * 32}")
    for path in ("IncomingPhoneNumbers.json", "Messages.json"):
        status, document = other.call("GET", path)
        assert (status, document["code"]) == (404, 20404)


def test_too_many_requests_at_once_are_refused_with_20429_and_not_processed() -> None:
    with running_sandbox(latency_ms=150, max_concurrent=2) as sandbox:
        with twilio_http(sandbox) as http, ThreadPoolExecutor(6) as pool:
            path = "IncomingPhoneNumbers.json"
            answers = list(
                pool.map(lambda _: http.call("POST", path, data={"AreaCode": "415"}), range(6))
            )
        refused = [document for status, document in answers if status == 429]
        assert refused
        assert {document["code"] for document in refused} == {20429}
        assert len(sandbox.ledger()) == 6 - len(refused)
