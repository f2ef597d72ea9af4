"""Which way a number's code is asked for, and what a run learns."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from kapso_twilio_cli.domain.code_method import CodeMethod
from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.number import Number
from kapso_twilio_cli.operations.verifying.code_ways import BY_SMS, CodeWays

from .shops import Shop
from .test_verification import waiting_number

CHILE = Country("CL")


def in_chile(number: Number) -> Number:
    return replace(number, country=CHILE)


def without_sms(number: Number) -> Number:
    return replace(number, facts=replace(number.facts, can_receive_sms=False))


def test_sms_is_the_first_way_of_a_number_that_receives_it(shop: Shop) -> None:
    ways = CodeWays(shop.project)
    assert ways.of(waiting_number()) == BY_SMS
    assert ways.of(without_sms(waiting_number())) == ways.by_voice


def test_a_blanked_code_sends_every_later_number_by_voice_in_every_country(shop: Shop) -> None:
    ways = CodeWays(shop.project)
    ways.note_blanked()
    assert ways.of(waiting_number()) == ways.of(in_chile(waiting_number())) == ways.by_voice


def test_a_missing_code_says_something_of_its_country_alone(shop: Shop) -> None:
    ways = CodeWays(shop.project)
    ways.note_missed(CHILE)
    assert ways.of(in_chile(waiting_number())) == ways.by_voice
    assert ways.of(waiting_number()) == BY_SMS


@pytest.mark.parametrize(
    "shop",
    [{"meta": {"code_method": "voice"}, "countries": {"CL": {"code_method": "sms"}}}],
    indirect=True,
)
def test_a_countrys_way_goes_before_the_projects(shop: Shop) -> None:
    ways = CodeWays(shop.project)
    assert ways.of(waiting_number()).method is CodeMethod.VOICE
    assert ways.of(in_chile(waiting_number())) == BY_SMS


@pytest.mark.parametrize(
    "shop", [{"voice": {"url": "https://example.com/voice-code"}}], indirect=True
)
def test_a_url_of_ones_own_answers_instead_of_the_twimlet(shop: Shop) -> None:
    way = CodeWays(shop.project).by_voice
    assert (way.voice_url, way.voice_url_method) == ("https://example.com/voice-code", "POST")


@pytest.mark.parametrize("shop", [{"voice": {"key": "ww5#", "delay_seconds": 3}}], indirect=True)
def test_the_twimlet_is_made_of_the_settings(shop: Shop) -> None:
    way = CodeWays(shop.project).by_voice
    assert way.voice_url is not None
    assert way.voice_url.startswith("https://twimlets.com/echo?Twiml=%3CResponse%3E")
    assert "ww5%23" in way.voice_url
    assert "length%3D%223%22" in way.voice_url
    assert way.voice_url_method == "GET"
