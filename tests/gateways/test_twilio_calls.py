"""Calls at Twilio: who answers a number's, what came in, and what was understood of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.errors import VendorUnavailable
from kapso_twilio_cli.gateways.twilio_calls import TwilioCalls, VoiceSettings
from kapso_twilio_cli.gateways.twilio_client import TwilioAccount, TwilioClient
from tests.vendors import RunningSandbox

ONE, OTHER = PhoneNumber("+14155550101"), PhoneNumber("+14155550102")
OURS = VoiceSettings("https://twimlets.com/echo?Twiml=%3CResponse%2F%3E", "GET")
APPLICATION, TRUNK = "AP" + "1" * 32, "TK" + "1" * 32


@pytest.fixture
def calls(sandbox: RunningSandbox) -> TwilioCalls:
    known = sandbox.credentials
    account = TwilioAccount(known["account_sid"], known["account_sid"], known["auth_token"])
    return TwilioCalls(TwilioClient(account, base_url=sandbox.url, connections=2))


def forms(sandbox: RunningSandbox) -> list[dict[str, str]]:
    return [dict(one.form) for one in sandbox.requests_detail() if one.method == "POST"]


def lately() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=1)


@pytest.mark.parametrize(
    "former",
    [
        VoiceSettings(),
        VoiceSettings("https://a.example/?x=1&y=%20", "GET"),
        VoiceSettings("https://a.example/", "POST", application_sid=APPLICATION),
        VoiceSettings("https://a.example/", "POST", trunk_sid=TRUNK),
    ],
)
def test_settings_come_back_as_they_were(
    sandbox: RunningSandbox, calls: TwilioCalls, former: VoiceSettings
) -> None:
    sid = sandbox.buy_in_console(ONE)
    calls.answer_with(sid, former, instead_of=VoiceSettings())
    found = calls.answering(sid)
    assert found is not None
    assert (found.settings, found.takes_calls) == (former, True)
    calls.answer_with(sid, OURS, instead_of=former)
    changed = calls.answering(sid)
    assert changed is not None
    assert changed.settings == OURS
    calls.answer_with(sid, former, instead_of=OURS)
    again = calls.answering(sid)
    assert again is not None
    assert again.settings == former


def test_an_application_or_a_trunk_is_named_only_where_one_comes_or_goes(
    sandbox: RunningSandbox, calls: TwilioCalls
) -> None:
    """To name a trunk, even an empty one, may delete the application."""
    sid = sandbox.buy_in_console(ONE)
    calls.answer_with(sid, OURS, instead_of=VoiceSettings())
    calls.answer_with(sid, OURS, instead_of=VoiceSettings(application_sid=APPLICATION))
    assert [form.keys() - {"VoiceUrl", "VoiceMethod"} for form in forms(sandbox)] == [
        set(),
        {"VoiceApplicationSid"},
    ]
    assert forms(sandbox)[-1]["VoiceApplicationSid"] == ""


def test_a_number_that_is_not_there_is_none(calls: TwilioCalls) -> None:
    assert calls.answering("PN" + "0" * 32) is None


def test_inbound_calls_are_found_with_their_recordings_and_what_they_say(
    sandbox: RunningSandbox, calls: TwilioCalls
) -> None:
    sandbox.buy_in_console(ONE)
    sandbox.buy_in_console(OTHER)
    first = sandbox.call(ONE, "Verification code is 123456")
    second = sandbox.call(OTHER, None)
    found = {call.sid: call for call in calls.since(lately())}
    assert {sid: call.to for sid, call in found.items()} == {first: ONE, second: OTHER}
    assert all(call.is_over for call in found.values())
    recordings = {one.call_sid: one for one in calls.recordings_since(lately())}
    assert recordings[first].text == "Verification code is 123456"
    assert not recordings[first].has_failed
    assert (recordings[second].text, recordings[second].has_failed) == (None, True)


def test_what_came_before_is_left_out(sandbox: RunningSandbox, calls: TwilioCalls) -> None:
    sandbox.buy_in_console(ONE)
    sandbox.call(ONE, "Verification code is 123456")
    later = datetime.now(UTC) + timedelta(seconds=5)
    assert calls.since(later) == []
    sandbox.forget_requests()
    assert calls.recordings_since(later) == []
    assert not any("Transcriptions" in one for one in sandbox.requests()), (
        "there is nothing to read"
    )


def test_each_kind_of_request_is_made_once_for_all_numbers(
    sandbox: RunningSandbox, calls: TwilioCalls
) -> None:
    for last in range(10):
        number = f"+1415555010{last}"
        sandbox.buy_in_console(number)
        sandbox.call(number, "Verification code is 123456")
    sandbox.forget_requests()
    assert len(calls.since(lately())) == 10
    assert len(calls.recordings_since(lately())) == 10
    assert len(sandbox.requests()) == 3


def test_an_answer_that_cannot_be_read_is_told(sandbox: RunningSandbox, calls: TwilioCalls) -> None:
    for what in ("Calls", "Recordings"):
        sandbox.fault(fault="status", path=f"{what}.json", status=200, body='{"a": [], "b": []}')
    with pytest.raises(VendorUnavailable):
        calls.since(lately())
    with pytest.raises(VendorUnavailable):
        calls.recordings_since(lately())


def test_a_lost_answer_to_a_change_is_not_taken_for_done(
    sandbox: RunningSandbox, calls: TwilioCalls
) -> None:
    sid = sandbox.buy_in_console(ONE)
    sandbox.fault(method="POST", path=sid, fault="drop_after")
    with pytest.raises(VendorUnavailable):
        calls.answer_with(sid, OURS, instead_of=VoiceSettings())
