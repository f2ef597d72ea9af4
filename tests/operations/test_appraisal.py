"""What an owned number is and costs."""

from __future__ import annotations

import dataclasses

import pytest

from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.limits import Limits
from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.errors import LimitExceeded, StateError
from kapso_twilio_cli.gateways.twilio_numbers import OwnedNumber
from kapso_twilio_cli.operations.buying.appraisal import appraise

from .shops import Shop

NUMBER = PhoneNumber("+12025550143")


def owned(shop: Shop, number: PhoneNumber = NUMBER) -> OwnedNumber:
    shop.sandbox.buy_in_console(number)
    found = shop.project.twilio.numbers.find(number)
    assert found is not None
    return found


def test_country_type_and_price_are_told(shop: Shop) -> None:
    found = appraise(shop.project, owned(shop, PhoneNumber("+56225550123")))
    assert (found.country, found.number_type) == (Country("CL"), NumberType.LOCAL)
    assert str(found.require_price(Limits())) == "2.50 USD"


def test_a_type_that_twilio_does_not_tell_is_taken_for_local(shop: Shop) -> None:
    untold = dataclasses.replace(owned(shop), number_type=None)
    assert appraise(shop.project, untold).number_type is NumberType.LOCAL


def test_an_unknown_price_is_for_the_caller_to_judge(shop: Shop) -> None:
    number = owned(shop)
    body = {"code": 70051, "message": "the key may not", "status": 403}
    shop.sandbox.fault(method="GET", path="^/v1/", fault="status", status=403, body=body)
    found = appraise(shop.project, number)
    assert found.price is None
    with pytest.raises(LimitExceeded, match="is unknown"):
        found.require_price(Limits())


def test_a_price_in_another_currency_counts_as_unknown_where_one_is_needed(shop: Shop) -> None:
    found = appraise(shop.project, owned(shop))
    assert found.price is not None
    with pytest.raises(LimitExceeded, match="counts as unknown"):
        found.require_price(Limits(currency="EUR"))


def test_a_number_of_no_country_cannot_be_appraised(shop: Shop) -> None:
    with pytest.raises(StateError, match="cannot be told which country"):
        appraise(shop.project, owned(shop, PhoneNumber("+80012345678")))
