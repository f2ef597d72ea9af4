"""Release what a pool holds beyond its target: only on a person's word, and never by cron."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import field

from ...domain.counted import counted
from ...domain.country import Country, country_name
from ...domain.number import Number
from ...errors import CredentialsError, KapsoTwilioError, StateError, VendorUnavailable
from ...inventory.store import Session
from ...project import Project
from ..batch import error_of_batch
from ..numbers.release import release
from ..stopping import StopRequest, stop_on_signals

_STOPS_EVERYTHING = (CredentialsError, VendorUnavailable)
"""What the next number would meet too."""


class NotReleased(msgspec.Struct, frozen=True):
    """A number that could not be released, and why."""

    number: Number
    error: KapsoTwilioError


class TrimReport(msgspec.Struct, frozen=True):
    """What a trim did."""

    country: Country
    released: tuple[Number, ...]
    failed: tuple[NotReleased, ...]
    surplus: int
    """Ready numbers beyond the target that are left."""
    monthly_cost_saved: Decimal
    error: KapsoTwilioError | None


class _Work(msgspec.Struct):
    released: list[Number] = field(default_factory=list)
    failed: list[NotReleased] = field(default_factory=list)


def surplus(project: Project, country: Country) -> list[Number]:
    """The pool's ready numbers beyond its target, soonest to expire first.

    A disabled pool keeps its target; that of a removed one is 0.
    """
    with project.inventory.read() as session:
        return surplus_over(project, session, country, _target(project, country))


def surplus_over(project: Project, session: Session, country: Country, target: int) -> list[Number]:
    """The pool's ready numbers beyond `target`, soonest to expire first."""
    ready = session.stock.ready(country, project.valid_at())
    return ready[: max(0, len(ready) - target)]


def numbers_to_trim(project: Project, country: Country, count: int) -> list[Number]:
    """The first `count` of the surplus; StateError where there are not so many."""
    if country not in project.config.pools and not _has_members(project, country):
        raise StateError(
            f"there is no pool for {country_name(country)} ({country}), and no number of one",
            reason="pools: " + (", ".join(project.config.pools) or "none"),
            hint="kapso-twilio status",
        )
    found = surplus(project, country)
    if count > len(found):
        target = _target(project, country)
        above = counted(len(found), "ready number")
        raise StateError(
            f"the pool for {country} has {above} above its target, not {count}",
            reason=f"its target is {target}"
            + ("" if country in project.config.pools else ", as the pool was removed"),
            hint=f"kapso-twilio pool trim {country} --confirm {country}:{len(found)}"
            if found
            else f"to have less: kapso-twilio pool set {country} --target-size N",
        )
    return found[:count]


def trim(project: Project, country: Country, count: int) -> TrimReport:
    """Release `count` numbers of the surplus. The caller holds the lock for mass work."""
    numbers = numbers_to_trim(project, country, count)
    work = _Work()
    with stop_on_signals() as stop:
        _release_each(project, country, numbers, work, stop)
    errors = [entry.error for entry in work.failed]
    if stop.asked and len(work.released) + len(work.failed) < count:
        errors.append(stop.error())
    return TrimReport(
        country=country,
        released=tuple(work.released),
        failed=tuple(work.failed),
        surplus=len(surplus(project, country)),
        monthly_cost_saved=sum((n.price.amount for n in work.released), Decimal(0)),
        error=error_of_batch(errors, succeeded=len(work.released)),
    )


def _release_each(
    project: Project, country: Country, numbers: list[Number], work: _Work, stop: StopRequest
) -> None:
    for number in numbers:
        if stop.asked:
            return
        try:
            # An onboarding may have claimed one since: the pool must not fall below its target.
            if not surplus(project, country):
                raise _claimed_meanwhile(number)
            work.released.append(release(project, number.phone_number).number)
        except KapsoTwilioError as error:
            work.failed.append(NotReleased(number, error))
            if isinstance(error, _STOPS_EVERYTHING):
                return


def _claimed_meanwhile(number: Number) -> StateError:
    return StateError(
        f"{number.phone_number} stays",
        reason="others of the pool were handed out meanwhile: none is above the target any more",
        hint="kapso-twilio status",
    )


def _target(project: Project, country: Country) -> int:
    pool = project.config.pools.get(country)
    return pool.target_size if pool is not None else 0


def _has_members(project: Project, country: Country) -> bool:
    with project.inventory.read() as session:
        return session.stock.held(pool=country).count > 0
