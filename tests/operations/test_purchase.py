"""The purchase protocol: paid for is recorded, and nothing is bought twice."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from kapso_twilio_cli.config.locations import LONGEST_TIMEOUT_SECONDS
from kapso_twilio_cli.domain.label import parse_label
from kapso_twilio_cli.domain.lifecycle import NumberEvent, NumberState
from kapso_twilio_cli.domain.number import Number
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.domain.purchase import PurchaseState, Purpose
from kapso_twilio_cli.domain.resolution import ResolveReason
from kapso_twilio_cli.errors import (
    CredentialsError,
    Interrupted,
    KapsoTwilioError,
    LimitExceeded,
    Locked,
    OutcomeUnknown,
    StateError,
    VendorRefused,
    VendorUnavailable,
)
from kapso_twilio_cli.gateways import http, twilio_numbers
from kapso_twilio_cli.inventory.journal import Journal
from kapso_twilio_cli.inventory.store import Inventory
from kapso_twilio_cli.operations.buying.purchase import buy_number, record, write_intent
from kapso_twilio_cli.operations.buying.settle import settle
from kapso_twilio_cli.operations.stopping import StopRequest
from tests.gateways.clients import count, twilio_error
from tests.gateways.servers import nobody_there
from tests.sandbox.clients import twilio_http

from .shops import FOR_THE_POOL, OWNED, POST, US, Shop, wait_for

FOR_A_REF = Purpose(ref="a", customer="Ana", reason=ResolveReason.POOL_EMPTY)
OLD = "Sun, 22 Nov 2020 12:00:00 +0000"


@contextmanager
def buying(
    shop: Shop, candidates: list[PhoneNumber], purpose: Purpose
) -> Iterator[list[Number | BaseException]]:
    """Buy in a thread; what came of it is in the list when the block ends."""
    outcome: list[Number | BaseException] = []
    basket = shop.basket(candidates, purpose)

    def work() -> None:
        try:
            outcome.append(buy_number(shop.project, basket, StopRequest()))
        except KapsoTwilioError as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield outcome
    finally:
        thread.join()


def rename_table(shop: Shop, name: str, to: str) -> None:
    """Break the inventory, or mend it."""
    with closing(sqlite3.connect(shop.files.inventory)) as connection:
        connection.execute("PRAGMA legacy_alter_table = ON")
        connection.execute(f"ALTER TABLE {name} RENAME TO {to}")
        connection.commit()


def test_the_intent_is_committed_before_twilio_is_asked(shop: Shop) -> None:
    (wanted,) = shop.on_sale()
    shop.sandbox.fault(fault="delay", method="POST", path=OWNED, delay_ms=1000)
    with buying(shop, [wanted], FOR_THE_POOL) as outcome:
        wait_for(lambda: count(shop.sandbox, POST) == 1)
        intent = shop.only_purchase()
        assert (intent.state, intent.phone_number) == (PurchaseState.OPEN, wanted)
        assert intent.owner == shop.project.owner
        assert intent.deadline > intent.started_at
        assert intent.price == shop.quote().price
        # And nobody waits for Twilio: the inventory can be written meanwhile.
        other = Inventory(shop.files.inventory, Journal("other", "here"))
        began = time.monotonic()
        with other.write() as tx:
            tx.runs.begin("other", "test", shop.project.now())
        other.close()
        assert time.monotonic() - began < 0.7
        assert outcome == []
    posted = next(one for one in shop.sandbox.requests_detail() if one.method == "POST")
    assert dict(posted.form) == {"PhoneNumber": wanted, "FriendlyName": intent.label}
    label = parse_label(intent.label)
    assert label is not None
    assert (label.project, label.intent) == ("acme", intent.id)
    assert label.installation == shop.project.inventory.identity.installation


def test_a_bought_number_is_recorded_with_its_purchase(shop: Shop) -> None:
    (wanted,) = shop.on_sale()
    number = shop.buy([wanted])
    assert (number.phone_number, number.state) == (wanted, NumberState.PROVISIONED)
    assert number.facts.pool == US
    purchase = shop.only_purchase()
    assert (purchase.state, purchase.sid) == (PurchaseState.BOUGHT, number.sid)
    assert number.purchase_id == purchase.id
    assert shop.label_of(wanted) == number.facts.label == purchase.label
    assert shop.files.owes_what_it_knows()


def test_a_refs_number_is_reserved_in_the_moment_it_is_recorded(shop: Shop) -> None:
    number = shop.buy(shop.on_sale(), FOR_A_REF)
    assert (number.state, number.facts.pool) == (NumberState.RESERVED, None)
    with shop.project.inventory.read() as session:
        held = session.reservations.of_ref("a")
    assert held is not None
    assert (held.number_id, held.path, held.reason) == (number.id, "live", "pool_empty")
    assert held.customer == "Ana"
    kinds = shop.files.rows("SELECT kind FROM events ORDER BY id")
    assert kinds == [
        ("inventory_home",),
        ("purchase_intended",),
        ("purchase_bought",),
        ("bought_for_ref",),
    ]


def test_recording_twice_gives_the_same_number(shop: Shop) -> None:
    for purpose in (FOR_THE_POOL, FOR_A_REF):
        (wanted,) = shop.on_sale()
        number = shop.buy([wanted], purpose)
        owned = shop.project.twilio.numbers.find(wanted)
        assert owned is not None
        assert number.purchase_id is not None
        before = shop.files.everything()
        recorded = record(shop.project, shop.purchase(number.purchase_id), owned)
        assert recorded.number == number
        assert (recorded.reservation is None) == (purpose.ref is None)
        assert shop.files.everything() == before


@pytest.mark.parametrize("changed", [{"date_created": OLD}, {"phone_number": "+14155550199"}])
def test_a_201_for_what_the_account_had_before_is_not_taken_for_our_purchase(
    shop: Shop, changed: dict[str, str]
) -> None:
    first, second = shop.on_sale(2)
    sid = "PN" + "5" * 32
    body: dict[str, Any] = {
        "sid": sid,
        "phone_number": first,
        "friendly_name": "ours now",
        "date_created": shop.project.now().strftime("%a, %d %b %Y %H:%M:%S +0000"),
        "capabilities": {"sms": True},
    }
    body |= changed
    shop.sandbox.fault(fault="status", method="POST", path=OWNED, status=201, body=body)
    with pytest.raises(OutcomeUnknown) as caught:
        shop.buy([first, second])
    assert sid in (caught.value.hint or "")
    assert count(shop.sandbox, POST) == 1  # the next candidate might be answered so as well
    assert shop.files.purchase_states() == {"unknown": 1}
    told = shop.files.rows("SELECT detail FROM events WHERE kind = 'not_our_purchase'")
    assert told == [(sid,)]
    assert shop.number(first) is None


def test_a_number_that_the_account_has_by_now_is_left_alone(shop: Shop) -> None:
    first, second = shop.on_sale(2)
    shop.sandbox.buy_in_console(first, "the sales line")
    assert shop.buy([first, second]).phone_number == second
    assert count(shop.sandbox, POST) == 1
    assert shop.label_of(first) == "the sales line"
    assert shop.files.purchase_states() == {"not_bought": 1, "bought": 1}


def test_a_number_that_a_person_renamed_at_once_is_kept(shop: Shop) -> None:
    first, second = shop.on_sale(2)
    shop.sandbox.fault(fault="delay", method="POST", path=OWNED, delay_ms=700)
    with buying(shop, [first, second], FOR_A_REF) as outcome:
        wait_for(lambda: bool(shop.sandbox.ledger()))
        sid = shop.sandbox.ledger()[0]["sid"]
        with twilio_http(shop.sandbox) as person:
            renamed = {"FriendlyName": "Support line"}
            assert person.call("POST", f"IncomingPhoneNumbers/{sid}.json", data=renamed)[0] == 200
    (number,) = outcome
    assert isinstance(number, Number)
    assert number.phone_number == first
    assert shop.files.bought() == [first]


def test_a_number_that_another_buyer_took_in_the_same_moment_is_given_up(shop: Shop) -> None:
    """A second POST of a number that the account has is answered 201 too; the last label wins."""
    first, second = shop.on_sale(2)
    shop.sandbox.fault(fault="delay", method="POST", path=OWNED, delay_ms=700)
    with buying(shop, [first, second], FOR_A_REF) as outcome:
        wait_for(lambda: bool(shop.sandbox.ledger()))
        sid = shop.sandbox.ledger()[0]["sid"]
        with twilio_http(shop.sandbox) as other:
            renamed = {"FriendlyName": "kt:other:abcdefgh:abcdefghijklmnop"}
            assert other.call("POST", f"IncomingPhoneNumbers/{sid}.json", data=renamed)[0] == 200
    (number,) = outcome
    assert isinstance(number, Number)
    assert number.phone_number == second
    given_up = shop.number(first)
    assert given_up is not None
    assert given_up.state is NumberState.MISSING
    assert "project other" in (given_up.reason or "")


def test_a_number_that_was_sold_meanwhile_gives_way_to_the_next(shop: Shop) -> None:
    first, second = shop.on_sale(2)
    body = twilio_error(21422)
    shop.sandbox.fault(fault="status", method="POST", path=OWNED, status=400, body=body)
    assert shop.buy([first, second]).phone_number == second
    assert shop.files.purchase_states() == {"not_bought": 1, "bought": 1}
    assert shop.files.bought() == [second]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(400, 21649, VendorRefused), (400, 22300, VendorRefused), (401, 20003, CredentialsError)],
)
def test_a_refusal_that_the_next_number_would_meet_too_stops_the_purchase(
    shop: Shop, status: int, code: int, kind: type[KapsoTwilioError]
) -> None:
    candidates = shop.on_sale(2)
    body = twilio_error(code, status)
    shop.sandbox.fault(fault="status", method="POST", path=OWNED, status=status, body=body)
    with pytest.raises(kind):
        shop.buy(candidates)
    assert count(shop.sandbox, POST) == 1
    assert shop.files.purchase_states() == {"not_bought": 1}
    assert shop.files.bought() == []


def test_a_purchase_that_was_never_sent_is_known_not_to_have_happened(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidates = shop.on_sale(2)
    basket = shop.basket(candidates)
    monkeypatch.setenv("KAPSO_TWILIO_TWILIO_URL", nobody_there())
    project = type(shop.project).locate(name=None, config_path=shop.files.path)
    try:
        with pytest.raises(VendorUnavailable):
            buy_number(project, basket, StopRequest())
    finally:
        project.inventory.close()
    assert shop.files.purchase_states() == {"not_bought": 1}


@pytest.mark.parametrize("fault", ["drop_after", "truncate", "garble"])
def test_a_lost_answer_is_looked_up_at_once(shop: Shop, fault: str) -> None:
    (wanted,) = shop.on_sale()
    shop.sandbox.fault(fault=fault, method="POST", path=OWNED)
    assert shop.buy([wanted]).phone_number == wanted
    assert count(shop.sandbox, POST) == 1
    assert shop.files.purchase_states() == {"bought": 1}
    assert shop.files.owes_what_it_knows()


@pytest.mark.parametrize("fault", ["drop_before", "late"])
def test_an_answer_that_stays_lost_is_unknown_and_no_other_number_is_tried(
    shop: Shop, fault: str
) -> None:
    candidates = shop.on_sale(2)
    shop.sandbox.fault(fault=fault, method="POST", path=OWNED, delay_ms=60_000)
    with pytest.raises(OutcomeUnknown):
        shop.buy(candidates)
    assert count(shop.sandbox, POST) == 1
    assert shop.files.purchase_states() == {"unknown": 1}


def test_a_lost_answer_stays_unknown_while_the_number_is_not_listed(shop: Shop) -> None:
    (wanted,) = shop.on_sale()
    basket = shop.basket([wanted])
    shop.sandbox.fault(fault="drop_after", method="POST", path=OWNED)
    shop.sandbox.fault(fault="lag", method="GET", path=OWNED, delay_ms=60_000, times=None)
    with pytest.raises(OutcomeUnknown):
        buy_number(shop.project, basket, StopRequest())
    assert shop.only_purchase().state is PurchaseState.UNKNOWN
    shop.sandbox.clear_faults()
    settlement = settle(shop.project, shop.only_purchase())
    assert settlement.recorded is not None
    assert shop.files.owes_what_it_knows()


@pytest.mark.parametrize("shop", [{"limits": {"max_numbers": 1}}], indirect=True)
def test_an_unknown_purchase_counts_against_the_limits(shop: Shop) -> None:
    candidates = shop.on_sale(2)
    shop.sandbox.fault(fault="drop_before", method="POST", path=OWNED)
    with pytest.raises(OutcomeUnknown):
        shop.buy(candidates[:1])
    with pytest.raises(LimitExceeded, match="limit 1, current 1, asked 1"):
        shop.buy(candidates[1:])
    assert count(shop.sandbox, POST) == 1


@pytest.mark.parametrize("shop", [{"limits": {"max_numbers": 3}}], indirect=True)
def test_many_buyers_together_do_not_pass_a_limit(shop: Shop) -> None:
    baskets = [shop.basket([candidate]) for candidate in shop.on_sale(8)]

    def attempt(index: int) -> Number | None:
        try:
            return buy_number(shop.project, baskets[index], StopRequest())
        except LimitExceeded:
            return None

    with ThreadPoolExecutor(8) as workers:
        numbers = [number for number in workers.map(attempt, range(8)) if number is not None]
    assert len(numbers) == len(shop.files.bought()) == 3
    assert shop.files.owes_what_it_knows()


def test_many_buyers_of_one_number_send_one_purchase(shop: Shop) -> None:
    (wanted,) = shop.on_sale()
    basket = shop.basket([wanted])

    def attempt(_: int) -> Number | None:
        try:
            return buy_number(shop.project, basket, StopRequest())
        except VendorRefused:  # no candidate is left
            return None

    with ThreadPoolExecutor(6) as workers:
        numbers = [number for number in workers.map(attempt, range(6)) if number is not None]
    assert [number.phone_number for number in numbers] == [wanted]
    assert count(shop.sandbox, POST) == 1


def test_what_is_held_missing_or_unresolved_is_not_bought_again(shop: Shop) -> None:
    held, missing, unresolved, free = shop.on_sale(4)
    shop.buy([held])
    with shop.project.inventory.write() as tx:
        number = tx.numbers.find(held)
        assert number is not None
        tx.numbers.apply(number, NumberEvent.CONNECT, shop.project.now())
    gone = shop.buy([missing])
    shop.sandbox.remove(missing)
    with shop.project.inventory.write() as tx:
        tx.numbers.apply(gone, NumberEvent.VANISH, shop.project.now())
    shop.intent(unresolved)
    shop.sandbox.forget_requests()
    assert shop.buy([held, missing, unresolved, free]).phone_number == free
    assert count(shop.sandbox, POST) == 1


def test_an_intent_that_cannot_be_written_buys_nothing(shop: Shop) -> None:
    basket = shop.basket(shop.on_sale())
    rename_table(shop, "purchases", "elsewhere")
    with pytest.raises(StateError):
        buy_number(shop.project, basket, StopRequest())
    assert count(shop.sandbox, POST) == 0
    assert shop.sandbox.ledger() == []


def test_a_number_that_cannot_be_recorded_is_told_and_found_later(shop: Shop) -> None:
    (wanted,) = shop.on_sale()
    shop.sandbox.fault(fault="delay", method="POST", path=OWNED, delay_ms=700)
    with buying(shop, [wanted], FOR_THE_POOL) as outcome:
        wait_for(lambda: count(shop.sandbox, POST) == 1)
        rename_table(shop, "numbers", "elsewhere")
    (error,) = outcome
    assert isinstance(error, OutcomeUnknown)
    sid = shop.sandbox.ledger()[0]["sid"]
    assert error.message == f"{wanted} was bought ({sid}), but could not be recorded"
    rename_table(shop, "elsewhere", "numbers")
    assert settle(shop.project, shop.only_purchase()).recorded is not None
    assert shop.files.owes_what_it_knows()


def test_who_was_asked_to_stop_starts_no_purchase(shop: Shop) -> None:
    basket = shop.basket(shop.on_sale())
    stop = StopRequest()
    stop.ask(signal.SIGINT)
    with pytest.raises(Interrupted):
        buy_number(shop.project, basket, stop)
    assert shop.files.purchase_states() == {}
    assert shop.sandbox.ledger() == []


def test_a_ref_has_one_purchase_under_way(shop: Shop) -> None:
    first, second = shop.on_sale(2)
    shop.intent(first, purpose=FOR_A_REF)
    before = shop.files.everything()
    with pytest.raises(Locked) as caught:
        write_intent(shop.project, shop.basket([second], FOR_A_REF), second)
    assert caught.value.exit_code == 75
    assert shop.files.everything() == before


def test_a_ref_that_has_a_number_buys_none(shop: Shop) -> None:
    first, second = shop.on_sale(2)
    shop.buy([first], FOR_A_REF)
    with pytest.raises(Locked):
        shop.buy([second], FOR_A_REF)
    assert shop.files.bought() == [first]


def test_a_purchase_that_turns_up_after_its_ref_got_another_is_kept_for_nobody(
    shop: Shop,
) -> None:
    late, other = shop.on_sale(2)
    purchase = shop.intent(late, purpose=FOR_A_REF)
    purchase = shop.settle_as(purchase, PurchaseState.NOT_BOUGHT)
    held = shop.buy([other], FOR_A_REF)
    shop.sandbox.buy_in_console(late, purchase.label)
    owned = shop.project.twilio.numbers.find(late)
    assert owned is not None
    number = record(shop.project, purchase, owned).number
    assert (number.phone_number, number.state) == (late, NumberState.PROVISIONED)
    assert shop.purchase(purchase.id).state is PurchaseState.BOUGHT
    with shop.project.inventory.read() as session:
        reservation = session.reservations.of_ref("a")
    assert reservation is not None
    assert reservation.number_id == held.id


def test_a_slow_answer_is_still_our_purchase(shop: Shop) -> None:
    """Twilio writes its time at the end of a slow answer; ours is compared with quick ones."""
    (wanted,) = shop.on_sale()
    shop.sandbox.fault(fault="delay", method="POST", path=OWNED, delay_ms=6_000)
    assert shop.buy([wanted]).phone_number == wanted
    assert shop.files.purchase_states() == {"bought": 1}


def test_a_purchase_counts_as_under_way_for_longer_than_every_repeat_can_take(shop: Shop) -> None:
    (wanted,) = shop.on_sale()
    intent = write_intent(shop.project, shop.basket([wanted]), wanted)
    assert intent is not None
    a_send = http.CONNECT_TIMEOUT_SECONDS + LONGEST_TIMEOUT_SECONDS
    a_wait = http._RETRY_AFTER_AT_MOST_SECONDS
    look_up = http._GETS_AT_MOST_SECONDS + a_wait + a_send  # so late the last try may begin
    sends = range(1, twilio_numbers._SENDS_AT_MOST + 1)
    repeats = sum(a_send + a_wait + twilio_numbers._BACK_OFF_SECONDS * n for n in sends)
    assert intent.deadline - intent.started_at > timedelta(seconds=look_up + repeats)
