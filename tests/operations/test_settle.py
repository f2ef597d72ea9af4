"""Settling an unknown purchase: by looking, never by buying again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from kapso_twilio_cli.domain.lifecycle import NumberState
from kapso_twilio_cli.domain.number import Number
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.domain.purchase import Owner, Purchase, PurchaseState, Purpose
from kapso_twilio_cli.domain.resolution import ResolveReason
from kapso_twilio_cli.errors import VendorUnavailable
from kapso_twilio_cli.operations.buying.settle import Settlement, settle
from tests.gateways.clients import count

from .shops import OWNED, POST, US, Shop, dead_process

NUMBER = PhoneNumber("+14155550123")
LONG_AGO = timedelta(minutes=11)
"""Longer than limits.settle_after, which is 10 minutes."""
A_MOMENT_AGO = timedelta(minutes=9)


def unknown(shop: Shop, ago: timedelta, owner: Owner | None = None) -> Purchase:
    """Leave a purchase whose answer was lost."""
    started_at = shop.project.now() - ago
    purchase = shop.intent(
        NUMBER,
        started_at=started_at,
        deadline=started_at + timedelta(seconds=85),
        owner=owner or dead_process(shop.project),
    )
    return shop.settle_as(purchase, PurchaseState.UNKNOWN)


def broken_off(shop: Shop, ago: timedelta, owner: Owner) -> Purchase:
    """Leave a purchase whose process said nothing more."""
    started_at = shop.project.now() - ago
    return shop.intent(
        NUMBER, started_at=started_at, deadline=started_at + timedelta(seconds=85), owner=owner
    )


def bought(settlement: Settlement) -> Number | None:
    """Give the number that a settled purchase brought."""
    return None if settlement.recorded is None else settlement.recorded.number


def stays(shop: Shop, purchase: Purchase, settlement: Settlement, why: str) -> None:
    """Check that nothing was decided."""
    assert bought(settlement) is None
    assert why in (settlement.still_unknown or "")
    assert shop.purchase(purchase.id) == purchase
    with shop.project.inventory.read() as session:
        assert session.purchases.number_is_taken(NUMBER)
        assert session.purchases.spending("run", shop.project.now()).numbers == 1


def test_an_answer_that_lacks_the_number_is_no_proof_while_another_shows_its_label(
    shop: Shop,
) -> None:
    purchase = unknown(shop, LONG_AGO)
    sid = shop.sandbox.buy_in_console(NUMBER, purchase.label)
    shop.sandbox.fault(fault="skip_page", method="GET", path=OWNED)
    number = bought(settle(shop.project, purchase))
    assert number is not None
    assert number.sid == sid
    assert shop.files.owes_what_it_knows()


def test_its_label_on_the_number_settles_a_purchase_at_once(shop: Shop) -> None:
    purchase = unknown(shop, timedelta(0))
    sid = shop.sandbox.buy_in_console(NUMBER, purchase.label)
    settlement = settle(shop.project, purchase)
    assert settlement.still_unknown is None
    number = bought(settlement)
    assert number is not None
    assert (number.sid, number.facts.pool) == (sid, US)
    assert number.state is NumberState.PROVISIONED
    settled = shop.purchase(purchase.id)
    assert (settled.state, settled.sid) == (PurchaseState.BOUGHT, sid)
    assert count(shop.sandbox, POST) == 0


def test_settling_finishes_what_the_purchase_was_for(shop: Shop) -> None:
    purpose = Purpose(ref="a", customer="Ana", reason=ResolveReason.NO_POOL)
    purchase = shop.intent(NUMBER, purpose=purpose, owner=dead_process(shop.project))
    shop.sandbox.buy_in_console(NUMBER, purchase.label)
    settlement = settle(shop.project, purchase)
    number = bought(settlement)
    assert number is not None
    assert number.state is NumberState.RESERVED
    with shop.project.inventory.read() as session:
        held = session.reservations.of_ref("a")
    assert held is not None
    assert (held.number_id, held.customer) == (number.id, "Ana")


def test_settling_again_gives_the_same_number(shop: Shop) -> None:
    purchase = unknown(shop, LONG_AGO)
    shop.sandbox.buy_in_console(NUMBER, purchase.label)
    first = settle(shop.project, purchase)
    before = shop.files.everything()
    assert settle(shop.project, purchase) == first
    assert shop.files.everything() == before


def test_a_label_that_the_owner_still_works_on_settles_too(shop: Shop) -> None:
    purchase = broken_off(shop, timedelta(0), shop.project.owner)
    shop.sandbox.buy_in_console(NUMBER, purchase.label)
    assert bought(settle(shop.project, purchase)) is not None


def test_the_number_without_its_label_is_a_persons_decision(shop: Shop) -> None:
    purchase = unknown(shop, LONG_AGO)
    shop.sandbox.buy_in_console(NUMBER, "the sales line")
    stays(shop, purchase, settle(shop.project, purchase), "a person must decide")
    assert shop.label_of(NUMBER) == "the sales line"


def test_its_label_on_a_number_that_was_there_before_is_a_persons_decision(shop: Shop) -> None:
    """A purchase of a number that the account has already is answered 201, and renames it."""
    started_at = shop.project.now() + timedelta(minutes=1)
    purchase = shop.intent(NUMBER, started_at=started_at, owner=dead_process(shop.project))
    shop.sandbox.buy_in_console(NUMBER, purchase.label)
    stays(shop, purchase, settle(shop.project, purchase), "was in the account before")


def test_another_number_that_contains_its_digits_proves_nothing(shop: Shop) -> None:
    shorter, longer = PhoneNumber("+4930123456"), PhoneNumber("+49301234567")
    purchase = shop.intent(
        shorter, started_at=shop.project.now() - LONG_AGO, owner=dead_process(shop.project)
    )
    shop.sandbox.buy_in_console(longer, purchase.label)
    settlement = settle(shop.project, purchase)
    assert (bought(settlement), settlement.still_unknown) == (None, None)
    assert shop.purchase(purchase.id).state is PurchaseState.NOT_BOUGHT


def test_absence_too_early_proves_nothing(shop: Shop) -> None:
    purchase = unknown(shop, A_MOMENT_AGO)
    stays(shop, purchase, settle(shop.project, purchase), "limits.settle_after")


def test_a_listing_that_lags_proves_nothing_too_early(shop: Shop) -> None:
    purchase = unknown(shop, A_MOMENT_AGO)
    shop.sandbox.buy_in_console(NUMBER, purchase.label)
    shop.sandbox.fault(fault="lag", method="GET", path=OWNED, delay_ms=60_000)
    stays(shop, purchase, settle(shop.project, purchase), "not in the account yet")
    assert bought(settle(shop.project, purchase)) is not None


def test_absence_long_after_proves_that_it_was_not_bought(shop: Shop) -> None:
    purchase = unknown(shop, LONG_AGO)
    settlement = settle(shop.project, purchase)
    assert (bought(settlement), settlement.still_unknown) == (None, None)
    assert shop.purchase(purchase.id).state is PurchaseState.NOT_BOUGHT
    with shop.project.inventory.read() as session:
        assert not session.purchases.number_is_taken(NUMBER)
    assert count(shop.sandbox, POST) == 0


def test_what_a_dead_process_left_open_is_settled_as_well(shop: Shop) -> None:
    owner = dead_process(shop.project)
    early = broken_off(shop, A_MOMENT_AGO, owner)
    stays(shop, early, settle(shop.project, early), "limits.settle_after")
    shop.settle_as(early, PurchaseState.NOT_BOUGHT)
    late = broken_off(shop, LONG_AGO, owner)
    assert settle(shop.project, late).still_unknown is None
    assert shop.purchase(late.id).state is PurchaseState.NOT_BOUGHT


def test_what_a_living_process_has_open_is_left_to_it(shop: Shop) -> None:
    purchase = broken_off(shop, LONG_AGO, shop.project.owner)
    stays(shop, purchase, settle(shop.project, purchase), "still at work (pid")


def test_what_another_host_has_open_is_left_to_it_until_its_deadline(shop: Shop) -> None:
    elsewhere = replace(shop.project.owner, host="elsewhere")
    started_at = shop.project.now() - LONG_AGO
    waiting = shop.intent(
        NUMBER,
        started_at=started_at,
        deadline=shop.project.now() + timedelta(minutes=1),
        owner=elsewhere,
    )
    stays(shop, waiting, settle(shop.project, waiting), "on elsewhere")
    shop.settle_as(waiting, PurchaseState.NOT_BOUGHT)
    over = broken_off(shop, LONG_AGO, elsewhere)
    assert settle(shop.project, over).still_unknown is None
    assert shop.purchase(over.id).state is PurchaseState.NOT_BOUGHT


@pytest.mark.parametrize("shop", [{"limits": {"settle_after": "5m"}}], indirect=True)
def test_how_long_absence_must_last_is_a_setting(shop: Shop) -> None:
    purchase = unknown(shop, A_MOMENT_AGO)
    assert settle(shop.project, purchase).still_unknown is None


def test_nothing_is_settled_while_twilio_is_away(shop: Shop) -> None:
    purchase = unknown(shop, LONG_AGO)
    shop.sandbox.fault(fault="status", method="GET", path=OWNED, status=503, times=None)
    with pytest.raises(VendorUnavailable):
        settle(shop.project, purchase)
    assert shop.purchase(purchase.id) == purchase


def test_what_another_process_settled_meanwhile_is_not_undone(shop: Shop) -> None:
    purchase = unknown(shop, LONG_AGO)
    with shop.project.inventory.write() as tx:
        tx.purchases.settle(purchase, PurchaseState.BOUGHT, shop.project.now(), sid="PN1")
    settle(shop.project, purchase)
    assert shop.purchase(purchase.id).state is PurchaseState.BOUGHT
