"""The cron run: settle, repair, expire, then fill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import field

from ..domain.country import Country
from ..domain.lifecycle import NumberEvent, NumberState
from ..domain.number import Number
from ..domain.phone_number import PhoneNumber
from ..domain.purchase import Purchase
from ..domain.reservation import Reservation
from ..domain.resolution import Path
from ..errors import CredentialsError, KapsoTwilioError
from ..project import Project
from .batch import error_of_batch
from .fill import FillOptions, FillReport, fill
from .reservation import end
from .settle import Settlement, settle
from .upkeep import lapse_expired, take_up_interrupted


class ActionKind(StrEnum):
    """What a reconcile did: a closed list."""

    PURCHASE_SETTLED = "purchase_settled"
    VERIFICATION_INTERRUPTED = "verification_interrupted"
    VERIFICATION_LAPSED = "verification_lapsed"
    RESERVATION_EXPIRED = "reservation_expired"
    BOUGHT = "bought"
    VERIFIED = "verified"


class Action(msgspec.Struct, frozen=True):
    """One thing that was done."""

    kind: ActionKind
    phone_number: PhoneNumber | None
    detail: str | None = None


class Unresolved(msgspec.Struct, frozen=True):
    """A purchase that could not be settled, and why."""

    purchase: Purchase
    why: str


class ReconcileReport(msgspec.Struct, frozen=True):
    """What a reconcile did, and what it left."""

    actions: tuple[Action, ...]
    unresolved: tuple[Unresolved, ...]
    fill: FillReport | None
    notes: tuple[str, ...]
    error: KapsoTwilioError | None

    @property
    def did_anything(self) -> bool:
        """Whether there is more to tell than the error."""
        return bool(self.actions or self.unresolved or self.fill)


class _Findings(msgspec.Struct):
    actions: list[Action] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    errors: list[KapsoTwilioError] = field(default_factory=list)


def reconcile(project: Project, options: FillOptions | None) -> ReconcileReport:
    """Put right what time and accidents did, then fill every enabled pool.

    Without `options` nothing is bought. When the project is disabled it only settles and expires.
    The caller holds the lock for mass work.
    """
    found = _Findings()
    _settle_all(project, found)
    pools = _every_pool(project)
    for number in take_up_interrupted(project, pools):
        found.actions.append(_action(ActionKind.VERIFICATION_INTERRUPTED, number))
    for number in lapse_expired(project, pools):
        found.actions.append(_action(ActionKind.VERIFICATION_LAPSED, number))
    _expire_reservations(project, found)
    report = _fill(project, options, found)
    if report is not None:
        found.actions += _fill_actions(report)
    return ReconcileReport(
        actions=tuple(found.actions),
        unresolved=tuple(found.unresolved),
        fill=report,
        notes=_notes(project, options),
        error=error_of_batch(found.errors, succeeded=len(found.actions)),
    )


def overdue(project: Project, now: datetime) -> list[tuple[Number, Reservation]]:
    """The reservations whose time is over, with their numbers."""
    with project.inventory.read() as session:
        late = [held for held in session.reservations.living() if held.reserved_until < now]
        pairs = [(session.numbers.get(held.number_id), held) for held in late]
    return [(number, held) for number, held in pairs if number.state is NumberState.RESERVED]


def _every_pool(project: Project) -> list[Country]:
    """Configured pools, and those whose numbers are left after their pool was removed."""
    with project.inventory.read() as session:
        members = [count.pool for count in session.numbers.counts() if count.pool is not None]
    return list(dict.fromkeys([*project.config.pools, *members]))


def _settle_all(project: Project, found: _Findings) -> None:
    with project.inventory.read() as session:
        unresolved = session.purchases.unresolved()
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
    """End what is overdue. A live one never ends by time alone: it stays, and needs attention."""
    for number, held in overdue(project, project.now()):
        if held.path is not Path.POOL:
            continue
        try:
            ended = end(project, number, held, NumberEvent.EXPIRE)
        except CredentialsError as error:
            found.errors.append(error)
            return
        except KapsoTwilioError:
            continue  # `end` has noted why on the number; status shows it
        found.actions.append(Action(ActionKind.RESERVATION_EXPIRED, ended.phone_number, held.ref))


def _fill(project: Project, options: FillOptions | None, found: _Findings) -> FillReport | None:
    if options is None or project.why_not_enabled() is not None:
        return None
    if project.config.meta.credentials == "custom":
        return None
    try:
        report = fill(project, [], options)
    except KapsoTwilioError as error:
        found.errors.append(error)  # what was done before is told all the same
        return None
    if report.error is not None:
        found.errors.append(report.error)
    return report


def _fill_actions(report: FillReport) -> list[Action]:
    bought = [Action(ActionKind.BOUGHT, number) for number in report.bought]
    return bought + [Action(ActionKind.VERIFIED, number) for number in report.verified]


def _notes(project: Project, options: FillOptions | None) -> tuple[str, ...]:
    why_not = project.why_not_enabled()
    if why_not is not None:
        return (f"pools were not filled: {why_not}",)
    if options is not None and project.config.meta.credentials == "custom":
        return ('there are no pools to fill: meta.credentials is "custom"',)
    return ()


def _action(kind: ActionKind, number: Number) -> Action:
    return Action(kind, number.phone_number, number.reason)


def what_is_due(project: Project) -> Sequence[Action]:
    """What a reconcile would do before it fills, by the inventory alone. Changes nothing."""
    now = project.now()
    due: list[Action] = []
    pools = _every_pool(project)
    with project.inventory.read() as session:
        due += [
            Action(ActionKind.PURCHASE_SETTLED, purchase.phone_number, "would be looked up")
            for purchase in session.purchases.unresolved()
        ]
        for country in pools:
            broken_off = session.numbers.in_pool(country, NumberState.VERIFYING)
            due += [_action(ActionKind.VERIFICATION_INTERRUPTED, number) for number in broken_off]
            expired = session.numbers.expired(country, project.valid_at())
            due += [_action(ActionKind.VERIFICATION_LAPSED, number) for number in expired]
    for number, held in overdue(project, now):
        if held.path is Path.POOL:
            due.append(Action(ActionKind.RESERVATION_EXPIRED, number.phone_number, held.ref))
    return due
