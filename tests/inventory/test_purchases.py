"""Purchases: one intent a number and a ref, counted until it is known to have come to nothing."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kapso_twilio_cli.domain.lifecycle import NumberEvent
from kapso_twilio_cli.domain.money import Money
from kapso_twilio_cli.domain.purchase import PurchaseState, Purpose, RegulatorySids, SidSource
from kapso_twilio_cli.domain.resolution import ResolveReason
from kapso_twilio_cli.errors import StateError
from kapso_twilio_cli.inventory import columns
from kapso_twilio_cli.inventory.store import Inventory

from .stores import CL, DAY, NOW, US, everything, intent, new_number, phone

UNRESOLVED = (PurchaseState.OPEN, PurchaseState.UNKNOWN)


def test_an_intent_reads_back_as_it_was_written(inventory: Inventory) -> None:
    purchase = intent(
        1,
        country=CL,
        purpose=Purpose(pool=CL, ref="a", customer="Ana", reason=ResolveReason.POOL_EMPTY),
        regulatory=RegulatorySids("BU1", SidSource.COUNTRY, "AD1", SidSource.CALL),
        price=Money(Decimal("14.005"), "EUR"),
    )
    with inventory.write() as tx:
        tx.purchases.add(purchase)
    with inventory.read() as session:
        assert session.purchases.get(purchase.id) == purchase
        assert session.purchases.unresolved() == [purchase]
        assert session.purchases.unresolved_for_ref("a") == purchase
        assert session.purchases.unresolved_for_pool(CL) == 1
        assert session.purchases.unresolved_for_pool(US) == 0


@pytest.mark.parametrize("state", UNRESOLVED)
def test_a_number_and_a_ref_have_one_unresolved_purchase(
    inventory: Inventory, path: Path, state: PurchaseState
) -> None:
    with inventory.write() as tx:
        first = intent(1, purpose=Purpose(ref="a"))
        tx.purchases.add(first)
        tx.purchases.settle(first, state, NOW)
    before = everything(path)
    for second in (intent(2, phone_number=phone(1)), intent(2, purpose=Purpose(ref="a"))):
        with pytest.raises(StateError), inventory.write() as tx:
            tx.purchases.add(second)
    assert everything(path) == before


def test_a_number_may_be_bought_again_once_it_was_not(inventory: Inventory) -> None:
    with inventory.write() as tx:
        first = intent(1, purpose=Purpose(ref="a"))
        tx.purchases.add(first)
        tx.purchases.settle(first, PurchaseState.NOT_BOUGHT, NOW)
        assert not tx.purchases.number_is_taken(phone(1))
        tx.purchases.add(intent(2, phone_number=phone(1), purpose=Purpose(ref="a")))
        assert tx.purchases.number_is_taken(phone(1))


def test_a_number_is_taken_while_it_is_held_or_may_be(inventory: Inventory) -> None:
    with inventory.write() as tx:
        number = tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)
        assert tx.purchases.number_is_taken(phone(1))
        number = tx.numbers.apply(number, NumberEvent.VANISH, NOW)
        assert tx.purchases.number_is_taken(phone(1))
        tx.numbers.apply(number, NumberEvent.RELEASE, NOW)
        assert not tx.purchases.number_is_taken(phone(1))
        purchase = intent(2)
        tx.purchases.add(purchase)
        for state in (PurchaseState.OPEN, PurchaseState.UNKNOWN):
            tx.purchases.settle(purchase, state, NOW)
            assert tx.purchases.number_is_taken(phone(2))
        tx.purchases.settle(purchase, PurchaseState.NOT_BOUGHT, NOW)
        assert not tx.purchases.number_is_taken(phone(2))


@pytest.mark.parametrize("former", PurchaseState)
def test_a_sid_is_accepted_in_every_state(inventory: Inventory, former: PurchaseState) -> None:
    purchase = intent(1)
    with inventory.write() as tx:
        tx.purchases.add(purchase)
        tx.purchases.settle(purchase, former, NOW)
        tx.purchases.settle(purchase, PurchaseState.BOUGHT, NOW + DAY, sid="PN1")
        settled = tx.purchases.get(purchase.id)
    assert settled is not None
    assert (settled.state, settled.sid, settled.settled_at) == ("bought", "PN1", NOW + DAY)


@pytest.mark.parametrize("former", [PurchaseState.BOUGHT, PurchaseState.NOT_BOUGHT])
@pytest.mark.parametrize("later", [PurchaseState.NOT_BOUGHT, PurchaseState.UNKNOWN])
def test_what_another_process_settled_is_not_undone(
    inventory: Inventory, path: Path, former: PurchaseState, later: PurchaseState
) -> None:
    purchase = intent(1)
    with inventory.write() as tx:
        tx.purchases.add(purchase)
        tx.purchases.settle(purchase, former, NOW, sid="PN1", reason="settled")
    before = everything(path)
    with inventory.write() as tx:
        tx.purchases.settle(purchase, later, NOW + DAY, reason="late")
    assert everything(path) == before


def test_what_counts_is_all_but_released_numbers_and_every_unresolved_purchase(
    inventory: Inventory,
) -> None:
    with inventory.write() as tx:
        for index, event in enumerate((None, "retire", "vanish", "release")):
            number = tx.numbers.add(new_number(index), NumberEvent.BOUGHT, NOW)
            if event is not None:
                tx.numbers.apply(number, NumberEvent(event), NOW)
        for index, state in enumerate(PurchaseState, 10):
            purchase = intent(index, price=Money(Decimal("2.005"), "USD"))
            tx.purchases.add(purchase)
            tx.purchases.settle(purchase, state, NOW)
        spending = tx.purchases.spending("run", NOW)
        assert tx.purchases.monthly_cost() == spending.monthly_cost
    assert spending.numbers == 3 + 2  # not the released one; open and unknown
    assert spending.monthly_cost == 3 * Decimal("1.15") + 2 * Decimal("2.005")
    assert spending.numbers_by_country == {US: 5}
    assert spending.purchases_this_run == 3  # what was not bought paces nothing
    assert spending.purchases_last_day == 3


def test_numbers_and_purchases_count_for_their_own_country(inventory: Inventory) -> None:
    with inventory.write() as tx:
        tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)
        tx.numbers.add(new_number(2, country=CL), NumberEvent.BOUGHT, NOW)
        tx.purchases.add(intent(3, country=CL))
        spending = tx.purchases.spending("run", NOW)
    assert spending.numbers_by_country == {US: 1, CL: 2}
    assert spending.numbers == 3


def test_a_day_is_the_last_24_hours(inventory: Inventory) -> None:
    moment = timedelta(microseconds=1)
    with inventory.write() as tx:
        tx.purchases.add(intent(1, started_at=NOW - DAY))
        tx.purchases.add(intent(2, started_at=NOW - DAY + moment))
        tx.purchases.add(intent(3, started_at=NOW))
        assert tx.purchases.spending("run", NOW).purchases_last_day == 2
        assert tx.purchases.spending("run", NOW - moment).purchases_last_day == 3


def test_a_run_counts_its_own_purchases(inventory: Inventory) -> None:
    with inventory.write() as tx:
        tx.purchases.add(intent(1, run_id="mine"))
        tx.purchases.add(intent(2, run_id="another"))
        spending = tx.purchases.spending("mine", NOW)
    assert (spending.purchases_this_run, spending.purchases_last_day) == (1, 2)


def test_a_purchase_that_brought_a_number_counts_once(inventory: Inventory) -> None:
    purchase = intent(1)
    with inventory.write() as tx:
        tx.purchases.add(purchase)
        tx.purchases.settle(purchase, PurchaseState.BOUGHT, NOW, sid="PN1")
        tx.numbers.add(new_number(1, purchase_id=purchase.id), NumberEvent.BOUGHT, NOW)
        spending = tx.purchases.spending("run", NOW)
    assert (spending.numbers, spending.monthly_cost) == (1, Decimal("1.15"))


@given(st.decimals(min_value=0, max_value=10**6, places=6))
def test_no_price_is_rounded(price: Decimal) -> None:
    assert columns.amount(columns.millionths(price)) == price


# No number was bought before 2000, and a time zone is a shift of whole minutes.
TIMES = st.datetimes(
    min_value=datetime(2000, 1, 2),  # noqa: DTZ001 - the zone is drawn apart
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-720, 720).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)


@given(TIMES, TIMES)
def test_times_sort_as_text_and_read_back(one: datetime, two: datetime) -> None:
    assert columns.time(columns.time_text(one)) == one
    assert (columns.time_text(one) < columns.time_text(two)) == (one < two)


def test_the_journal_tells_a_purchase_from_intent_to_outcome(inventory: Inventory) -> None:
    purchase = replace(intent(1), id="x" * 16)
    with inventory.write() as tx:
        tx.purchases.add(purchase)
        tx.purchases.settle(purchase, PurchaseState.UNKNOWN, NOW, reason="lost")
        tx.purchases.settle(purchase, PurchaseState.BOUGHT, NOW, sid="PN1")
        kinds = [
            event.kind
            for kind in ("purchase_intended", "purchase_unknown", "purchase_bought")
            for event in tx.events.newest_of_kind(kind, NOW)
        ]
    assert kinds == ["purchase_intended", "purchase_unknown", "purchase_bought"]
