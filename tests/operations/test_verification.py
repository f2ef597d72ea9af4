"""Verifying one number, a step at a time: whose object, which code, and what a failure leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from kapso_twilio_cli.domain.code_method import CodeMethod
from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.lifecycle import NumberState
from kapso_twilio_cli.domain.money import Money
from kapso_twilio_cli.domain.number import Number, NumberFacts
from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.errors import ConfigError, CredentialsError, VendorRefused, VendorUnavailable
from kapso_twilio_cli.gateways.twilio_inbox import InboundMessage
from kapso_twilio_cli.operations.verifying.code_ways import BY_SMS
from kapso_twilio_cli.operations.verifying.earlier_codes import NOTHING_CAME
from kapso_twilio_cli.operations.verifying.verification import (
    CodeArrived,
    CodeFiltered,
    begin,
    find_code,
    finish,
    give_up_attempt,
    portfolio,
    require_pools,
)
from tests.gateways.clients import count

from .shops import Shop

NUMBER, ANOTHER = PhoneNumber("+14155550123"), PhoneNumber("+14155550124")
ASKED_AT = datetime(2026, 11, 22, 12, 0, 0, 500_000, tzinfo=UTC)
OTHER_LABEL = "kt:other:abcdefgh:abcdefghijklmnop"
ADD, ASK, DELETE = "POST .*add_phone_numbers", "POST .*request_code", r"DELETE /v25\.0/"


def waiting_number() -> Number:
    """Give a number that waits for its code."""
    return Number(
        id=1,
        phone_number=NUMBER,
        sid="PN1",
        country=Country("US"),
        number_type=NumberType.LOCAL,
        price=Money(Decimal("1.15"), "USD"),
        purchase_id=None,
        bought_at=ASKED_AT,
        state=NumberState.VERIFYING,
        reason=None,
        facts=NumberFacts("label", can_receive_sms=True, code_requested_at=ASKED_AT),
        updated_at=ASKED_AT,
        version=1,
    )


def message(
    sid: str,
    body: str = "WhatsApp code 123-456",
    *,
    seconds: float = 1,
    to: PhoneNumber = NUMBER,
    error_code: int | None = None,
) -> InboundMessage:
    """Let an SMS come in, so many seconds after the code was asked for."""
    received_at = ASKED_AT.replace(microsecond=0) + timedelta(seconds=seconds)
    return InboundMessage(sid, to, body, received_at, error_code)


def test_the_newest_code_wins_in_whatever_order_messages_come() -> None:
    messages = [
        message("SM2", "WhatsApp code 222-222", seconds=2),
        message("SM3", "WhatsApp code 333-333", seconds=3),
        message("SM1", "WhatsApp code 111-111", seconds=1),
    ]
    assert find_code(messages, waiting_number(), set()) == CodeArrived("SM3", "333333")


@pytest.mark.parametrize(
    "other",
    [
        message("SM9", "WhatsApp code 999-999", to=ANOTHER, seconds=9),
        message("SM9", "WhatsApp code 999-999", seconds=-10),
        message("SM9", "Your bank's code is 999-999", seconds=9),
        message("SM9", "", seconds=9),
    ],
)
def test_what_is_not_this_numbers_code_is_passed_over(other: InboundMessage) -> None:
    number = waiting_number()
    assert find_code([other], number, set()) is None
    assert find_code([other, message("SM1")], number, set()) == CodeArrived("SM1", "123456")


def test_a_code_that_was_used_is_not_used_again() -> None:
    messages = [message("SM1", seconds=1), message("SM2", "WhatsApp code 222-222", seconds=2)]
    assert find_code(messages, waiting_number(), {"SM2"}) == CodeArrived("SM1", "123456")
    assert find_code(messages, waiting_number(), {"SM1", "SM2"}) is None


def test_what_stood_in_the_inbox_before_is_no_answer() -> None:
    number = waiting_number()
    marked = replace(number, facts=replace(number.facts, inbox_mark="SM1"))
    assert find_code([message("SM1")], marked, set()) is None
    later = message("SM2", "WhatsApp code 222-222")
    assert find_code([message("SM1"), later], marked, set()) == CodeArrived("SM2", "222222")


def test_a_filtered_code_ends_the_wait() -> None:
    filtered = message("SM1", "", error_code=30038)
    assert find_code([filtered], waiting_number(), set()) == CodeFiltered("SM1")
    later = message("SM2", seconds=2)
    assert find_code([filtered, later], waiting_number(), set()) == CodeArrived("SM2", "123456")


def code_for(shop: Shop, number: Number) -> str:
    """Read the number's code as a poll of the inbox does."""
    since = number.facts.code_requested_at
    assert since is not None
    messages = shop.project.twilio.inbox.since(since.replace(microsecond=0))
    found = find_code(messages, number, set())
    assert isinstance(found, CodeArrived)
    return found.code


