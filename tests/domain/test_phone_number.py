"""Phone numbers: full E.164, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapso_twilio_cli.domain.country import country_of
from kapso_twilio_cli.domain.phone_number import (
    PhoneNumber,
    mask,
    mask_all,
    normalise,
    parse_phone_number,
)
from kapso_twilio_cli.errors import UsageError


@pytest.mark.parametrize("text", ["+56912345678", "+14155550123", "+442071838750", "+4930123456"])
def test_a_full_number_is_taken_as_it_is(text: str) -> None:
    assert parse_phone_number(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "+5691",
        "56912345678",
        "0056912345678",
        "912345678",
        "+56 9 1234 5678",
        "+1 (415) 555-0123",
        "+1415555012*",
        "+0123456789",
        "+999123456789",
        "+1415555",
        "+1415555012345",
        "+1234567890123456",
        "+56912345678\n",
        " +56912345678",
        "+٥٦٩١٢٣٤٥٦٧٨",
        "+14155550123;ext=1",
        "tel:+14155550123",
    ],
)
def test_anything_partial_or_ambiguous_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_phone_number(text)
    assert caught.value.exit_code == 2
    assert repr(text) in caught.value.message
    assert "+56912345678" in (caught.value.hint or "")


@given(st.text())
def test_whatever_is_typed_is_taken_unchanged_or_refused(text: str) -> None:
    try:
        assert parse_phone_number(text) == text
    except UsageError:
        return


@pytest.mark.parametrize(
    ("displayed", "phone_number"),
    [
        ("+1 211-555-5105", "+12115555105"),
        ("12115555105", "+12115555105"),
        ("+56 9 1234 5678", "+56912345678"),
        ("(+44) 20 7183 8750", "+442071838750"),
        ("", None),
        ("hidden", None),
        ("12345", None),
        ("+0 123 456 789", None),
    ],
)
def test_a_vendors_display_form_is_normalised(displayed: str, phone_number: str | None) -> None:
    assert normalise(displayed) == phone_number


@pytest.mark.parametrize("text", ["+14155550123", "+4930123456", "+5691234", "+569123456"])
def test_a_masked_number_does_not_give_the_number_away(text: str) -> None:
    assert "•••" in mask(text)
    assert len(mask(text).replace("•", "")) < len(text)
    assert text not in mask(text)


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+12025550143", "US"),
        ("+14165550143", "CA"),
        ("+56225550123", "CL"),
        ("+447700900123", "GB"),  # not assigned yet, and no other country's either
        ("+19995550143", None),  # behind +1 a guess might be of another price
        ("+80012345678", None),
    ],
)
def test_the_country_of_a_number_is_told_or_not_guessed(number: str, country: str | None) -> None:
    assert country_of(PhoneNumber(number)) == country


def test_every_number_in_a_text_is_masked_and_nothing_else() -> None:
    rest = f"until 2026-11-24 (PN{'0' * 31}1): error 30038"
    text = f"+56912345678 for 14155550123 {rest}"
    assert mask_all(text) == f"+5691•••5678 for 14155•••0123 {rest}"


@pytest.mark.parametrize(
    "text",
    [
        "/PhoneNumbers/+14155550123",
        "/PhoneNumbers/%2B14155550123",
        "/PhoneNumbers/%2b14155550123.json",
        "the number +1 415-555-0123 is taken",
        "the number +1 (415) 555-0123th",
        "kt+14155550123",
        "its name was: (415) 555-0123",
        "to=14155550123&",
        "0014155550123 is how some dial it",
    ],
)
def test_a_number_is_masked_however_it_is_written(text: str) -> None:
    masked = mask_all(text)
    assert "•••0123" in masked
    assert "555" not in masked
