"""Countries by their code."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapso_twilio_cli.domain.country import NAMES, country_name, parse_country
from kapso_twilio_cli.errors import UsageError


@pytest.mark.parametrize("text", ["CL", "cl", "Cl", " cl "])
def test_a_code_is_taken_in_any_case(text: str) -> None:
    assert parse_country(text) == "CL"
    assert country_name(parse_country(text)) == "Chile"


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("UK", "did you mean GB (United Kingdom)?"),
        ("uk", "did you mean GB (United Kingdom)?"),
        ("USA", "did you mean US (United States)?"),
        ("Chile", "did you mean CL (Chile)?"),
        ("germ", "did you mean DE (Germany)?"),
        ("germny", "did you mean DE (Germany)?"),
        ("Great Britain", "did you mean GB (United Kingdom)?"),
        ("Grat Britain", "did you mean GB (United Kingdom)?"),
        ("Burma", "did you mean MM (Myanmar)?"),
        ("Czech Republic", "did you mean CZ (Czechia)?"),
        ("united", "write it like US (United States) or CL (Chile)"),  # two begin so
        ("Untied States", "did you mean US (United States)?"),
        ("brasil", "did you mean BR (Brazil)?"),
        ("curacao", "did you mean CW (Curaçao)?"),
        ("ENG", "did you mean GB (United Kingdom)?"),
        ("Atlantis", "write it like US (United States) or CL (Chile)"),
        ("XYZ", "write it like US (United States) or CL (Chile)"),
        ("XX", "write it like US (United States) or CL (Chile)"),
        ("", "write it like US (United States) or CL (Chile)"),
    ],
)
def test_an_unknown_code_is_wrong_usage_with_the_nearest_named(text: str, suggestion: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_country(text)
    assert caught.value.exit_code == 2
    assert caught.value.message == f"{text!r} is not a country code"
    assert caught.value.hint == suggestion


def test_every_country_has_a_code_of_two_letters_and_a_name() -> None:
    assert len(NAMES) >= 249  # ISO 3166-1 has so many
    assert all(re.fullmatch("[A-Z]{2}", code) and name for code, name in NAMES.items())
    assert len(set(NAMES.values())) == len(NAMES)


@given(st.text(max_size=6))
def test_whatever_is_typed_is_a_known_country_or_refused(text: str) -> None:
    try:
        assert parse_country(text) in NAMES
    except UsageError:
        return
