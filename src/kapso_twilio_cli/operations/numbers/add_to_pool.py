"""Make a number a member of its country's pool."""

from __future__ import annotations

from msgspec.structs import replace

from ...domain.country import Country, country_name
from ...domain.lifecycle import NumberEvent, NumberState
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...errors import StateError
from ...inventory.numbers import require
from ...project import Project
from .release_request import kept

_ON_THE_WAY_TO_READY = (NumberState.PROVISIONED, NumberState.VERIFYING, NumberState.READY)
_BY_FORCE = {
    NumberState.UNAVAILABLE: NumberEvent.REINSTATE,
    NumberState.QUARANTINED: NumberEvent.CLEAR,
}
"""What a person's word moves."""


def add_to_pool(project: Project, phone_number: PhoneNumber, *, force: bool) -> Number:
    """Put a provisioned number into its country's pool; with `force`, also one that was put aside.

    Those are unavailable and quarantined ones. The next fill verifies it. A wish to release it is
    taken back. Doing it again changes nothing.
    """
    now = project.now()
    with project.inventory.write() as tx:
        number = require(tx.numbers.find(phone_number), phone_number, project.name)
        require_can_join(project, number.country)
        event = _BY_FORCE.get(number.state)
        if event is not None and force:
            facts = replace(number.facts, verification_failures=0, next_attempt_at=None)
            number = replace(kept(project, tx, replace(number, facts=facts)), reason=None)
            return tx.numbers.apply(_member(number), event, now)
        if number.state not in _ON_THE_WAY_TO_READY:
            raise _not_possible(number)
        number = kept(project, tx, number)
        if number.facts.pool == number.country:
            return number
        if number.state is not NumberState.PROVISIONED:
            raise _not_possible(number)
        joins = replace(_member(number), reason=None)
        return tx.numbers.save(joins, "added_to_pool", now, detail=number.country)


def require_can_join(project: Project, country: Country) -> None:
    """Raise StateError unless the number's country has a pool."""
    if country not in project.config.pools:
        raise StateError(
            f"there is no pool for {country_name(country)} ({country})",
            reason="a number joins the pool of its own country",
            hint=f"kapso-twilio pool set {country} --target-size N",
        )


def _member(number: Number) -> Number:
    return replace(number, facts=replace(number.facts, pool=number.country))


def _not_possible(number: Number) -> StateError:
    n = number.phone_number
    if number.state is NumberState.UNAVAILABLE:
        return StateError(
            f"{n} was marked unavailable",
            reason="it had a WhatsApp config before, and was not to be used again",
            hint=f"kapso-twilio number add-to-pool {n} --force",
        )
    if number.state is NumberState.QUARANTINED:
        return StateError(
            f"{n} is quarantined: {number.reason or 'it was put aside'}",
            reason="it may be in use elsewhere, so a person must say that it is not",
            hint=f"make sure of that, then: kapso-twilio number add-to-pool {n} --force",
        )
    return StateError(
        f"{n} is {number.state}; it cannot join a pool",
        reason="only provisioned numbers do",
        hint=f"kapso-twilio number show {n}",
    )
