"""What time and accidents do to numbers, put right before anything is bought."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ...domain.country import Country
from ...domain.lifecycle import NumberEvent, NumberState
from ...domain.number import Number
from ...project import Project


def take_up_interrupted(project: Project, countries: Sequence[Country]) -> list[Number]:
    """Make numbers whose verification was broken off `provisioned` again.

    The caller holds the lock for mass work, so nobody is at work on them.
    """
    taken = []
    with project.inventory.write() as tx:
        for country in countries:
            for number in tx.numbers.in_pool(country, NumberState.VERIFYING):
                reason = "the run that verified it was broken off"
                event = NumberEvent.INTERRUPTED
                taken.append(tx.numbers.apply(number, event, project.now(), reason=reason))
    return taken


def lapse_expired(project: Project, countries: Sequence[Country]) -> list[Number]:
    """Take numbers that may not be handed out any more out of `ready`, to be verified anew.

    That is, those whose verification does not last `onboarding.min_validity`.
    """
    now, valid_at = project.now(), project.valid_at()
    lapsed = []
    with project.inventory.write() as tx:
        for country in countries:
            for number in tx.numbers.expired(country, valid_at):
                facts = replace(number.facts, verification_expiry_time=None)
                expired = replace(number, facts=facts)
                reason = "its verification ends too soon, or has ended"
                lapsed.append(tx.numbers.apply(expired, NumberEvent.LAPSED, now, reason=reason))
    return lapsed
