"""The clock: Meta is never asked too early, and nothing lapses while there was time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kapso_twilio_cli.domain.reverification import A_FEW_A_DAY, LATELY, due_from, how_many_now

START = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
NINETY_DAYS = 90 * DAY
VALIDITIES = st.one_of(
    st.timedeltas(timedelta(seconds=2), 10 * DAY), st.timedeltas(10 * DAY, 200 * DAY)
)


@given(VALIDITIES)
def test_nothing_is_verified_anew_in_the_first_half_nor_before_the_last_45_days(
    validity: timedelta,
) -> None:
    expires_at = START + validity
    due = due_from(expires_at, START)
    assert due > START + validity / 2
    assert due >= expires_at - 45 * DAY
    if validity > timedelta(seconds=4):
        assert due < expires_at, "there is time left"


def test_where_it_is_not_known_when_it_was_verified_the_end_alone_counts() -> None:
    assert due_from(START + NINETY_DAYS, None) == START + 45 * DAY


@given(
    ages=st.lists(st.floats(0, 44), min_size=1, max_size=150),
    jitter=st.lists(st.floats(-0.05, 0.05), min_size=60, max_size=60),
)
@settings(max_examples=60)
def test_of_a_pool_that_is_looked_after_daily_none_lapses(
    ages: list[float], jitter: list[float]
) -> None:
    """Whatever was bought on whatever day; each run does what `how_many_now` says."""
    verified = [START - age * DAY for age in ages]
    begun: list[datetime] = []
    for day, late in enumerate(jitter):
        now = START + (day + 1 + late) * DAY
        for moment in verified:
            assert now < moment + NINETY_DAYS - DAY, "it lapsed, and there was time"
        due = sorted(at for at in verified if now >= due_from(at + NINETY_DAYS, at))
        lapses = [at + NINETY_DAYS - DAY for at in due]
        lately = sum(at >= now - LATELY for at in begun)
        count = how_many_now(lapses, now, lately)
        assert 0 <= count <= len(due)
        for at in due[:count]:
            verified[verified.index(at)] = now
            begun.append(now)


@given(st.integers(0, 400), st.integers(0, 400))
def test_while_there_is_time_no_more_than_a_days_share_is_done(due: int, begun: int) -> None:
    lapses = [START + 44 * DAY] * due
    count = how_many_now(lapses, START, begun)
    share = max(A_FEW_A_DAY, -(-due // 36))
    assert count == min(due, max(0, share - begun))


@given(st.integers(0, 40), st.integers(0, 40))
def test_what_would_lapse_before_the_next_run_is_done_whatever_was_done_today(
    urgent: int, begun: int
) -> None:
    lapses = [START + timedelta(seconds=30)] * urgent + [START + 40 * DAY] * 3
    assert how_many_now(lapses, START, begun) >= urgent
