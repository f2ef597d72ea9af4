"""Hold the inventory against the account: adopt what it forgot, mark what is gone.

Deciding what a listing shows is `survey`'s; here it is acted on, and what a person should know is
kept for `status`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ...domain.attention import AttentionKind
from ...domain.counted import counted
from ...domain.drift import too_many_absent
from ...domain.label import Label, parse_label
from ...domain.lifecycle import TRANSITIONS, NumberEvent, NumberState
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...domain.standing import Standing, require_footing
from ...errors import StateError
from ...inventory.findings import Finding
from ...project import Project
from ..actions import Action, ActionKind, action
from ..buying.purchase import is_from, record
from ..buying.rival import give_up_to, is_with_nobody
from .adopt import adopt, found_again, own_label, price_adopted, put_own_label
from .survey import Survey, number_of, survey

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import OwnedNumber

_HELD = (NumberState.RESERVED, NumberState.CONNECTED)
_KINDS = (
    AttentionKind.LABEL_EDITED,
    AttentionKind.TWO_PROJECTS,
    AttentionKind.FOREIGN_NUMBERS,
    AttentionKind.TOO_MANY_ABSENT,
    AttentionKind.WRONG_HOME,
)


class Trust(msgspec.Struct, frozen=True):
    """What a person, or the state of the project, lets the check do."""

    adopts: bool = False
    """This inventory is the project's home: numbers of another inventory are taken over."""
    accepts_missing: bool = False
    """However many are absent at once, they may be gone."""
    takes_in: bool = True
    """Strays enter; not while the project is switched off, unless the inventory is doubted."""


def check_account(
    project: Project, connected: Collection[PhoneNumber], trust: Trust
) -> Iterator[Action]:
    """Put the inventory right by one listing of the account, and tell each thing as it is done.

    `connected` are the numbers that Kapso lists. StateError where this inventory is a wrong home,
    or was superseded, and nobody says that it is the home.
    """
    seen = survey(project)
    if not trust.adopts:
        refuse_wrong_home(project, seen)
        _refuse_superseded(project, seen)
    yield from _record_late(project, seen)
    yield from _take_found(project, seen)
    yield from _take_back(project, seen)
    yield from _leave_to_other_projects(project, seen)
    # Before the strays: a number that was bought again has a missing row under its old SID.
    yield from _mark_missing(project, seen, trust)
    if trust.adopts or trust.takes_in:
        yield from _adopt_strays(project, seen, connected, trust)
    price_adopted(project)
    _keep_findings(project, seen, trust)


def refuse_wrong_home(project: Project, seen: Survey) -> None:
    """Raise StateError where a new inventory stands beside numbers of its project."""
    if not seen.unknown or project.inventory.footing().standing is not Standing.UNPROVEN:
        return
    installations = {label.installation for owned in seen.strays if (label := _label(owned))}
    detail = (
        f"the account holds {counted(seen.unknown, 'number')} of project {project.name} that this"
        f" inventory does not know (installation {', '.join(sorted(installations))})"
    )
    with project.inventory.write() as tx:
        found = [Finding(AttentionKind.WRONG_HOME, detail)]
        tx.findings.replace([AttentionKind.WRONG_HOME], found, project.now())
    raise StateError(
        f"this inventory is new, and project {project.name} has numbers already",
        reason=detail,
        hint="put the project's own inventory in its place (KAPSO_TWILIO_DATA_DIR, or a backup:"
        " kapso-twilio inventory restore PATH); if it is lost: kapso-twilio reconcile --adopt",
    )


def _refuse_superseded(project: Project, seen: Survey) -> None:
    if seen.taken_over:
        label = _label(seen.taken_over[0][1])
        by = label.installation if label is not None else "unknown"
        carry = "carries" if len(seen.taken_over) == 1 else "carry"
        numbers = counted(len(seen.taken_over), "number")
        reason = f"{numbers} of it {carry} the label of installation {by} now"
        with project.inventory.write() as tx:
            tx.standing.become(Standing.SUPERSEDED, project.now(), reason=reason)
    footing = project.inventory.footing()
    if footing.standing is Standing.SUPERSEDED:
        require_footing(footing)


def _record_late(project: Project, seen: Survey) -> Iterator[Action]:
    """A purchase that was settled as not bought, and did happen, is recorded all the same."""
    for purchase, owned in seen.late:
        if not is_from(purchase, owned):
            seen.strays.append(owned)
            continue
        number = record(project, purchase, owned).number
        detail = f"it was bought after all ({number.sid})"
        yield Action(ActionKind.PURCHASE_SETTLED, number.phone_number, detail)


def _take_found(project: Project, seen: Survey) -> Iterator[Action]:
    for number_id in seen.found:
        number = number_of(project, number_id)
        yield action(ActionKind.FOUND, found_again(project, number, number.sid))


def _take_back(project: Project, seen: Survey) -> Iterator[Action]:
    """Numbers of this inventory that another one has labelled: this one is the home again."""
    for number_id, _ in seen.taken_over:
        number = put_own_label(project, number_of(project, number_id))
        yield Action(ActionKind.LABELLED, number.phone_number, number.facts.label)


