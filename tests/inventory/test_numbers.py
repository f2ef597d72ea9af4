"""Numbers: they change by the table and by compare-and-set, and leave a trace."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kapso_twilio_cli.domain.lifecycle import NumberEvent, NumberState
from kapso_twilio_cli.domain.money import Money
from kapso_twilio_cli.domain.number import NumberFacts
from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.errors import Locked, StateError
from kapso_twilio_cli.inventory.listing import Filter
from kapso_twilio_cli.inventory.numbers import require
from kapso_twilio_cli.inventory.store import Inventory

from .stores import CL, DAY, NOW, US, add_ready, everything, hold, intent, new_number, opened, phone


def test_a_number_reads_back_as_it_entered(inventory: Inventory) -> None:
    facts = NumberFacts(
        "kt:a:b:c",
        can_receive_sms=False,
        pool=CL,
        preverified_id="123",
        verification_expiry_time=NOW + DAY,
        code_requested_at=NOW + timedelta(microseconds=7),
        verification_failures=2,
        next_attempt_at=NOW - DAY,
    )
    price = Money(Decimal("0.007500"), "EUR")
    new = replace(
        new_number(1), country=CL, number_type=NumberType.TOLL_FREE, price=price, facts=facts
    )
    with inventory.write() as tx:
        added = tx.numbers.add(new, NumberEvent.ADOPTED, NOW)
    with inventory.read() as session:
        number = session.numbers.get(added.id)
    assert number == added
    assert (number.phone_number, number.sid, number.country) == (phone(1), new.sid, CL)
    assert (number.number_type, number.price, number.facts) == (new.number_type, price, facts)
    assert (number.state, number.bought_at, number.version) == (NumberState.QUARANTINED, NOW, 1)


def test_a_stale_change_is_refused_and_changes_nothing(inventory: Inventory, path: Path) -> None:
    with inventory.write() as tx:
        stale = tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)
    with opened(path) as another, another.write() as tx:
        tx.numbers.apply(stale, NumberEvent.CONNECT, NOW)
    before = everything(path)
    with pytest.raises(Locked) as caught, inventory.write() as tx:
        tx.numbers.apply(stale, NumberEvent.BEGIN_VERIFICATION, NOW)
    assert caught.value.exit_code == 75
    with pytest.raises(Locked), inventory.write() as tx:
        tx.numbers.save(stale, "noted", NOW)
    assert everything(path) == before


def test_a_move_that_the_table_does_not_have_changes_nothing(
    inventory: Inventory, path: Path
) -> None:
    with inventory.write() as tx:
        number = tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)
    before = everything(path)
    with inventory.write() as tx, pytest.raises(StateError):
        tx.numbers.apply(number, NumberEvent.CLAIM, NOW)
    assert everything(path) == before


def test_every_change_is_one_event_with_run_host_and_reason(path: Path) -> None:
    with opened(path, run_id="r1", host="one") as inventory, inventory.write() as tx:
        number = tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)
    with opened(path, run_id="r2", host="two") as inventory, inventory.write() as tx:
        number = tx.numbers.apply(number, NumberEvent.RETIRE, NOW + DAY, reason="worn out")
        tx.numbers.save(number, "noted", NOW + DAY, detail="seen")
        events = tx.events.of_number(number.id)
    assert [(e.kind, e.from_state, e.to_state, e.run_id, e.host) for e in events] == [
        ("bought", None, "provisioned", "r1", "one"),
        ("retire", "provisioned", "unavailable", "r2", "two"),
        ("noted", "unavailable", "unavailable", "r2", "two"),
    ]
    assert [event.detail for event in events] == ["label 1", "worn out", "seen"]
    assert [event.at for event in events] == [NOW, NOW + DAY, NOW + DAY]


@pytest.mark.parametrize(
    ("another", "names"),
    [
        ({"sid": "PN" + "f" * 32}, "phone_number"),
        ({"phone_number": phone(9)}, "sid"),
        ({"purchase_id": "0" * 16, "sid": "PN" + "f" * 32, "phone_number": phone(9)}, "purchase"),
    ],
)
def test_a_number_a_sid_and_a_purchase_are_there_once(
    inventory: Inventory, path: Path, another: dict[str, Any], names: str
) -> None:
    with inventory.write() as tx:
        tx.purchases.add(intent(0))
        tx.numbers.add(new_number(1, purchase_id="0" * 16), NumberEvent.BOUGHT, NOW)
    before = everything(path)
    with pytest.raises(StateError) as caught, inventory.write() as tx:
        tx.numbers.add(new_number(1, **another), NumberEvent.IMPORTED, NOW)
    assert names in (caught.value.reason or "")
    assert everything(path) == before


def test_a_claim_takes_the_number_that_expires_soonest_and_lasts(inventory: Inventory) -> None:
    with inventory.write() as tx:
        for index, days in enumerate((30, 10, 1, 20)):
            add_ready(tx, index, NOW + days * DAY)
    for expected in (1, 3, 0):
        with inventory.write() as tx:
            claimed = tx.numbers.claim(US, NOW + 2 * DAY, NOW)
        assert claimed is not None
        assert (claimed.phone_number, claimed.state) == (phone(expected), NumberState.RESERVED)
    with inventory.write() as tx:
        assert tx.numbers.claim(US, NOW + 2 * DAY, NOW) is None
        last = tx.numbers.claim(US, NOW + DAY, NOW)  # lasts exactly as long as it must
    assert last is not None
    assert last.phone_number == phone(2)


def test_a_claim_takes_members_of_the_pool_alone(inventory: Inventory, path: Path) -> None:
    with inventory.write() as tx:
        add_ready(tx, 1, NOW + 30 * DAY, facts={"pool": None})
        add_ready(tx, 2, NOW + 30 * DAY, facts={"pool": CL})
        tx.numbers.add(new_number(3), NumberEvent.BOUGHT, NOW)
    before = everything(path)
    with inventory.write() as tx:
        assert tx.numbers.claim(US, NOW, NOW) is None
    assert everything(path) == before


def test_a_claim_leaves_numbers_without_an_object_at_meta(inventory: Inventory) -> None:
    with inventory.write() as tx:
        ready = add_ready(tx, 1, NOW + 30 * DAY)
        facts = replace(ready.facts, preverified_id=None)
        tx.numbers.save(replace(ready, facts=facts), "forgotten", NOW)
        assert tx.numbers.claim(US, NOW, NOW) is None


def test_a_claimed_number_has_moved_on_for_everybody_who_read_it(inventory: Inventory) -> None:
    with inventory.write() as tx:
        ready = add_ready(tx, 1, NOW + 30 * DAY)
        claimed = tx.numbers.claim(US, NOW, NOW)
    assert claimed is not None
    assert claimed.version == ready.version + 1
    with pytest.raises(Locked), inventory.write() as tx:
        tx.numbers.apply(ready, NumberEvent.LAPSED, NOW)
    with inventory.read() as session:
        events = session.events.of_number(claimed.id)
    assert (events[-1].kind, events[-1].from_state, events[-1].to_state) == (
        "claim",
        "ready",
        "reserved",
    )


def test_a_number_and_a_ref_have_one_living_reservation(inventory: Inventory, path: Path) -> None:
    with inventory.write() as tx:
        one = add_ready(tx, 1, NOW + DAY)
        two = add_ready(tx, 2, NOW + DAY)
        tx.reservations.add(hold("a"), one, NOW)
    before = everything(path)
    for ref, number in (("a", two), ("b", one)):
        with pytest.raises(StateError), inventory.write() as tx:
            tx.reservations.add(hold(ref), number, NOW)
    assert everything(path) == before
    with inventory.write() as tx:
        tx.reservations.end(one.id, NOW, "cancel")
        again = tx.reservations.add(hold("a"), two, NOW)
        assert tx.reservations.of_ref("a") == again
        assert tx.reservations.of_number(one.id) is None
        ended = [held for held in tx.reservations.living() if held.ended_at is not None]
    assert ended == []


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), [1, 2, 3]),
        (Filter(country=CL), [2]),
        (Filter(state=NumberState.READY), [1]),
        (Filter(state=NumberState.RELEASED), [4]),
        (Filter(customer="Ana"), [3]),
        (Filter(ref="a"), [3]),
        (Filter(ref="a", country=CL), []),
    ],
)
def test_numbers_are_listed_by_every_question(
    inventory: Inventory, wanted: Filter, expected: list[int]
) -> None:
    with inventory.write() as tx:
        add_ready(tx, 1, NOW + 30 * DAY)
        tx.numbers.add(new_number(2, country=CL), NumberEvent.BOUGHT, NOW)
        held = tx.numbers.add(new_number(3), NumberEvent.BOUGHT_FOR_REF, NOW)
        tx.reservations.add(hold("a", customer="Ana"), held, NOW)
        gone = tx.numbers.add(new_number(4), NumberEvent.BOUGHT, NOW)
        tx.numbers.apply(gone, NumberEvent.RELEASE, NOW)
    with inventory.read() as session:
        listed = session.listed(wanted)
    assert [one.number.phone_number for one in listed] == [phone(index) for index in expected]
    assert [one.reservation.ref for one in listed if one.reservation] == ["a"] * (3 in expected)


def test_a_live_onboarding_reuses_the_oldest_number_that_waits_for_nobody(
    inventory: Inventory,
) -> None:
    loose = {"facts": {"pool": None}}
    with inventory.write() as tx:
        tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)  # a pool's
        tx.numbers.add(new_number(2, country=CL, **loose), NumberEvent.BOUGHT, NOW)
        tx.numbers.add(
            new_number(3, number_type=NumberType.MOBILE, **loose), NumberEvent.BOUGHT, NOW
        )
        tx.numbers.add(new_number(4, **loose), NumberEvent.BOUGHT_FOR_REF, NOW)
        assert tx.numbers.unpooled(US, NumberType.LOCAL) is None
        for index in (5, 6):
            tx.numbers.add(new_number(index, **loose), NumberEvent.BOUGHT, NOW)
        found = tx.numbers.unpooled(US, NumberType.LOCAL)
    assert found is not None
    assert found.phone_number == phone(5)


def test_a_ready_number_counts_as_expired_only_after_its_time(inventory: Inventory) -> None:
    with inventory.write() as tx:
        add_ready(tx, 1, NOW)
        add_ready(tx, 2, NOW + timedelta(microseconds=1))
        assert tx.numbers.expired(US, NOW) == []
        late = NOW + timedelta(microseconds=1)
        assert [n.phone_number for n in tx.numbers.expired(US, late)] == [phone(1)]
        assert tx.numbers.expiring(US, late) == 1


def test_a_number_that_is_not_held_is_not_the_projects(inventory: Inventory) -> None:
    with inventory.write() as tx:
        number = tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)
        assert require(number, phone(1), "acme") is number
        released = tx.numbers.apply(number, NumberEvent.RELEASE, NOW)
    for held in (None, released):
        with pytest.raises(StateError, match=r"\+14155550001 is not a number of project acme"):
            require(held, phone(1), "acme")
