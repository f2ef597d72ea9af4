"""Failing numbers are tried again later each time, and Meta's cool-downs are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapso_twilio_cli.domain.backoff import not_replaced, pause_after
from kapso_twilio_cli.domain.limits import Limits

CODES = st.sampled_from([None, 100, 136024, 133015, 133016])
SUBCODES = st.sampled_from([None, 2388367, 2388091, 1])
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@given(st.integers(1, 40), CODES, SUBCODES)
def test_no_pause_is_shorter_than_the_one_before(
    failures: int, code: int | None, subcode: int | None
) -> None:
    pause = pause_after(failures, code, subcode)
    assert pause_after(failures + 1, code, subcode) >= pause
    assert pause >= pause_after(failures)
    assert timedelta(minutes=1) <= pause <= 7 * DAY


def test_pauses_grow_from_minutes_to_days() -> None:
    assert pause_after(1) < HOUR
    assert HOUR <= pause_after(3) < DAY
    assert pause_after(6) >= DAY


@pytest.mark.parametrize(
    ("code", "subcode", "least"),
    [
        (136024, None, HOUR),
        (136024, 12345, HOUR),
        (136024, 2388367, DAY),
        (136024, 2388091, 2 * HOUR),
        (133015, None, timedelta(minutes=5)),
        (133016, None, 3 * DAY),
        (100, 2388367, timedelta(0)),
    ],
)
def test_the_cool_down_of_metas_code_is_kept_from_the_first_refusal_on(
    code: int, subcode: int | None, least: timedelta
) -> None:
    assert pause_after(1, code, subcode) >= least


@given(st.integers(0, 50), st.none() | st.integers(0, 10))
def test_no_more_quarantined_numbers_are_replaced_than_the_limit(
    quarantined: int, limit: int | None
) -> None:
    left_out = not_replaced(Limits(max_quarantined=limit), quarantined)
    replaced = quarantined - left_out
    assert replaced == quarantined if limit is None else replaced == min(quarantined, limit)