def verified_at_meta(shop: Shop, phone_number: PhoneNumber) -> str:
    """Verify a number at Meta as a former run did; give the object's id."""
    meta, asked_at = shop.project.meta, shop.project.now().replace(microsecond=0)
    preverified_id = meta.add(phone_number)
    meta.request_code(preverified_id, CodeMethod.SMS)
    facts = NumberFacts("", can_receive_sms=True, code_requested_at=asked_at)
    waiting = replace(waiting_number(), phone_number=phone_number, facts=facts)
    assert meta.verify_code(preverified_id, code_for(shop, waiting)).is_verified
    return preverified_id


def test_a_number_goes_from_provisioned_to_ready(shop: Shop) -> None:
    number = shop.member(NUMBER)
    waiting = begin(shop.project, number, portfolio(shop.project), BY_SMS, NOTHING_CAME)
    assert waiting.state is NumberState.VERIFYING
    assert waiting.facts.preverified_id is not None
    ready = finish(shop.project, waiting, code_for(shop, waiting))
    assert ready.state is NumberState.READY
    assert ready.facts.code_requested_at is None
    at_meta = shop.project.meta.find(NUMBER)
    assert at_meta is not None
    assert ready.facts.preverified_id == at_meta.preverified_id
    assert ready.facts.verification_expiry_time == at_meta.verification_expiry_time
    assert shop.number(NUMBER) == ready


def test_an_object_that_a_customer_may_have_seen_is_deleted_and_the_number_added_anew(
    shop: Shop,
) -> None:
    number = shop.member(NUMBER)  # which has forgotten its object: its reservation was ended
    seen = verified_at_meta(shop, NUMBER)
    shop.sandbox.forget_requests()
    waiting = begin(shop.project, number, portfolio(shop.project), BY_SMS, NOTHING_CAME)
    assert waiting.state is NumberState.VERIFYING
    assert waiting.facts.preverified_id != seen
    assert shop.project.meta.read(seen) is None
    assert [count(shop.sandbox, what) for what in (DELETE, ADD, ASK)] == [1, 1, 1]
    ready = finish(shop.project, waiting, code_for(shop, waiting))
    assert ready.facts.preverified_id not in (None, seen)


def test_an_object_that_a_broken_off_attempt_verified_is_used_as_it_is(shop: Shop) -> None:
    preverified_id = verified_at_meta(shop, number_in_console(shop))
    number = enter(shop, preverified_id)
    shop.sandbox.forget_requests()
    ready = begin(shop.project, number, portfolio(shop.project), BY_SMS, NOTHING_CAME)
    assert (ready.state, ready.facts.preverified_id) == (NumberState.READY, preverified_id)
    assert [count(shop.sandbox, what) for what in (DELETE, ADD, ASK)] == [0, 0, 0]


def test_an_object_that_was_never_verified_is_used_again(shop: Shop) -> None:
    number = shop.member(NUMBER)
    preverified_id = shop.project.meta.add(NUMBER)
    waiting = begin(shop.project, number, portfolio(shop.project), BY_SMS, NOTHING_CAME)
    assert waiting.facts.preverified_id == preverified_id
    assert [count(shop.sandbox, what) for what in (DELETE, ADD, ASK)] == [0, 1, 1]


def test_an_object_that_was_added_since_the_listing_is_found(shop: Shop) -> None:
    number = shop.member(NUMBER)
    known = portfolio(shop.project)
    preverified_id = shop.project.meta.add(NUMBER)
    waiting = begin(shop.project, number, known, BY_SMS, NOTHING_CAME)
    assert waiting.facts.preverified_id == preverified_id


def test_an_object_that_was_verified_by_somebody_else_since_the_listing_is_not_taken(
    shop: Shop,
) -> None:
    number = shop.member(NUMBER)
    known = portfolio(shop.project)
    verified_at_meta(shop, NUMBER)
    with pytest.raises(VendorRefused):
        begin(shop.project, number, known, BY_SMS, NOTHING_CAME)
    left = shop.number(NUMBER)
    assert left is not None
    assert (left.state, left.facts.preverified_id) == (NumberState.PROVISIONED, None)


