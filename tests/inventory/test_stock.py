"""What is held: what could be released, what is to go, and what stays."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.lifecycle import NumberEvent, NumberState
from kapso_twilio_cli.domain.money import Money
from kapso_twilio_cli.domain.number import Number
from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.purchase import PurchaseState
from kapso_twilio_cli.inventory.stock import Held, held_by
from kapso_twilio_cli.inventory.store import Inventory, Session

from .stores import CL, DAY, NOW, PRICE, US, add_ready, intent, new_number, phone

EUROS = Money(Decimal("2.50"), "EUR")


def to_go(tx: Session, number: Number) -> Number:
    facts = replace(number.facts, release_requested_at=NOW)
    return tx.numbers.save(replace(number, facts=facts), "release_requested", NOW)


def test_what_may_be_handed_out_comes_soonest_to_expire_first(inventory: Inventory) -> None:
    with inventory.write() as tx:
        for index, days in ((1, 9), (2, 3), (3, 6), (4, 1)):
            add_ready(tx, index, NOW + days * DAY)
        add_ready(tx, 5, NOW + DAY, country=CL, facts={"pool": CL})
        tx.numbers.add(new_number(6), NumberEvent.BOUGHT, NOW)
        ready = tx.stock.ready(US, NOW + 2 * DAY)
    assert [number.phone_number for number in ready] == [phone(2), phone(3), phone(1)]


def test_what_ends_next_is_told_pool_by_pool(inventory: Inventory) -> None:
    with inventory.write() as tx:
        for index, days in ((1, 9), (2, 3), (3, 6)):
            add_ready(tx, index, NOW + days * DAY)
        add_ready(tx, 4, NOW + DAY, country=CL, facts={"pool": CL})
        assert [n.phone_number for n in tx.stock.next_to_expire(US, 2)] == [phone(2), phone(3)]
        assert [n.phone_number for n in tx.stock.next_to_expire(CL, 2)] == [phone(4)]
        assert tx.stock.next_to_expire(None, 2) == []


def test_the_newest_number_of_a_country_tells_its_price_in_whatever_state(
    inventory: Inventory,
) -> None:
    with inventory.write() as tx:
        for index, amount, event in ((1, "1.15", None), (2, "1.25", "retire"), (3, "9", None)):
            price = Money(Decimal(amount), "USD")
            country = CL if index == 3 else US
            new = new_number(index, price=price, country=country)
            number = tx.numbers.add(new, NumberEvent.BOUGHT, NOW)
            if event is not None:
                tx.numbers.apply(number, NumberEvent(event), NOW)
        assert tx.numbers.newest_price(US) == Decimal("1.25")
        assert tx.numbers.newest_price(CL) == Decimal(9)
        assert tx.numbers.newest_price(Country("GB")) is None


def test_provisioned_members_that_are_to_go_are_counted_by_pool(inventory: Inventory) -> None:
    with inventory.write() as tx:
        to_go(tx, tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW))
        to_go(tx, add_ready(tx, 2, NOW + DAY))
        tx.numbers.add(new_number(3), NumberEvent.BOUGHT, NOW)
        assert tx.stock.leaving() == {US: 1}


def test_what_is_to_be_released_is_neither_handed_out_nor_reused(inventory: Inventory) -> None:
    with inventory.write() as tx:
        to_go(tx, add_ready(tx, 1, NOW + DAY))
        loose = new_number(2, facts={"pool": None})
        to_go(tx, tx.numbers.add(loose, NumberEvent.BOUGHT, NOW))
        assert tx.numbers.claim(US, NOW, NOW) is None
        assert tx.numbers.unpooled(US, NumberType.LOCAL) is None
        assert [n.phone_number for n in tx.stock.to_be_released()] == [phone(1), phone(2)]


def test_a_release_is_off_when_the_number_is_connected_or_done(inventory: Inventory) -> None:
    with inventory.write() as tx:
        used = to_go(tx, tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW))
        connected = tx.numbers.apply(used, NumberEvent.SEEN_CONNECTED, NOW)
        assert connected.facts.release_requested_at is None
        gone = to_go(tx, tx.numbers.add(new_number(2), NumberEvent.BOUGHT, NOW))
        tx.numbers.apply(gone, NumberEvent.RELEASE, NOW)
        assert tx.stock.to_be_released() == []


def test_what_is_held_is_counted_in_each_currency(inventory: Inventory) -> None:
    with inventory.write() as tx:
        numbers = [
            tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW),
            tx.numbers.add(new_number(2, facts={"pool": None}), NumberEvent.BOUGHT_FOR_REF, NOW),
            tx.numbers.add(new_number(3, country=CL, price=EUROS), NumberEvent.ADOPTED, NOW),
        ]
        gone = tx.numbers.add(new_number(4), NumberEvent.BOUGHT, NOW)
        tx.numbers.apply(gone, NumberEvent.RELEASE, NOW)
        twice = Money(2 * PRICE.amount, "USD")
        everything = tx.stock.held()
        assert everything.count == 3
        assert set(everything.costs) == {twice, EUROS}
        assert tx.stock.held(pool=US, country=US) == Held(1, (PRICE,))
        assert tx.stock.held(country=CL) == Held(1, (EUROS,))
        assert set(held_by(numbers).costs) == {twice, EUROS}
        assert tx.stock.held(pool=CL) == held_by([]) == Held(0, ())


def test_an_import_keeps_when_it_was_bought_and_what_it_was_called(inventory: Inventory) -> None:
    long_ago = NOW - 90 * DAY
    with inventory.write() as tx:
        new = new_number(1, bought_at=long_ago)
        number = tx.numbers.add(new, NumberEvent.IMPORTED, NOW, detail="its name was: x")
        (event,) = tx.events.of_number(number.id)
    assert (number.bought_at, number.updated_at) == (long_ago, NOW)
    assert (number.state, event.detail) == (NumberState.PROVISIONED, "its name was: x")


def test_purchases_are_listed_unresolved_first_then_the_newest(inventory: Inventory) -> None:
    with inventory.write() as tx:
        for index in range(4):
            purchase = intent(index, started_at=NOW + timedelta(minutes=index))
            tx.purchases.add(purchase)
            if index in (1, 3):
                tx.purchases.settle(purchase, PurchaseState.NOT_BOUGHT, NOW)
        listed = [one.phone_number for one in tx.purchases.listed(None)]
        assert listed == [phone(2), phone(0), phone(3), phone(1)]
        only = [one.phone_number for one in tx.purchases.listed(PurchaseState.NOT_BOUGHT)]
        assert only == [phone(3), phone(1)]
        assert tx.purchases.unresolved_for_number(phone(1)) is None
        found = tx.purchases.unresolved_for_number(phone(2))
        assert found is not None
        assert found.phone_number == phone(2)
