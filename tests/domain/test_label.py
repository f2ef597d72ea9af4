"""The label that every bought number carries at Twilio."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapso_twilio_cli.domain.label import Label, parse_label
from kapso_twilio_cli.ids import random_base32

LONGEST = 53
"""Of the 64 characters that Twilio takes (20002)."""

BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
PROJECTS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,23}", fullmatch=True)
LABELS = st.builds(
    Label,
    PROJECTS,
    st.text(BASE32, min_size=8, max_size=8),
    st.text(BASE32, min_size=16, max_size=16),
)


@given(LABELS)
def test_a_label_reads_back_and_fits_into_a_friendly_name(label: Label) -> None:
    assert parse_label(str(label)) == label
    assert len(str(label)) <= LONGEST


def test_the_longest_label_has_53_characters() -> None:
    assert len(str(Label("a" * 24, random_base32(8), random_base32(16)))) == LONGEST


@given(st.sampled_from([8, 16]))
def test_what_the_program_draws_is_readable_in_a_label(characters: int) -> None:
    drawn = random_base32(characters)
    assert len(drawn) == characters
    assert set(drawn) <= set(BASE32)


@pytest.mark.parametrize(
    "friendly_name",
    [
        "",
        "(415) 555-0123",
        "kt:acme:abcdefgh",
        "kt:acme:abcdefgh:abcdefghijklmnop:more",
        "kt:acme:abcdefgh:abcdefghijklmno",
        "kt:acme:abcdefgh:abcdefghijklmnopq",
        "kt:acme:ABCDEFGH:abcdefghijklmnop",
        "kt:acme:abcdefg1:abcdefghijklmnop",
        "kt:-acme:abcdefgh:abcdefghijklmnop",
        "kt:" + "a" * 25 + ":abcdefgh:abcdefghijklmnop",
        " kt:acme:abcdefgh:abcdefghijklmnop",
        "kt:acme:abcdefgh:abcdefghijklmnop\n",
        "KT:acme:abcdefgh:abcdefghijklmnop",
    ],
)
def test_a_name_that_only_looks_like_a_label_is_none(friendly_name: str) -> None:
    assert parse_label(friendly_name) is None
