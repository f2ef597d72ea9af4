"""What the receiver took in: kept for a quarter of an hour, used once, known for long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.domain.purchase import Owner
from kapso_twilio_cli.errors import StateError
from kapso_twilio_cli.inventory.arrivals import Arrival, Arrivals, Taken

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
MINE, OTHER = PhoneNumber("+12025550143"), PhoneNumber("+12025550144")
ME, ELSE = Owner("host", "boot", 1, "1"), Owner("host", "boot", 2, "2")


@pytest.fixture
def store(tmp_path: Path) -> Arrivals:
    store = Arrivals(tmp_path)
    store.create()
    return store


def arrival(sid: str, *, after: timedelta = timedelta(0), to: PhoneNumber = MINE) -> Arrival:
    return Arrival(sid, to, "123456", is_filtered=False, received_at=NOW + after)


def take(store: Arrivals, one: Arrival, delivery: str | None = "d") -> Taken:
    return store.take(one, delivery, one.received_at, worth_keeping=True)


def test_the_newest_arrival_of_a_number_comes_first(store: Arrivals) -> None:
    for number, (sid, to) in enumerate((("a", MINE), ("b", MINE), ("c", OTHER))):
        take(store, arrival(sid, after=timedelta(seconds=number), to=to))
    assert [one.message_sid for one in store.unused([MINE], NOW)] == ["b", "a"]
    assert len(store.unused([MINE, OTHER], NOW)) == 3
    assert store.unused([], NOW) == []


def test_an_arrival_is_what_it_was(store: Arrivals) -> None:
    one = Arrival("a", MINE, None, is_filtered=True, received_at=NOW)
    take(store, one)
    assert store.unused([MINE], NOW) == [one]


@pytest.mark.parametrize("touch", ["read", "write", "sweep", "claim"])
def test_what_is_old_is_deleted_whatever_is_done(
    store: Arrivals, tmp_path: Path, touch: str
) -> None:
    take(store, arrival("a"))
    assert b"123456" in store.path.read_bytes()
    later = NOW + QUARTER
    match touch:
        case "read":
            assert store.unused([MINE], later) == []
        case "write":
            take(store, Arrival("b", MINE, None, is_filtered=True, received_at=later))
        case "sweep":
            store.forget_old(later)
        case "claim":
            store.claim("b", ME, later)
    assert b"123456" not in store.path.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["arrivals.db"]


def test_a_retry_is_told_from_a_replay_by_its_delivery(store: Arrivals) -> None:
    assert take(store, arrival("a")) is Taken.NEW
    assert take(store, arrival("a", after=timedelta(seconds=9))) is Taken.RETRY
    assert take(store, arrival("a"), "another") is Taken.REPLAY
    assert take(store, arrival("a"), None) is Taken.REPLAY
    assert len(store.unused([MINE], NOW)) == 1
    assert take(store, arrival("b"), None) is Taken.NEW
    assert take(store, arrival("b"), None) is Taken.RETRY


@pytest.mark.parametrize("days", [0, 1, 399])
def test_what_is_sent_again_long_after_has_no_effect(store: Arrivals, days: int) -> None:
    take(store, arrival("a"))
    again = arrival("a", after=timedelta(days=days, minutes=15))
    assert take(store, again) is Taken.REPLAY
    assert store.unused([MINE], again.received_at) == []


def test_of_a_message_that_is_not_worth_keeping_only_a_digest_is_known(store: Arrivals) -> None:
    one = arrival("SM-of-somebody")
    assert store.take(one, "token-of-it", one.received_at, worth_keeping=False) is Taken.NEW
    content = store.path.read_bytes()
    for text in (one.message_sid, MINE, "123456", "token-of-it"):
        assert text.encode() not in content
    assert store.take(one, "token-of-it", one.received_at, worth_keeping=True) is Taken.RETRY
    assert store.unused([MINE], NOW) == []


def test_of_many_who_claim_a_message_one_gets_it(store: Arrivals) -> None:
    take(store, arrival("a"))
    owners = [Owner("host", "boot", pid, "1") for pid in range(16)]
    with ThreadPoolExecutor(8) as pool:
        former = list(pool.map(lambda owner: store.claim("a", owner, NOW), owners))
    (winner,) = [owner for owner, held in zip(owners, former, strict=True) if held is None]
    assert {held for held in former if held is not None} == {winner}
    assert store.unused([MINE], NOW) == []


def test_a_claim_can_be_taken_over_from_the_one_that_is_named_only(store: Arrivals) -> None:
    store.claim("a", ELSE, NOW)
    other = Owner("host", "boot", 3, "3")
    assert not store.claim_from(other, "a", ME, NOW)
    assert store.claim_from(ELSE, "a", ME, NOW)
    assert not store.claim_from(ELSE, "a", other, NOW)


def test_many_processes_may_take_one_message_in_and_it_is_there_once(store: Arrivals) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take(store, arrival("a")), range(16)))
    assert sorted(taken) == [Taken.NEW, *[Taken.RETRY] * 15]
    assert len(store.unused([MINE], NOW)) == 1


def test_the_file_is_for_its_owner_alone_and_making_it_again_changes_nothing(
    store: Arrivals,
) -> None:
    take(store, arrival("a"))
    store.path.chmod(0o644)
    store.create()
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert len(store.unused([MINE], NOW)) == 1


def test_without_a_file_nothing_has_arrived_and_none_is_made(tmp_path: Path) -> None:
    store = Arrivals(tmp_path)
    assert store.unused([MINE], NOW) == []
    assert not store.exists


def test_a_damaged_file_is_told_with_the_way_out(store: Arrivals) -> None:
    store.path.write_bytes(b"no database" * 1000)
    with pytest.raises(StateError) as caught:
        store.create()
    assert caught.value.hint is not None
    assert f"rm {store.path}" in caught.value.hint


def test_forgetting_everything_leaves_no_code(store: Arrivals) -> None:
    take(store, arrival("a"))
    store.forget_all()
    assert b"123456" not in store.path.read_bytes()
    assert take(store, arrival("a"), "another") is Taken.REPLAY
