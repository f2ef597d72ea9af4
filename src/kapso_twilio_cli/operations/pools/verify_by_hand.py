"""Verify one pool number with a person's help: who gives its code, or takes the call with it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from msgspec.structs import replace

from ...domain.code_method import CodeMethod
from ...domain.lifecycle import NumberEvent, NumberState
from ...domain.number import Number, NumberFacts
from ...domain.phone_number import PhoneNumber
from ...domain.twiml import echo_url, forwarding_twiml
from ...errors import KapsoTwilioError, StateError, UsageError, VendorRefused
from ...project import Project
from ..stopping import StopRequest, stop_on_signals
from ..verifying import verification
from ..verifying.code_ways import Way
from ..verifying.earlier_codes import NOTHING_CAME
from ..verifying.renewal import finish_again
from ..verifying.voice import try_to_put_back
from .verify import number_to_prove, number_to_verify, taken_up

_FIRST_LOOK_SECONDS, _SLOWEST_LOOK_SECONDS = 1.0, 5.0
_TO_GIVE_THE_CODE = timedelta(minutes=10)
"""So long no run asks for another code: that would make the person's one worthless."""


def verify_with_code(
    project: Project, phone_number: PhoneNumber, code: str, *, forced: bool
) -> Number:
    """The number as `ready`, by a code that a person gives. The caller holds the lock."""
    number = taken_up(project, number_with_code(project, phone_number, forced=forced))
    if number.state is NumberState.READY and not _was_asked(number.facts):
        return number
    try:
        if number.state is NumberState.READY:  # the code was asked for to verify it anew
            return finish_again(project, number, code)
        return verification.finish(project, verification.start_attempt(project, number), code)
    except VendorRefused as refused:
        if refused.vendor_code is None:
            raise  # it was taken
        raise VendorRefused(
            f"Meta did not take that code for {phone_number}",
            reason=refused.reason,
            hint=f"read it once more, or have a new one sent: kapso-twilio number verify"
            f" {phone_number}",
            concerns=refused.concerns,
            vendor_code=refused.vendor_code,
        ) from refused


def number_with_code(project: Project, phone_number: PhoneNumber, *, forced: bool) -> Number:
    """The number, if a code was asked for that can be given; else the StateError."""
    number = number_to_prove(project, phone_number, forced=forced)
    if not _was_asked(number.facts) and number.state is not NumberState.READY:
        raise StateError(
            f"no code was asked for {phone_number}",
            reason="a code can be given only when Meta has sent one",
            hint=f"kapso-twilio number verify {phone_number}",
        )
    return number


def _was_asked(facts: NumberFacts) -> bool:
    """Whether a code was asked for since the last success; the failure may be a mistyped one."""
    asked = facts.code_requested_at is not None or facts.verification_failures > 0
    return asked and facts.preverified_id is not None


def forward_code(
    project: Project, phone_number: PhoneNumber, to: PhoneNumber, *, forced: bool
) -> Number:
    """Let Meta's call ring at `to`, where a person hears the code; waits until it is over.

    Gives the number as it is then: `provisioned`, or `ready` where Meta has it verified already.
    VendorRefused when no call came. The caller holds the lock.
    """
    number = taken_up(project, number_to_forward(project, phone_number, to, forced=forced))
    if number.state is NumberState.READY:
        return number
    way = Way(CodeMethod.VOICE, echo_url(forwarding_twiml(to)))
    known = verification.portfolio(project)
    number = verification.begin(project, number, known, way, NOTHING_CAME)
    if number.state is NumberState.READY:
        try_to_put_back(project, [number])
        return number
    try:
        with stop_on_signals() as stop:
            _wait_for_call(project, number, stop)
            stop.check()
    except KapsoTwilioError as error:
        verification.give_up_attempt(project, number, error)
        raise
    finally:
        try_to_put_back(project, [number])
    return _left_to_a_person(project, number, to)


def number_to_forward(
    project: Project, phone_number: PhoneNumber, to: PhoneNumber, *, forced: bool
) -> Number:
    """The number, if its code may be asked for, and can be heard at `to`."""
    if to == phone_number:
        raise UsageError(
            f"{phone_number} cannot take its own call",
            reason="the call has to ring where a person answers",
            hint="give a telephone's number: --forward-to +E164",
        )
    return number_to_verify(project, phone_number, forced=forced)


def _wait_for_call(project: Project, number: Number, stop: StopRequest) -> None:
    """Return when the call is over, or the program was asked to stop."""
    asked_at = number.facts.code_requested_at
    assert asked_at is not None
    config, began = project.config, time.monotonic()
    longest, pause = config.meta.code_timeout.total_seconds(), _FIRST_LOOK_SECONDS
    with_call = longest + config.voice.call_timeout.total_seconds()
    while not stop.asked:
        came = _is_over(project, number.phone_number, asked_at)
        waited = time.monotonic() - began
        if came or (came is not None and waited > with_call):
            return
        if came is None and waited > longest:
            raise VendorRefused(
                f"no call came in for {number.phone_number}",
                reason=f"Meta was asked to call, and {waited:.0f} s passed",
                hint="run the command again, or raise meta.code_timeout",
            )
        stop.wait(pause)
        pause = min(pause * 1.5, _SLOWEST_LOOK_SECONDS)


def _is_over(project: Project, phone_number: PhoneNumber, since: datetime) -> bool | None:
    """Whether the call that came in since then is over; None where none came."""
    calls = project.twilio.calls.since(since.replace(microsecond=0))
    mine = [call.is_over for call in calls if call.to == phone_number and call.began_at >= since]
    return all(mine) if mine else None


def _left_to_a_person(project: Project, number: Number, to: PhoneNumber) -> Number:
    now = project.now()
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        facts = replace(current.facts, next_attempt_at=now + _TO_GIVE_THE_CODE)
        current = replace(current, facts=facts)
        reason = f"the call with its code rang at {to}"
        return tx.numbers.apply(current, NumberEvent.INTERRUPTED, now, reason=reason)
