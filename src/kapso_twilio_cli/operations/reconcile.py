"""The cron run: settle, hold against the account, repair, expire, verify anew, then fill.

A rehearsal goes the same way on a copy of the inventory, and changes nothing at the vendors: what
it tells is what the run would do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import field

from ..domain.attention import AttentionKind
from ..domain.country import Country
from ..domain.lifecycle import NumberEvent
from ..domain.number import Number
from ..domain.purchase import Purchase
from ..domain.reservation import Reservation
from ..domain.resolution import Path
from ..domain.standing import Standing
from ..errors import CredentialsError, KapsoTwilioError, StateError
from ..project import Project
from .account.account_check import Trust, check_account
from .account.taken import numbers_at_meta, quarantine_gone
from .actions import Action, ActionKind, action
from .batch import error_of_batch
from .buying.settle import Settlement, settle
from .handing_out.at_kapso import (
    Listed,
    listed_numbers,
    note_statuses,
    notice_connects,
    notice_removals,
)
from .handing_out.reservation import end
from .pools.fill import CONCURRENCY, FillOptions, FillReport, fill
from .pools.fill_plan import FillPlan, at_known_prices, plan_fill
from .pools.reverify import numbers_due, reverify
from .pools.upkeep import lapse_expired, take_up_interrupted
from .setup_links.links_at_kapso import notice_links
from .verifying.verification import Portfolio, portfolio
from .verifying.voice import put_back_left

_log = logging.getLogger(__name__)

_DOUBTED = (Standing.RESTORED, Standing.SUPERSEDED)
"""An inventory that may have forgotten what it handed out."""


_NEEDS_A_LOOK = (AttentionKind.TOO_MANY_ABSENT, AttentionKind.TWO_PROJECTS)
"""What a cron run says aloud each time."""


class Unresolved(msgspec.Struct, frozen=True):
    """A purchase that could not be settled, and why."""

    purchase: Purchase
    why: str


class ReconcileOptions(msgspec.Struct, frozen=True):
    """How a reconcile is carried out."""

    fill: FillOptions | None
    """None: nothing is bought."""
    adopts: bool = False
    """A person says that this inventory is the project's home, whatever labels say."""
    accepts_missing: bool = False
    """A person says that numbers may be gone, however many are absent at once."""


class ReconcileReport(msgspec.Struct, frozen=True):
    """What a reconcile did, and what it left."""

    actions: tuple[Action, ...]
    unresolved: tuple[Unresolved, ...]
    fill: FillReport | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    """Why Twilio may refuse what a rehearsal would buy, and what a person must look at."""
    error: KapsoTwilioError | None

    @property
    def did_anything(self) -> bool:
        """Whether there is more to tell than the error."""
        return bool(self.actions or self.unresolved or self.fill)


