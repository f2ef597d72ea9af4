"""How many requests are let in: a burst, then a steady number, from one source and in all."""

from __future__ import annotations

from kapso_twilio_cli.webhook.rate import _SOURCES_AT_MOST, Door, Rate

SLOW = Rate(burst=3, per_second=1)
WIDE = Rate(burst=5, per_second=2)


def let_in(door: Door, source: str, now: float, count: int) -> int:
    """How many of so many requests come in at one moment."""
    return sum(door.lets_in(source, now) for _ in range(count))


def test_a_source_has_its_burst_and_then_its_pace() -> None:
    door = Door(0.0, one_source=SLOW, all_sources=WIDE)
    assert let_in(door, "a", 0.0, 10) == 3
    assert let_in(door, "a", 2.0, 10) == 2
    assert let_in(door, "a", 100.0, 10) == 3


def test_all_together_are_bounded_and_one_that_floods_does_not_keep_others_out() -> None:
    door = Door(0.0, one_source=SLOW, all_sources=WIDE)
    assert let_in(door, "a", 0.0, 1000) == 3
    assert let_in(door, "b", 0.0, 1000) == 2
    assert let_in(door, "c", 0.0, 1000) == 0


def test_a_million_sources_take_no_more_room_than_a_few() -> None:
    door = Door(0.0, one_source=SLOW, all_sources=WIDE)
    for number in range(3 * _SOURCES_AT_MOST):
        door.lets_in(str(number), number / 1000)
    assert len(door._sources) <= _SOURCES_AT_MOST
