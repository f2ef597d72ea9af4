"""Numbers on sale."""

from __future__ import annotations

import time
from decimal import Decimal

import phonenumbers
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from kapso_twilio_cli.sandbox.countries import COUNTRIES
from kapso_twilio_cli.sandbox.stock import Stock, capacity
from tests.sandbox.clients import Http, refusal, twilio_client
from tests.vendors import running_sandbox


def test_a_search_shows_thirty_at_most_and_others_each_time(plain_twilio: Http) -> None:
    path = "AvailablePhoneNumbers/US/Local.json"

    def search() -> set[str]:
        shown = plain_twilio.get(path, PageSize=100)["available_phone_numbers"]
        return {one["phone_number"] for one in shown}

    first, second = search(), search()
    assert len(first) == len(second) == 30
    assert len(first & second) < 10


def test_a_search_is_one_page_with_upper_case_capabilities(plain_twilio: Http) -> None:
    document = plain_twilio.get("AvailablePhoneNumbers/US/Local.json", SmsEnabled="true")
    assert set(document) == {"available_phone_numbers", "uri"}
    number = document["available_phone_numbers"][0]
    assert number["capabilities"] == {"voice": True, "SMS": True, "MMS": True}
    assert (number["iso_country"], number["address_requirements"]) == ("US", "none")
    assert number["locality"]


def test_only_unsold_numbers_are_shown_and_a_stock_runs_out() -> None:
    with running_sandbox(stock={"CL": 3}) as sandbox, twilio_client(sandbox) as client:
        for left in (3, 2, 1, 0):
            shown = client.available_phone_numbers("CL").local.list()
            assert len(shown) == left
            if shown:
                client.incoming_phone_numbers.create(phone_number=str(shown[0].phone_number))


def test_filters_are_must_haves(twilio: Client) -> None:
    us = twilio.available_phone_numbers("US").local
    assert all("415" in str(n.phone_number) for n in us.list(contains="415555", limit=5))
    assert {str(n.phone_number)[2:5] for n in us.list(area_code=512)} == {"512"}
    assert {n.region for n in us.list(in_region="TX")} == {"TX"}
    assert all(str(n.phone_number).endswith("00") for n in us.list(contains="+1*******%00$"))
    assert us.list(fax_enabled=True) == []
    gb = twilio.available_phone_numbers("GB")
    assert gb.local.list(sms_enabled=True) == []
    assert gb.local.list(exclude_all_address_required=True) == []
    assert len(gb.mobile.list(sms_enabled=True, limit=4)) == 4


def test_a_country_names_the_types_that_are_sold_there(twilio: Client) -> None:
    countries = {one.country_code: one for one in twilio.available_phone_numbers.list()}
    assert {"US", "CL", "GB", "MX", "BR", "DE", "FR"} <= set(countries)
    assert set(countries["CL"].subresource_uris) == {"local", "mobile"}
    gb = twilio.available_phone_numbers("GB").fetch()
    assert set(gb.subresource_uris) == {"local", "mobile", "toll_free"}


def test_an_unknown_country_or_type_is_not_found(twilio: Client) -> None:
    with pytest.raises(TwilioRestException) as error:
        twilio.available_phone_numbers("ZZ").fetch()
    assert refusal(error.value) == (404, 20404)
    for type_ in (
        twilio.available_phone_numbers("US").mobile,
        twilio.available_phone_numbers("AQ").local,
    ):
        # A page that fails is a bare TwilioException in this SDK.
        with pytest.raises(TwilioException) as failed:
            type_.list()
        assert failed.value.args[1].status_code == 404


def test_prices_are_strings_and_toll_free_has_a_space(plain_twilio: Http, twilio: Client) -> None:
    base = plain_twilio.base.split("/2010")[0]
    document = Http(plain_twilio.session, base).get("v1/PhoneNumbers/Countries/US")
    assert document["price_unit"] == "USD"
    assert document["phone_number_prices"][0] == {
        "number_type": "local",
        "base_price": "1.15",
        "current_price": "1.15",
    }
    prices = twilio.pricing.v1.phone_numbers.countries("GB").fetch().phone_number_prices
    assert {one["number_type"] for one in prices or []} == {"local", "mobile", "toll free"}
    assert all(Decimal(one["current_price"]) > 0 for one in prices or [])


def test_every_number_of_the_catalogue_is_a_possible_number() -> None:
    for country in COUNTRIES.values():
        for offer in country.offers:
            stock = Stock(offer, capacity(offer))
            for place in (0, 1, 4711, stock.count - 1):
                number = stock.number(place)
                assert phonenumbers.is_possible_number(phonenumbers.parse(number)), number
                assert stock.holds(number)


def test_a_stock_holds_exactly_its_numbers() -> None:
    offer = COUNTRIES["US"].offers[0]
    stock, half = Stock(offer, 1000), Stock(offer, 500)
    numbers = [stock.number(place) for place in range(1000)]
    assert len(set(numbers)) == 1000
    assert all(stock.holds(number) for number in numbers)
    assert sum(half.holds(number) for number in numbers) == 500
    assert not stock.holds("+14155550")
    assert not stock.holds("+56912345678")


def test_no_two_offers_share_a_number() -> None:
    prefixes = [
        area.prefix
        for country in COUNTRIES.values()
        for offer in country.offers
        for area in offer.areas
    ]
    for prefix in prefixes:
        assert [one for one in prefixes if one.startswith(prefix)] == [prefix]


def test_a_stock_of_a_hundred_thousand_costs_nothing() -> None:
    started = time.perf_counter()
    with running_sandbox(stock={"US": 100_000}) as sandbox, twilio_client(sandbox) as client:
        assert len(client.available_phone_numbers("US").local.list()) == 30
    assert time.perf_counter() - started < 3
