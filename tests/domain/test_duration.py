"""Durations as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapso_twilio_cli.domain.duration import duration_text, parse_duration
from kapso_twilio_cli.errors import UsageError


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("24h", timedelta(hours=24)),
        ("7d", timedelta(days=7)),
        ("0s", timedelta(0)),
    ],
)
def test_a_number_and_a_unit_are_a_duration(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration
    assert duration_text(duration) == text


@pytest.mark.parametrize("text", ["", "10", "h", "1.5h", "-1h", "1 h", "10M", "1h30m", "٣h", "1w"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a duration"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=999_999))
def test_what_is_written_reads_back(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(duration_text(duration)) == duration
