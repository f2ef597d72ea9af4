"""Two projects of one account that bought one number: its label decides."""

from __future__ import annotations

from kapso_twilio_cli.domain.lifecycle import NumberState
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.operations.rival import give_up_rivals, taken_by

from .shops import Shop

RIVAL = "kt:rival:abcdefgh:aaaaaaaaaaaaaaaa"


def bought(shop: Shop, name: str | None) -> PhoneNumber:
    """Buy a number for the pool, and let `name` stand on it afterwards."""
    number = shop.buy(shop.on_sale())
    if name is not None:
        shop.project.twilio.numbers.label(number.sid, name)
    return number.phone_number


def test_a_fill_leaves_what_it_bought_to_the_project_whose_label_is_on_it(shop: Shop) -> None:
    ours, by_hand, theirs = bought(shop, None), bought(shop, "the sales line"), bought(shop, RIVAL)
    given_up = give_up_rivals(shop.project, [ours, by_hand, theirs])
    assert given_up.keys() == {theirs}
    assert given_up[theirs].reason == "another buyer of this account took it"
    states = {one: number.state for one in (ours, by_hand, theirs) if (number := shop.number(one))}
    assert states == {
        ours: NumberState.PROVISIONED,
        by_hand: NumberState.PROVISIONED,
        theirs: NumberState.MISSING,
    }
    lost = shop.number(theirs)
    assert lost is not None
    assert lost.reason == "project rival took it in the same moment"


def test_what_is_handed_out_already_is_left_to_a_person(shop: Shop) -> None:
    shop.files.answer("pool", "fill")
    held = PhoneNumber(shop.files.answer("resolve", "--ref", "a")["phone_number"])
    number = shop.number(held)
    assert number is not None
    shop.project.twilio.numbers.label(number.sid, RIVAL)
    assert taken_by(shop.project, number) == "rival"
    assert give_up_rivals(shop.project, [held]) == {}
    assert shop.number(held) == number


def test_a_number_that_was_given_up_is_not_taken_back_by_reconcile(shop: Shop) -> None:
    theirs = bought(shop, RIVAL)
    give_up_rivals(shop.project, [theirs])
    shop.files.answer("reconcile", "--no-fill")
    number = shop.number(theirs)
    assert number is not None
    assert number.state is NumberState.MISSING


def test_without_purchases_nothing_is_listed(shop: Shop) -> None:
    before = len(shop.sandbox.requests())
    assert give_up_rivals(shop.project, []) == {}
    assert len(shop.sandbox.requests()) == before
