"""What an answer to a purchase proves: bought, not bought, or nothing at all."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.errors import (
    CredentialsError,
    KapsoTwilioError,
    OutcomeUnknown,
    VendorRefused,
    VendorUnavailable,
)
from kapso_twilio_cli.gateways.http import NotSent
from kapso_twilio_cli.gateways.twilio_numbers import Order, TwilioNumbers
from tests.vendors import RunningSandbox

from .clients import (
    LABEL,
    OWNED,
    US,
    bought,
    count,
    on_sale,
    order,
    twilio_error,
    twilio_numbers_at,
)
from .servers import nobody_there, resetting

NUMBER = PhoneNumber("+14155550123")
POST = f"POST .*{OWNED}"
HTML = "<html><body>Bad Gateway</body></html>"
CREATED = {
    "sid": "PN" + "0" * 32,
    "phone_number": NUMBER,
    "friendly_name": LABEL,
    "date_created": "Sun, 22 Nov 2026 12:00:00 +0000",
    "capabilities": {"sms": True, "voice": True, "mms": True},
}


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in CREATED.items() if key != name}


def test_a_purchase_buys_exactly_what_was_ordered_under_its_label(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    wanted = on_sale(numbers)
    owned = numbers.buy(order(wanted))
    assert (owned.phone_number, owned.friendly_name) == (wanted, LABEL)
    assert owned.sid.startswith("PN")
    assert owned.bought_at is not None
    assert abs(owned.bought_at - datetime.now(UTC)) < timedelta(seconds=10)
    assert bought(sandbox) == [wanted]
    form = [one.form for one in sandbox.requests_detail() if one.method == "POST"]
    assert [dict(pairs) for pairs in form] == [{"PhoneNumber": wanted, "FriendlyName": LABEL}]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, twilio_error(21422), VendorRefused),
        (401, twilio_error(20003, 401), CredentialsError),
        (404, twilio_error(20404, 404), VendorRefused),
        (400, HTML, OutcomeUnknown),
        (403, HTML, OutcomeUnknown),
        (401, HTML, OutcomeUnknown),
        (400, {"message": "no code"}, OutcomeUnknown),
        (400, {"code": "21422", "message": "a text for a code"}, OutcomeUnknown),
        (400, [21422], OutcomeUnknown),
        (408, twilio_error(20001, 408), OutcomeUnknown),
        (429, HTML, OutcomeUnknown),
        (500, twilio_error(20500, 500), OutcomeUnknown),
        (500, HTML, OutcomeUnknown),
        (502, HTML, OutcomeUnknown),
        (503, twilio_error(20503, 503), OutcomeUnknown),
        (302, HTML, OutcomeUnknown),
        (302, {}, OutcomeUnknown),
        (302, twilio_error(21422, 302), OutcomeUnknown),
        (200, "", OutcomeUnknown),
        (201, HTML, OutcomeUnknown),
        (201, "[]", OutcomeUnknown),
        (201, '"bought"', OutcomeUnknown),
        (201, "null", OutcomeUnknown),
        (201, '{"sid": "PN0', OutcomeUnknown),
        (201, {}, OutcomeUnknown),
        (201, without("sid"), OutcomeUnknown),
        (201, without("phone_number"), OutcomeUnknown),
        (201, without("date_created"), OutcomeUnknown),
        (201, CREATED | {"date_created": "yesterday"}, OutcomeUnknown),
        (201, CREATED | {"capabilities": "sms"}, OutcomeUnknown),
        (202, HTML, OutcomeUnknown),
    ],
)
def test_only_a_refusal_in_twilios_own_words_is_definite(
    sandbox: RunningSandbox,
    numbers: TwilioNumbers,
    status: int,
    body: Any,
    kind: type[KapsoTwilioError],
) -> None:
    sandbox.fault(fault="status", method="POST", path=OWNED, status=status, body=body)
    with pytest.raises(kind) as caught:
        numbers.buy(order(NUMBER))
    assert type(caught.value) is kind
    assert count(sandbox, POST) == 1


@pytest.mark.parametrize(
    ("fault", "was_bought"),
    [("drop_before", False), ("drop_after", True), ("truncate", True), ("garble", True)],
)
def test_an_answer_that_is_lost_leaves_the_purchase_unknown(
    sandbox: RunningSandbox, numbers: TwilioNumbers, fault: str, was_bought: bool
) -> None:
    wanted = on_sale(numbers)
    sandbox.fault(fault=fault, method="POST", path=OWNED)
    with pytest.raises(OutcomeUnknown):
        numbers.buy(order(wanted))
    assert bought(sandbox) == [wanted] * was_bought
    assert count(sandbox, POST) == 1


def test_a_reset_connection_leaves_the_purchase_unknown() -> None:
    with resetting() as served, twilio_numbers_at(served.url) as numbers:
        with pytest.raises(OutcomeUnknown):
            numbers.buy(order(NUMBER))
        assert len(served.requests) == 1


def test_a_redirect_is_not_followed(sandbox: RunningSandbox, numbers: TwilioNumbers) -> None:
    """It would turn the purchase into a GET, and take the credentials to another address."""
    path = f"/2010-04-01/Accounts/{sandbox.credentials['account_sid']}/IncomingPhoneNumbers.json"
    headers = {"Location": f"{sandbox.url}{path}"}
    sandbox.fault(fault="status", method="POST", path=OWNED, status=302, headers=headers)
    with pytest.raises(OutcomeUnknown):
        numbers.buy(order(NUMBER))
    assert len(sandbox.requests()) == 1


def test_a_connection_that_was_never_made_bought_nothing() -> None:
    with twilio_numbers_at(nobody_there()) as numbers, pytest.raises(NotSent) as caught:
        numbers.buy(order(NUMBER))
    assert isinstance(caught.value, VendorUnavailable)
    assert caught.value.exit_code == 75


def test_a_connection_that_was_closed_while_idle_leaves_the_purchase_unknown() -> None:
    """Whether the request was read before the connection closed cannot be told."""
    with resetting() as served, twilio_numbers_at(served.url) as numbers:
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                numbers.buy(order(NUMBER))
        assert [request.split()[0] for request in served.requests] == ["POST", "POST"]


def test_what_was_never_processed_is_sent_again_five_times_in_all_and_no_more(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    sandbox.fault(fault="status", method="POST", path=OWNED, status=429, times=None)
    with pytest.raises(VendorUnavailable) as caught:
        numbers.buy(order(NUMBER))
    assert "lower --concurrency" in (caught.value.hint or "")
    assert count(sandbox, POST) == 5
    assert bought(sandbox) == []


def test_what_was_never_processed_is_bought_once_in_the_end(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    wanted = on_sale(numbers)
    sandbox.fault(fault="status", method="POST", path=OWNED, status=429)
    began = time.monotonic()
    assert numbers.buy(order(wanted)).phone_number == wanted
    assert time.monotonic() - began >= 0.5
    assert bought(sandbox) == [wanted]


def test_a_wait_that_twilio_asks_for_is_kept_before_a_purchase_is_sent_again(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    wanted = on_sale(numbers)
    headers = {"Retry-After": "2"}
    sandbox.fault(fault="status", method="POST", path=OWNED, status=429, headers=headers)
    began = time.monotonic()
    numbers.buy(order(wanted))
    assert time.monotonic() - began >= 2.0


def test_a_purchase_whose_repetition_is_lost_is_unknown(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    wanted = on_sale(numbers)
    sandbox.fault(fault="status", method="POST", path=OWNED, status=429)
    sandbox.fault(fault="drop_after", method="POST", path=OWNED)
    with pytest.raises(OutcomeUnknown):
        numbers.buy(order(wanted))
    assert (bought(sandbox), count(sandbox, POST)) == ([wanted], 2)


def test_a_bundle_and_an_address_are_sent_when_they_are_ordered(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    bundle, address = "BU" + "4" * 32, "AD" + "4" * 32
    with pytest.raises(VendorRefused):
        numbers.buy(Order(NUMBER, US, LABEL, bundle, address))
    form = dict(sandbox.requests_detail()[-1].form)
    assert (form["BundleSid"], form["AddressSid"]) == (bundle, address)


def change_in_console(sandbox: RunningSandbox, sid: str, form: dict[str, str]) -> None:
    """Change an owned number behind the program's back."""
    known = sandbox.credentials
    account = known["account_sid"]
    answer = sandbox.session.post(
        f"{sandbox.url}/2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{sid}.json",
        data=form,
        auth=(account, known["auth_token"]),
        timeout=30,
    )
    answer.raise_for_status()