class _Findings(msgspec.Struct):
    actions: list[Action] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    errors: list[KapsoTwilioError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    listed: Listed | None = None
    """The numbers that Kapso lists; None where it does not answer."""


def reconcile(project: Project, options: ReconcileOptions) -> ReconcileReport:
    """Put right what time and accidents did, then fill every enabled pool.

    When the project is disabled it only settles, marks what is gone, and expires. The caller holds
    the lock for mass work.
    """
    found = _Findings()
    before = project.inventory.footing().standing
    _settle_all(project, found)
    is_sound = _check_account(project, options, found)
    report, acts = None, is_sound and before not in _DOUBTED
    listed = _check_objects(project, found) if acts else None
    if is_sound:
        _notice_links(project, found)
    if is_sound or (before not in _DOUBTED and not isinstance(found.errors[-1], StateError)):
        _repair(project, found)
    if listed is not None:
        acts = _reverify(project, options, listed, found)
    if acts:
        report = _fill(project, options.fill, found)
    return ReconcileReport(
        actions=tuple(found.actions),
        unresolved=tuple(found.unresolved),
        fill=report,
        notes=(*found.notes, *_notes(project, options, before)),
        warnings=tuple(found.warnings),
        error=error_of_batch(found.errors, succeeded=len(found.actions)),
    )


def _check_account(project: Project, options: ReconcileOptions, found: _Findings) -> bool:
    """Hold the inventory against the account, Kapso and Meta; whether it may act from here on."""
    _log.info("holding the inventory against the account")
    found.listed = _listed(project, found)
    known = found.listed or {}
    is_doubted = project.inventory.footing().standing in _DOUBTED
    # What a doubted inventory may have forgotten must be known, also while the project is off.
    looks = is_doubted or project.why_not_enabled() is None
    trust = Trust(options.adopts, options.accepts_missing, takes_in=looks)
    try:
        _collect(found, check_account(project, known, trust))
        if looks:
            _collect(found, notice_connects(project, known))
            if found.listed is not None and not is_doubted:
                _collect(found, notice_removals(project, known))
                note_statuses(project, known)
        if is_doubted:
            if found.listed is None:
                return False  # what Kapso knows as taken must be known first
            numbers = numbers_at_meta(project)
            if numbers:
                _collect(found, quarantine_gone(project, numbers, portfolio(project)))
    except KapsoTwilioError as error:
        found.errors.append(error)  # what needs no vendor goes on
        return False
    with project.inventory.write() as tx:
        tx.standing.become(Standing.HOME, project.now())
        doubts = [one.detail for one in tx.findings.all() if one.kind in _NEEDS_A_LOOK]
    found.warnings += [f"{detail}; kapso-twilio status says what to do" for detail in doubts]
    if is_doubted:
        found.actions.append(_trusted_again(project))
    return True


def _trusted_again(project: Project) -> Action:
    asked = "the account and Meta" if project.kapso is None else "the account, Kapso and Meta"
    return Action(ActionKind.INVENTORY_CHECKED, None, f"against {asked}: it may act again")


def _check_objects(project: Project, found: _Findings) -> Portfolio | None:
    """Hold ready and reserved numbers against Meta's list; None where there was none to hold."""
    if project.why_not_enabled() is not None or project.config.meta.credentials == "custom":
        return None
    numbers = numbers_at_meta(project)
    if not numbers:
        return None
    _log.info("numbers to hold against Meta's list: %d", len(numbers))
    try:
        listed = portfolio(project)
        _collect(found, quarantine_gone(project, numbers, listed))
    except KapsoTwilioError as error:
        found.errors.append(error)  # a fill that has work to do asks Meta itself
        return None
    return listed


def _reverify(
    project: Project, options: ReconcileOptions, listed: Portfolio, found: _Findings
) -> bool:
    """Verify anew what is due; whether the run may go on."""
    due = numbers_due(project)
    _log.info("ready numbers to verify anew: %d", len(due))
    if project.is_rehearsal:
        found.actions += [Action(ActionKind.REVERIFIED, number.phone_number) for number in due]
        return True
    concurrency = options.fill.concurrency if options.fill else CONCURRENCY
    done = reverify(project, due, listed, concurrency=concurrency)
    found.actions += [Action(ActionKind.REVERIFIED, number) for number in done.numbers]
    found.errors += done.errors
    if done.stopped is not None:
        found.errors.append(done.stopped)
    return done.stopped is None


def _listed(project: Project, found: _Findings) -> Listed | None:
    """The numbers that Kapso lists; None where it does not answer, which stops nothing else."""
    try:
        return listed_numbers(project)
    except KapsoTwilioError as error:
        found.errors.append(error)
        return None


def _notice_links(project: Project, found: _Findings) -> None:
    try:
        _collect(found, notice_links(project, found.listed, found.errors))
    except KapsoTwilioError as error:
        found.errors.append(error)  # Kapso's word on links stops nothing else


def _collect(found: _Findings, actions: Iterable[Action]) -> None:
    """One by one: what was done before a failure is told all the same."""
    for done in actions:
        found.actions.append(done)


def _repair(project: Project, found: _Findings) -> None:
    pools = _every_pool(project)
    for number in take_up_interrupted(project, pools):
        found.actions.append(action(ActionKind.VERIFICATION_INTERRUPTED, number))
    for number in put_back_left(project):
        found.actions.append(Action(ActionKind.VOICE_URL_PUT_BACK, number.phone_number))
    for number in lapse_expired(project, pools):
        found.actions.append(action(ActionKind.VERIFICATION_LAPSED, number))
    _expire_reservations(project, found)


def overdue(project: Project, now: datetime) -> list[tuple[Number, Reservation]]:
    """The reservations whose time is over, with their numbers."""
    with project.inventory.read() as session:
        held = session.reservations.of_reserved_numbers()
        late = [one for one in held if one.reserved_until < now]
        return [(session.numbers.get(one.number_id), one) for one in late]


def _every_pool(project: Project) -> list[Country]:
    """Configured pools, and those whose numbers are left after their pool was removed."""
    with project.inventory.read() as session:
        members = [count.pool for count in session.numbers.counts() if count.pool is not None]
    return list(dict.fromkeys([*project.config.pools, *members]))


def _settle_all(project: Project, found: _Findings) -> None:
    with project.inventory.read() as session:
        unresolved = session.purchases.unresolved()
    _log.info("purchases to settle: %d", len(unresolved))
    for purchase in unresolved:
        try:
            settlement = settle(project, purchase)
        except KapsoTwilioError as error:
            found.errors.append(error)
            return  # the next look-up would meet it too; what needs no Twilio goes on
        _note_settlement(settlement, found)


def _note_settlement(settlement: Settlement, found: _Findings) -> None:
    purchase = settlement.purchase
    if settlement.still_unknown is not None:
        found.unresolved.append(Unresolved(purchase, settlement.still_unknown))
        found.errors += [settlement.error] if settlement.error is not None else []
    elif settlement.recorded is not None:
        detail = f"it was bought ({settlement.recorded.number.sid})"
        found.actions.append(Action(ActionKind.PURCHASE_SETTLED, purchase.phone_number, detail))
    else:
        detail = "it was not bought"
        found.actions.append(Action(ActionKind.PURCHASE_SETTLED, purchase.phone_number, detail))


def _expire_reservations(project: Project, found: _Findings) -> None:
    """End what is overdue. A live one ends only where Kapso says that its number is not in use."""
    for number, held in overdue(project, project.now()):
        if held.path is not Path.POOL and not _is_free_at_kapso(project, number, found.listed):
            continue
        try:
            ended = end(project, number, held, NumberEvent.EXPIRE)
        except CredentialsError as error:
            found.errors.append(error)
            return
        except KapsoTwilioError:
            continue  # `end` has noted why on the number; status shows it
        found.actions.append(Action(ActionKind.RESERVATION_EXPIRED, ended.phone_number, held.ref))


def _is_free_at_kapso(project: Project, number: Number, listed: Listed | None) -> bool:
    if project.kapso is None or listed is None:
        return False
    return number.phone_number not in listed


def _fill(project: Project, options: FillOptions | None, found: _Findings) -> FillReport | None:
    if options is None or project.why_not_enabled() is not None:
        return None
    if project.config.meta.credentials == "custom":
        return None
    try:
        if project.is_rehearsal:
            _note_plan(at_known_prices(project, plan_fill(project, [])), found)
            return None
        report = fill(project, [], options)
    except KapsoTwilioError as error:
        found.errors.append(error)  # what was done before is told all the same
        return None
    if report.error is not None:
        found.errors.append(report.error)
    found.actions += [Action(ActionKind.BOUGHT, number) for number in report.bought]
    found.actions += [Action(ActionKind.VERIFIED, number) for number in report.verified]
    return report


def _note_plan(plan: FillPlan, found: _Findings) -> None:
    """What the fill would do; which numbers it would buy is not known before."""
    for pool in plan.pools:
        found.errors += pool.errors
        found.notes += [f"{pool.country}: {pool.paced.message}"] if pool.paced else []
        found.notes += [f"{pool.country}: {note}" for note in pool.notes]
        found.actions += [Action(ActionKind.VERIFIED, n.phone_number) for n in pool.to_verify]
        if pool.to_buy and pool.quote:
            found.warnings += pool.quote.warnings
            price = pool.quote.price
            detail = f"{pool.to_buy} for the {pool.country} pool at {price} a month each"
            found.actions.append(Action(ActionKind.BOUGHT, None, detail))


def _notes(project: Project, options: ReconcileOptions, before: Standing) -> tuple[str, ...]:
    why_not = project.why_not_enabled()
    if why_not is not None:
        return (f"pools were not filled: {why_not}",)
    if options.fill is None:
        return ()
    if before in _DOUBTED:
        return ("this run fills no pool, as the inventory was doubted; the next one does",)
    if project.config.meta.credentials == "custom":
        return ('there are no pools to fill: meta.credentials is "custom"',)
    return ()