def _leave_to_other_projects(project: Project, seen: Survey) -> Iterator[Action]:
    """Two projects hold one number: the one without its label lets go, where nobody has it."""
    for number_id, owned in seen.other_projects:
        number, label = number_of(project, number_id), _label(owned)
        if label is not None and is_with_nobody(number):
            give_up_to(project, number, label.project)
            detail = f"it is project {label.project}'s now"
            yield Action(ActionKind.MISSING, number.phone_number, detail)


def _adopt_strays(
    project: Project, seen: Survey, connected: Collection[PhoneNumber], trust: Trust
) -> Iterator[Action]:
    for owned in seen.strays:
        if project.twilio.numbers.read(owned.sid) is None:
            continue  # released since it was listed
        known = _living_row(project, owned)
        if known is not None and project.twilio.numbers.read(known.sid) is not None:
            continue  # the account holds one E.164 under two SIDs: not for a program to judge
        if known is not None:
            yield from _let_go(project, known.id)
            known = _living_row(project, owned)
        if known is not None:
            yield action(ActionKind.FOUND, found_again(project, known, owned.sid))
            continue
        label = own_label(project, owned) if trust.adopts else owned.friendly_name
        number = adopt(project, owned, label, connected=owned.phone_number in connected)
        yield Action(ActionKind.ADOPTED, number.phone_number, str(number.state))


def _living_row(project: Project, owned: OwnedNumber) -> Number | None:
    """What the inventory has of the same E.164, under another SID."""
    with project.inventory.read() as session:
        known = session.numbers.find(owned.phone_number)
    return None if known is None or known.state is NumberState.RELEASED else known


def _mark_missing(project: Project, seen: Survey, trust: Trust) -> Iterator[Action]:
    """Only what Twilio itself says is not there, one by one, is missing."""
    if _is_doubtful(seen, trust):
        return
    for number_id in seen.absent:
        number = number_of(project, number_id)
        if project.twilio.numbers.read(number.sid) is not None:
            continue  # the listing left it out
        yield from _let_go(project, number_id)


def _let_go(project: Project, number_id: int) -> Iterator[Action]:
    """A number that is gone: released, if a person had asked for that, else missing."""
    now = project.now()
    with project.inventory.write() as tx:
        number = tx.numbers.get(number_id)
        asked_for = number.facts.release_requested_at is not None
        if asked_for and NumberEvent.RELEASE in TRANSITIONS[number.state]:
            tx.reservations.end(number.id, now, "released")
            released = tx.numbers.apply(number, NumberEvent.RELEASE, now)
            told = Action(ActionKind.RELEASED, released.phone_number)
        elif NumberEvent.VANISH in TRANSITIONS[number.state]:
            reason = f"it was {number.state}"
            missing = tx.numbers.apply(number, NumberEvent.VANISH, now, reason=reason)
            told = Action(ActionKind.MISSING, missing.phone_number, reason)
        else:
            return  # another process has said so meanwhile
    yield told


def _is_doubtful(seen: Survey, trust: Trust) -> bool:
    return not trust.accepts_missing and too_many_absent(len(seen.absent), seen.expected)


def _keep_findings(project: Project, seen: Survey, trust: Trust) -> None:
    found = [*_renamed(project, seen), *_of_two_projects(project, seen)]
    if seen.foreign:
        detail = f"{counted(seen.foreign, 'number')} of the account are not this project's"
        found.append(Finding(AttentionKind.FOREIGN_NUMBERS, detail))
    if _is_doubtful(seen, trust):
        detail = (
            f"{len(seen.absent)} of {seen.expected} numbers were not listed by Twilio; so many at"
            " once are not believed to be gone"
        )
        found.append(Finding(AttentionKind.TOO_MANY_ABSENT, detail))
    with project.inventory.write() as tx:
        if found != [one for one in tx.findings.all() if one.kind in _KINDS]:
            tx.findings.replace(_KINDS, found, project.now())


def _renamed(project: Project, seen: Survey) -> Iterator[Finding]:
    """Edited labels. One that is this inventory's own is what a broken-off run has put there."""
    for number_id, owned in seen.renamed:
        if _is_own(project, _label(owned)):
            _keep_label(project, number_id, owned.friendly_name)
            continue
        detail = f"it is named {owned.friendly_name!r} at Twilio"
        yield Finding(AttentionKind.LABEL_EDITED, detail, PhoneNumber(owned.phone_number))


def _of_two_projects(project: Project, seen: Survey) -> Iterator[Finding]:
    for number_id, owned in seen.other_projects:
        number, label = number_of(project, number_id), _label(owned)
        if label is not None and not is_with_nobody(number) and number.state in _HELD:
            detail = f"it is {number.state} here, and project {label.project} has its label on it"
            yield Finding(AttentionKind.TWO_PROJECTS, detail, number.phone_number)


def _keep_label(project: Project, number_id: int, label: str) -> None:
    with project.inventory.write() as tx:
        number = tx.numbers.get(number_id)
        if number.state is not NumberState.RELEASED:
            facts = replace(number.facts, label=label)
            tx.numbers.save(replace(number, facts=facts), "labelled", project.now(), detail=label)


def _is_own(project: Project, label: Label | None) -> bool:
    own = (project.name, project.inventory.identity.installation)
    return label is not None and (label.project, label.installation) == own


def _label(owned: OwnedNumber) -> Label | None:
    return parse_label(owned.friendly_name)
