"""The steps of one attempt: of a number that is not verified yet, and of a ready one anew."""

from __future__ import annotations

from ...domain.lifecycle import NumberState
from ...domain.number import Number
from ...errors import KapsoTwilioError
from ...project import Project
from . import renewal, verification
from .code_ways import Way
from .earlier_codes import EarlierCodes
from .verification import Portfolio


def begin(
    project: Project, number: Number, known: Portfolio, way: Way, earlier: EarlierCodes
) -> Number:
    """Ask for a code that comes this way; gives the number as it waits for it, or is done."""
    if number.state is NumberState.READY:
        listed = known.get(number.phone_number)
        return renewal.begin_again(project, number, listed, way, earlier)
    return verification.begin(project, number, known, way, earlier)


def ask_again(project: Project, number: Number, way: Way) -> Number:
    """Ask for the number's code once more, in another way than before."""
    if number.state is NumberState.READY:
        return renewal.ask_in_another_way(project, number, way)
    return verification.ask_again(project, number, way)


def finish(project: Project, number: Number, code: str) -> Number:
    """Give the code to Meta; gives the number as `ready`."""
    if number.state is NumberState.READY:
        return renewal.finish_again(project, number, code)
    return verification.finish(project, number, code)


def give_up(project: Project, number: Number, error: KapsoTwilioError) -> None:
    """Put the number down, with what the failure means for its next attempt."""
    if number.state is NumberState.READY:
        renewal.give_back(project, number, error)
    else:
        verification.give_up_attempt(project, number, error)


def is_done(number: Number) -> bool:
    """Whether it is verified, as opposed to waiting for its code."""
    return number.state is NumberState.READY and number.facts.lease_until is None


def waits_for_code(number: Number) -> bool:
    """Whether a code was asked for, by a first verification or under a lease."""
    if number.state is NumberState.READY:
        return number.facts.lease_until is not None
    return number.state is NumberState.VERIFYING
