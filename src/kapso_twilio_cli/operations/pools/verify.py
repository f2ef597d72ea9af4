"""Verify one pool number at Meta, on a person's word."""

from __future__ import annotations

from collections import deque

from ...domain.lifecycle import NumberState
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...domain.standing import require_footing
from ...errors import StateError
from ...inventory.numbers import require
from ...project import Project
from ..numbers.release_request import keep
from ..stopping import stop_on_signals
from ..verifying.verification import portfolio, require_pools
from ..verifying.voice import put_back_left
from .country_work import CountryWork
from .line import Line
from .upkeep import lapse_expired, take_up_interrupted


def verify_number(project: Project, phone_number: PhoneNumber, *, forced: bool) -> Number:
    """The number as `ready`; the error that kept it from that is raised.

    Only a pool's provisioned numbers; with `forced` also those that were put aside, and those that
    wait for their next attempt. The caller holds the lock for mass work.
    """
    number = taken_up(project, number_to_verify(project, phone_number, forced=forced))
    if number.state is NumberState.READY:
        return number
    work = CountryWork(number.country, deque([number]))
    known = portfolio(project)
    with stop_on_signals() as stop:
        line = Line(project, known, concurrency=1, stop=stop, progress=lambda _progress: None)
        line.run([work])
    stop.check()
    for error in work.errors:
        raise error
    if line.fatal is not None:
        raise line.fatal
    return _find(project, phone_number)


def taken_up(project: Project, number: Number) -> Number:
    """The number, once its pool's broken-off attempts and ended verifications are seen to.

    A wish to release it is off.
    """
    pool = number.facts.pool or number.country
    keep(project, number.phone_number)
    take_up_interrupted(project, [pool])
    put_back_left(project)
    lapse_expired(project, [pool])
    return _find(project, number.phone_number)


def number_to_verify(project: Project, phone_number: PhoneNumber, *, forced: bool) -> Number:
    """The number, if a code may be asked for; else the StateError or ConfigError why not."""
    number = number_to_prove(project, phone_number, forced=forced)
    if not forced:
        _refuse_too_early(project, number)
    return number


def number_to_prove(project: Project, phone_number: PhoneNumber, *, forced: bool) -> Number:
    """The number, if it may be verified; a code that a person has waits for no next attempt."""
    project.require_enabled("verify numbers")
    require_footing(project.inventory.footing())
    require_pools(project)
    number = _find(project, phone_number)
    if number.facts.pool is None:
        raise StateError(
            f"{phone_number} is in no pool",
            reason="only members of a pool are pre-verified",
            hint=f"kapso-twilio number add-to-pool {phone_number}",
        )
    _refuse_other_states(number, forced=forced)
    return number


def _find(project: Project, phone_number: PhoneNumber) -> Number:
    with project.inventory.read() as session:
        return require(session.numbers.find(phone_number), phone_number, project.name)


def _refuse_too_early(project: Project, number: Number) -> None:
    next_attempt_at = number.facts.next_attempt_at
    if number.state is not NumberState.PROVISIONED or next_attempt_at is None:
        return
    if project.now() < next_attempt_at:
        raise StateError(
            f"{number.phone_number} waits for its next attempt, at"
            f" {next_attempt_at:%Y-%m-%d %H:%M} UTC",
            reason=number.reason,
            hint="to try at once, though Meta allows few attempts:"
            f" kapso-twilio number verify {number.phone_number} --force",
        )


def _refuse_other_states(number: Number, *, forced: bool) -> None:
    if number.state in (NumberState.PROVISIONED, NumberState.VERIFYING, NumberState.READY):
        return
    if number.state is NumberState.QUARANTINED:
        if forced:
            return
        raise StateError(
            f"{number.phone_number} is quarantined",
            reason=number.reason or "it was put aside",
            hint=f"kapso-twilio number verify {number.phone_number} --force",
        )
    raise StateError(
        f"{number.phone_number} is {number.state}; it is not to be verified",
        reason="only provisioned numbers are",
        hint=f"kapso-twilio number show {number.phone_number}",
    )