def test_the_request_for_a_code_is_written_down_before_it_is_made(shop: Shop) -> None:
    number = shop.member(NUMBER)
    shop.sandbox.fault(fault="drop_after", path="request_code")
    with pytest.raises(VendorUnavailable):
        begin(shop.project, number, portfolio(shop.project), BY_SMS, NOTHING_CAME)
    left = shop.number(NUMBER)
    assert left is not None
    assert left.facts.preverified_id is not None
    assert left.facts.code_requested_at is not None


def test_a_refusal_is_a_failure_of_the_number(shop: Shop) -> None:
    number = shop.member(NUMBER)
    waiting = begin(shop.project, number, portfolio(shop.project), BY_SMS, NOTHING_CAME)
    wrong = "000000" if code_for(shop, waiting) != "000000" else "000001"
    with pytest.raises(VendorRefused):
        finish(shop.project, waiting, wrong)
    left = shop.number(NUMBER)
    assert left is not None
    assert (left.state, left.facts.verification_failures) == (NumberState.PROVISIONED, 1)
    assert "Meta refused to verify the code" in (left.reason or "")
    assert (left.facts.pool, left.sid) == (number.facts.pool, number.sid)


@pytest.mark.parametrize(("status", "kind"), [(503, VendorUnavailable), (401, CredentialsError)])
def test_a_vendor_that_is_away_is_no_failure_of_the_number(
    shop: Shop, status: int, kind: type[Exception]
) -> None:
    number = shop.member(NUMBER)
    known = portfolio(shop.project)
    shop.sandbox.fault(fault="status", path="add_phone_numbers", status=status)
    with pytest.raises(kind):
        begin(shop.project, number, known, BY_SMS, NOTHING_CAME)
    left = shop.number(NUMBER)
    assert left is not None
    assert (left.state, left.facts.verification_failures) == (NumberState.PROVISIONED, 0)
    events = shop.files.rows("SELECT kind FROM events WHERE number_id IS NOT NULL ORDER BY id")
    assert [kind for (kind,) in events] == ["imported", "begin_verification", "interrupted"]


def test_the_object_at_meta_of_a_number_that_another_project_took_is_left_alone(
    shop: Shop,
) -> None:
    """They share a portfolio: the object is the other project's, and may be in its pool."""
    number = shop.member(NUMBER)
    preverified_id = verified_at_meta(shop, NUMBER)
    shop.project.twilio.numbers.label(number.sid, OTHER_LABEL)
    with pytest.raises(VendorRefused):
        begin(shop.project, number, portfolio(shop.project), BY_SMS, NOTHING_CAME)
    assert_given_up(shop)
    left = shop.project.meta.read(preverified_id)
    assert left is not None
    assert left.is_verified


def test_a_number_that_a_person_renamed_becomes_ready(shop: Shop) -> None:
    number = shop.member(NUMBER)
    waiting = begin(shop.project, number, portfolio(shop.project), BY_SMS, NOTHING_CAME)
    shop.project.twilio.numbers.label(number.sid, "Support line")
    ready = finish(shop.project, waiting, code_for(shop, waiting))
    assert ready.state is NumberState.READY


def assert_given_up(shop: Shop) -> None:
    left = shop.number(NUMBER)
    assert left is not None
    assert left.state is NumberState.MISSING
    assert left.reason == "project other took it in the same moment"


def test_success_forgets_former_failures(shop: Shop) -> None:
    number = shop.member(NUMBER, verification_failures=2)
    waiting = begin(shop.project, number, portfolio(shop.project), BY_SMS, NOTHING_CAME)
    ready = finish(shop.project, waiting, code_for(shop, waiting))
    assert ready.facts.verification_failures == 0


def test_giving_up_leaves_a_number_alone_that_has_moved_on(shop: Shop) -> None:
    number = shop.member(NUMBER)
    before = shop.files.everything()
    give_up_attempt(shop.project, number, VendorRefused("too late"))
    assert shop.files.everything() == before


@pytest.mark.parametrize("shop", [{"meta": {"credentials": "custom"}}], indirect=True)
def test_where_pools_cannot_be_the_reason_is_told(shop: Shop) -> None:
    with pytest.raises(ConfigError) as caught:
        require_pools(shop.project)
    assert caught.value.exit_code == 3
    assert caught.value.reason
    assert "live provisioning works" in (caught.value.hint or "")


def number_in_console(shop: Shop) -> PhoneNumber:
    """Buy the number, so that its codes come in."""
    shop.sandbox.buy_in_console(NUMBER)
    return NUMBER


def enter(shop: Shop, preverified_id: str) -> Number:
    """Let the number enter with the object that it remembers."""
    shop.sandbox.remove(NUMBER)
    return shop.member(NUMBER, preverified_id=preverified_id)
