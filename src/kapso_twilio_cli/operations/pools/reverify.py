"""Verify ready numbers anew before their verification ends: soonest first, a few a day."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence

import msgspec

from ...domain.country import Country
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...domain.reverification import LATELY, due_from, how_many_now
from ...errors import KapsoTwilioError
from ...inventory.journal import RENEWAL_FAILED, RENEWED
from ...inventory.store import Session
from ...project import Project
from ..stopping import stop_on_signals
from ..verifying.verification import Portfolio
from .country_work import FAILURES_IN_A_ROW, CountryWork
from .line import Line


class Reverified(msgspec.Struct, frozen=True):
    """What was verified anew, and what kept others from it."""

    numbers: tuple[PhoneNumber, ...]
    errors: tuple[KapsoTwilioError, ...]
    stopped: KapsoTwilioError | None
    """The run was asked to stop."""


def numbers_due(project: Project) -> list[Number]:
    """The numbers that are to be verified anew now, soonest to expire first.

    Of enabled pools alone, and no more than their target: the surplus, which expires first, goes.
    One that a killed run had begun is among them, whatever else was done today. The caller holds
    the lock for mass work, so that no lease is anybody else's.
    """
    now = project.now()
    with project.inventory.read() as session:
        kept = [
            number
            for country in project.config.pools
            for number in _kept(project, session, country)
        ]
        done = sum(
            session.events.count_of_numbers(kind, now - LATELY)
            for kind in (RENEWED, RENEWAL_FAILED)
        )
    begun_and_left = [number for number in kept if number.facts.lease_until is not None]
    due = sorted(
        (number for number in kept if _is_due(project, number) and number not in begun_and_left),
        key=lambda number: (number.facts.verification_expiry_time, number.id),
    )
    min_validity = project.config.onboarding.min_validity
    lapses = [
        number.facts.verification_expiry_time - min_validity
        for number in due
        if number.facts.verification_expiry_time is not None
    ]
    return [*begun_and_left, *due[: how_many_now(lapses, now, done)]]


def _kept(project: Project, session: Session, country: Country) -> list[Number]:
    """The pool's ready numbers that count towards its target."""
    pool = project.config.pools[country]
    if not pool.enabled:
        return []
    ready = session.stock.ready(country, project.valid_at())
    used = [number for number in ready if number.facts.release_requested_at is None]
    return used[max(0, len(used) - pool.target_size) :]


def _is_due(project: Project, number: Number) -> bool:
    facts, now = number.facts, project.now()
    if facts.verification_expiry_time is None:
        return False
    if facts.next_attempt_at is not None and now < facts.next_attempt_at:
        return False
    return now >= due_from(facts.verification_expiry_time, facts.verified_at)


def reverify(
    project: Project, due: Sequence[Number], known: Portfolio, *, concurrency: int
) -> Reverified:
    """Verify these anew, in waves: about half of a pool can be handed out meanwhile.

    `known` is what Meta listed. The caller holds the lock for mass work.
    """
    works: dict[Country, CountryWork] = {}
    fatal: KapsoTwilioError | None = None
    with stop_on_signals() as stop:
        for wave in _waves(project, due):
            _put(works, wave)
            line = Line(
                project, known, concurrency=concurrency, stop=stop, progress=lambda _progress: None
            )
            line.run(list(works.values()))
            fatal = line.fatal
            if stop.asked or fatal is not None:
                break
    errors = [error for work in works.values() for error in work.errors]
    return Reverified(
        numbers=tuple(number for work in works.values() for number in work.verified),
        errors=(*errors, *([fatal] if fatal is not None and fatal not in errors else [])),
        stopped=stop.error() if stop.asked else None,
    )


def _put(works: dict[Country, CountryWork], wave: Sequence[Number]) -> None:
    """Hand a wave to its countries' work; one that failed three times in a row gets no more."""
    for number in wave:
        country = number.facts.pool or number.country
        work = works.setdefault(country, CountryWork(country, deque()))
        if work.failures_in_a_row < FAILURES_IN_A_ROW:
            work.to_verify.append(number)


def _waves(project: Project, due: Sequence[Number]) -> Iterator[list[Number]]:
    """The numbers in groups; of no pool more than half of its ready ones at a time."""
    with project.inventory.read() as session:
        ready = {
            cc: len(session.stock.ready(cc, project.valid_at())) for cc in project.config.pools
        }
    left = list(due)
    while left:
        taken: Counter[Country | None] = Counter()
        wave = []
        for number in left:
            pool = number.facts.pool
            if taken[pool] < max(1, ready.get(pool, 0) // 2 if pool is not None else 1):
                taken[pool] += 1
                wave.append(number)
        left = [number for number in left if number not in wave]
        yield wave
