"""Verify a ready number anew, a step at a time, under a lease.

It stays `ready` all the time, is not handed out while it is at work, and may be handed out again
until its verification ends if this fails. A lease that a killed process left ends by its time.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ...domain.lifecycle import NumberState
from ...domain.number import Number
from ...errors import KapsoTwilioError, StateError, VendorRefused
from ...inventory.journal import RENEWAL_FAILED, RENEWED
from ...project import Project
from .code_ways import Way
from .earlier_codes import EarlierCodes
from .put_off import after_failure, in_words, is_refusal
from .verification import ask, failing, verified_facts
from .voice import try_to_put_back

if TYPE_CHECKING:
    from ...gateways.meta_preverified import PreverifiedNumber

_BESIDE_THE_WAIT = timedelta(minutes=5)
"""What the calls to Meta may take, beside the wait for the code."""


def begin_again(
    project: Project,
    number: Number,
    listed: PreverifiedNumber | None,
    way: Way,
    earlier: EarlierCodes,
) -> Number:
    """Take the lease and ask for a code; `listed` is what Meta listed when the run began.

    Gives the number with its lease; without one where it is done already, or is not ready any more
    (it was handed out meanwhile).
    """
    number = _take_lease(project, number)
    if number.state is not NumberState.READY:
        return number
    with failing(project, number, give_back):
        return _begin_again(project, number, listed, way, earlier)


def ask_in_another_way(project: Project, number: Number, way: Way) -> Number:
    """Ask for the code once more, under the same lease, which is made longer."""
    preverified_id = number.facts.preverified_id
    assert preverified_id is not None
    number = _take_lease(project, number)
    if number.state is not NumberState.READY:
        return number
    with failing(project, number, give_back):
        return _ask(project, number, preverified_id, way, number.facts.inbox_mark)


def finish_again(project: Project, number: Number, code: str) -> Number:
    """Give the code to Meta; gives the number with its new expiry, and without the lease.

    Its calls are answered as before from then on.
    """
    with failing(project, number, give_back):
        renewed = _verify(project, number, code)
    if renewed.facts.voice_before is not None:
        try_to_put_back(project, [renewed])
    return renewed


def give_back(project: Project, number: Number, error: KapsoTwilioError) -> None:
    """End the lease: the number may be handed out again until its verification ends."""
    now, why = project.now(), in_words(error)
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        if current.state is not NumberState.READY or current.facts.lease_until is None:
            return
        facts = replace(after_failure(current.facts, error, now), lease_until=None)
        if is_refusal(error):
            left = replace(current, facts=facts, reason=why)
            tx.numbers.save(left, RENEWAL_FAILED, now, detail=why)
        else:
            left = replace(current, facts=facts)
            tx.numbers.save(left, "renewal_interrupted", now, detail=why)


def _take_lease(project: Project, number: Number) -> Number:
    now = project.now()
    config = project.config
    until = now + config.meta.code_timeout + config.voice.call_timeout + _BESIDE_THE_WAIT
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        if current.state is not NumberState.READY:
            return current
        if current.facts.release_requested_at is not None:
            raise StateError(
                f"{number.phone_number} is not verified anew",
                reason="its release was asked for meanwhile",
                hint=f"kapso-twilio number show {number.phone_number}",
            )
        leased = replace(current, facts=replace(current.facts, lease_until=until))
        return tx.numbers.save(leased, "renewal_begun", now)


def _begin_again(
    project: Project,
    number: Number,
    listed: PreverifiedNumber | None,
    way: Way,
    earlier: EarlierCodes,
) -> Number:
    listed = _at_meta(project, number, listed)
    preverified_id = listed.preverified_id
    if listed.is_verified_beyond(number.facts.verification_expiry_time):
        return _renewed(project, number, listed)  # by a run that was killed before it wrote so
    code = earlier.code_of(number)
    if code is not None:
        with suppress(VendorRefused):
            return _verify(project, number, code)
    return _ask(project, number, preverified_id, way, earlier.mark_of(number))


def _ask(
    project: Project, number: Number, preverified_id: str, way: Way, inbox_mark: str | None
) -> Number:
    try:
        return ask(project, number, preverified_id, way, inbox_mark)
    except VendorRefused:
        found = project.meta.read(preverified_id)
        if found is None or not found.is_verified_beyond(number.facts.verification_expiry_time):
            raise
        return _renewed(project, number, found)


def _at_meta(
    project: Project, number: Number, listed: PreverifiedNumber | None
) -> PreverifiedNumber:
    """The number's own object, read by its id where the listing left it out."""
    preverified_id = number.facts.preverified_id
    if listed is not None and listed.preverified_id == preverified_id:
        return listed
    found = project.meta.read(preverified_id) if preverified_id is not None else None
    if found is None:
        raise StateError(
            f"Meta has no object for {number.phone_number} any more",
            reason="a customer may have claimed it, or it was deleted",
            hint="kapso-twilio reconcile looks what became of it",
        )
    return found


def _verify(project: Project, number: Number, code: str) -> Number:
    preverified_id, ends_at = number.facts.preverified_id, number.facts.verification_expiry_time
    assert preverified_id is not None
    verified = project.meta.verify_code(preverified_id, code, beyond=ends_at)
    return _renewed(project, number, verified)


def _renewed(project: Project, number: Number, verified: PreverifiedNumber) -> Number:
    if not verified.is_verified_beyond(number.facts.verification_expiry_time):
        raise VendorRefused(
            f"the verification of {number.phone_number} lasts no longer than before",
            reason=f"Meta took the code, and says {verified.status},"
            f" until {verified.verification_expiry_time}",
            hint=f"kapso-twilio number show {number.phone_number}",
        )
    now = project.now()
    with project.inventory.write() as tx:
        current = tx.numbers.get(number.id)
        if current.facts.preverified_id != verified.preverified_id:
            return current  # its lease ran out, and it went another way
        facts = verified_facts(current.facts, verified, now)
        reason = None if current.state is NumberState.READY else current.reason
        renewed = replace(current, facts=facts, reason=reason)
        return tx.numbers.save(renewed, RENEWED, now)
