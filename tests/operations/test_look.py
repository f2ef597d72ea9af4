"""What a look says of one number: its code, or the call that has not brought it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.gateways.twilio_calls import CallRecording, InboundCall
from kapso_twilio_cli.operations.verifying.look import CallWithoutCode, Heard, find_call
from kapso_twilio_cli.operations.verifying.verification import CodeArrived

NUMBER, ANOTHER = PhoneNumber("+14155550123"), PhoneNumber("+14155550124")
ASKED_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SAYS_IT = "Verification code is 123456"


def call(
    sid: str, *, seconds: float = 5, to: PhoneNumber = NUMBER, is_over: bool = True
) -> InboundCall:
    return InboundCall(sid, to, ASKED_AT + timedelta(seconds=seconds), is_over)


def recording(
    sid: str, call_sid: str, text: str | None = SAYS_IT, *, has_failed: bool = False
) -> CallRecording:
    return CallRecording(sid, call_sid, ASKED_AT + timedelta(seconds=60), text, has_failed)


def found(
    calls: list[InboundCall], recordings: list[CallRecording], used: set[str] | None = None
) -> CodeArrived | CallWithoutCode | None:
    return find_call(Heard(calls, recordings), NUMBER, ASKED_AT, used or set())


def test_a_recording_is_joined_to_its_number_by_its_call() -> None:
    calls = [call("CA1", to=ANOTHER), call("CA2")]
    recordings = [recording("RE1", "CA1", "code 999999"), recording("RE2", "CA2")]
    assert found(calls, recordings) == CodeArrived("RE2", "123456")


def test_the_newest_call_that_says_a_code_counts() -> None:
    calls = [call("CA1", seconds=5), call("CA3", seconds=70), call("CA2", seconds=40)]
    recordings = [
        recording("RE1", "CA1", "code 111111"),
        recording("RE2", "CA2", "code 222222"),
        recording("RE3", "CA3", "Hello?"),
    ]
    assert found(calls, recordings) == CodeArrived("RE2", "222222")
    assert found(calls, recordings, {"RE2"}) == CodeArrived("RE1", "111111")


@pytest.mark.parametrize(
    ("calls", "recordings"),
    [
        ([], []),
        ([call("CA1", seconds=-1)], [recording("RE1", "CA1")]),
        ([call("CA1", to=ANOTHER)], [recording("RE1", "CA1")]),
        ([], [recording("RE1", "CA1")]),
    ],
)
def test_a_call_before_the_request_or_to_another_number_is_none(
    calls: list[InboundCall], recordings: list[CallRecording]
) -> None:
    assert found(calls, recordings) is None


@pytest.mark.parametrize(
    ("calls", "recordings", "sid", "may_bring_code"),
    [
        ([call("CA1", is_over=False)], [], None, True),
        ([call("CA1")], [], None, True),
        ([call("CA1")], [recording("RE1", "CA1", None)], "RE1", True),
        ([call("CA1")], [recording("RE1", "CA1", None, has_failed=True)], "RE1", False),
        ([call("CA1")], [recording("RE1", "CA1", "Hello?")], "RE1", False),
        ([call("CA1")], [recording("RE1", "CA1", "code 123456, or 654321")], "RE1", False),
        # A stranger called too: what may still bring the code counts.
        ([call("CA1"), call("CA2", is_over=False)], [recording("RE1", "CA1", "Hi")], None, True),
    ],
)
def test_a_call_without_a_code_may_bring_it_yet_or_not(
    calls: list[InboundCall],
    recordings: list[CallRecording],
    sid: str | None,
    *,
    may_bring_code: bool,
) -> None:
    came = found(calls, recordings)
    assert isinstance(came, CallWithoutCode)
    assert (came.recording_sid, came.may_bring_code) == (sid, may_bring_code)
