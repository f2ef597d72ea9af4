"""Money as text, and number types as Twilio spells them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapso_twilio_cli.domain.money import Money, decimal_text
from kapso_twilio_cli.domain.number_type import NumberType


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00"),
        ("1", "1.00"),
        ("1.1", "1.10"),
        ("1.150", "1.15"),
        ("100", "100.00"),
        ("1E+2", "100.00"),
        ("0.0075", "0.0075"),
        ("1.23400", "1.234"),
        ("1234567.5", "1234567.50"),
    ],
)
def test_an_amount_has_two_places_or_as_many_as_it_needs(amount: str, text: str) -> None:
    assert decimal_text(Decimal(amount)) == text
    assert str(Money(Decimal(amount), "USD")) == f"{text} USD"


@given(st.decimals(min_value=0, max_value=10**9, places=6))
def test_no_cent_is_lost_in_the_text(amount: Decimal) -> None:
    text = decimal_text(amount)
    assert Decimal(text) == amount
    assert len(text.partition(".")[2]) >= 2
    assert "E" not in text


@pytest.mark.parametrize(
    ("kind", "subresource", "pricing_name"),
    [
        ("local", "local", "local"),
        ("mobile", "mobile", "mobile"),
        ("toll-free", "toll_free", "toll free"),
        ("national", "national", "national"),
    ],
)
def test_a_number_type_is_spelt_as_each_api_spells_it(
    kind: str, subresource: str, pricing_name: str
) -> None:
    number_type = NumberType(kind)
    assert (number_type.subresource, number_type.pricing_name) == (subresource, pricing_name)
