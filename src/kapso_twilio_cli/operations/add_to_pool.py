"""Make a number a member of its country's pool."""

from __future__ import annotations

from msgspec.structs import replace

from ..domain.country import country_name
from ..domain.lifecycle import NumberEvent, NumberState
from ..domain.number import Number
from ..domain.phone_number import PhoneNumber
from ..errors import StateError
from ..inventory.numbers import require
from ..project import Project

_ON_THE_WAY_TO_READY = (NumberState.PROVISIONED, NumberState.VERIFYING, NumberState.READY)


def add_to_pool(project: Project, phone_number: PhoneNumber, *, reinstate: bool) -> Number:
    """Put a provisioned number into its country's pool; with `reinstate`, an unavailable one too.

    The next fill verifies it. Doing it again changes nothing.
    """
    now = project.now()
    with project.inventory.write() as tx:
        number = require(tx.numbers.find(phone_number), phone_number, project.name)
        if number.country not in project.config.pools:
            raise StateError(
                f"there is no pool for {country_name(number.country)} ({number.country})",
                reason="a number joins the pool of its own country",
                hint=f"kapso-twilio pool set {number.country} --target-size N",
            )
        if not number.facts.can_receive_sms:
            raise StateError(
                f"{phone_number} cannot receive SMS",
                reason="pools verify their numbers by codes in SMS",
                hint="it can be used live: kapso-twilio resolve",
            )
        member = replace(number, facts=replace(number.facts, pool=number.country), reason=None)
        if number.facts.pool == number.country and number.state in _ON_THE_WAY_TO_READY:
            return number
        if number.state is NumberState.UNAVAILABLE and reinstate:
            return tx.numbers.apply(member, NumberEvent.REINSTATE, now)
        if number.state is not NumberState.PROVISIONED:
            raise _not_possible(number)
        return tx.numbers.save(member, "added_to_pool", now, detail=number.country)


def _not_possible(number: Number) -> StateError:
    if number.state is NumberState.UNAVAILABLE:
        return StateError(
            f"{number.phone_number} was marked unavailable",
            reason="it had a WhatsApp config before, and was not to be used again",
            hint=f"kapso-twilio number add-to-pool {number.phone_number} --force",
        )
    return StateError(
        f"{number.phone_number} is {number.state}; it cannot join a pool",
        reason="only provisioned numbers do",
        hint=f"kapso-twilio number show {number.phone_number}",
    )