def test_a_number_is_read_by_its_sid(sandbox: RunningSandbox, numbers: TwilioNumbers) -> None:
    sid = sandbox.buy_in_console(NUMBER, LABEL)
    found = numbers.read(sid)
    assert found is not None
    assert (found.friendly_name, found.number_type) == (LABEL, NumberType.LOCAL)
    sandbox.remove(NUMBER)
    assert numbers.read(sid) is None


def test_a_number_is_labelled_by_its_sid_and_nothing_else_of_it_changes(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    sid = sandbox.buy_in_console(NUMBER, "the sales line")
    before = numbers.read(sid)
    numbers.label(sid, LABEL)
    after = numbers.read(sid)
    assert before is not None
    assert after is not None
    assert after == dataclasses.replace(before, friendly_name=LABEL, bought_at=after.bought_at)
    assert count(sandbox, POST) == 0


def test_a_number_is_released_once_and_then_it_is_gone(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    sid = sandbox.buy_in_console(NUMBER, LABEL)
    assert numbers.release(sid)
    assert numbers.read(sid) is None
    assert not numbers.release(sid)
    assert [entry["kind"] for entry in sandbox.ledger()] == ["purchase", "release"]


def test_a_release_whose_answer_is_lost_is_not_sent_again(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    sid = sandbox.buy_in_console(NUMBER, LABEL)
    sandbox.fault(fault="drop_after", method="DELETE", path="IncomingPhoneNumbers")
    with pytest.raises(VendorUnavailable, match="not known whether Twilio did"):
        numbers.release(sid)
    assert numbers.read(sid) is None
    assert count(sandbox, "DELETE") == 1


def test_an_emergency_address_is_seen_before_a_release(
    sandbox: RunningSandbox, numbers: TwilioNumbers
) -> None:
    sid = sandbox.buy_in_console(NUMBER, LABEL)
    found = numbers.read(sid)
    assert found is not None
    assert not found.has_emergency_address
    form = {"EmergencyAddressSid": "AD" + "0" * 32, "EmergencyStatus": "Active"}
    change_in_console(sandbox, sid, form)
    found = numbers.read(sid)
    assert found is not None
    assert found.has_emergency_address
    with pytest.raises(VendorRefused, match="refused to release"):
        numbers.release(sid)
