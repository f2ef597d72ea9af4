"""Give a number back to Twilio: only on a person's word, and so that a kill loses nothing.

The wish is written down first, and takes the number out of use. Then Meta's object is deleted, so
that nobody can claim a number that the project does not hold any more; then Twilio is asked; then
the release is recorded. Run again, it goes on where it was broken off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ...domain.lifecycle import NumberEvent, NumberState, next_state
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...domain.standing import require_footing
from ...errors import Concerns, Locked, StateError, VendorRefused, VendorUnavailable
from ...inventory.numbers import require
from ...project import Project
from ..account.ownership import other_home
from ..handing_out.listed import refuse_listed
from .release_request import REQUESTED

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import OwnedNumber


class Released(msgspec.Struct, frozen=True):
    """The number, as it is after its release."""

    number: Number
    done_before: bool = False
    """It was released already, and nothing was done."""


class Releasable(msgspec.Struct, frozen=True):
    """A number that may be released, and what is there of it."""

    number: Number
    asks_twilio: bool
    """Twilio is asked to take it back; not where it lives on as another project's."""
    lost_object: bool
    """It is ready, and its object at Meta is gone: a customer may have claimed it."""


def command_for(phone_number: PhoneNumber) -> str:
    """The command that releases the number, or goes on with it."""
    return f"kapso-twilio number release {phone_number} --confirm {phone_number}"


def release(project: Project, phone_number: PhoneNumber) -> Released:
    """Give the number back to Twilio, for good; doing it again changes nothing.

    Raises StateError or VendorRefused, with nothing changed, where it may not be released, and
    VendorUnavailable where a vendor does not answer: run again, it goes on from there.
    """
    found = releasable(project, phone_number)
    if found is None:
        return Released(_number(project, phone_number), done_before=True)
    if found.lost_object:
        raise _put_aside(project, found.number)
    number = _take_out_of_use(project, found.number)
    number = _take_off_meta(project, number)
    if found.asks_twilio:
        _require_unchanged(project, number)
        _give_back(project, number)
    return Released(_record(project, number))


def to_be_released(project: Project, phone_number: PhoneNumber) -> Released:
    """What `release` would do, refused as it would be. Changes nothing."""
    found = releasable(project, phone_number)
    if found is None:
        return Released(_number(project, phone_number), done_before=True)
    if found.lost_object:
        raise _lost(found.number, "would be quarantined")
    return Released(found.number)


def releasable(project: Project, phone_number: PhoneNumber) -> Releasable | None:
    """The number, if it may be released; None if that is done already. Changes nothing.

    Raises StateError where its state, Kapso or another project's label forbids it, and
    VendorRefused while it has an emergency address.
    """
    require_footing(project.inventory.footing())
    number = _number(project, phone_number)
    if number.state is NumberState.RELEASED:
        _refuse_back_in_account(project, number)
        return None
    next_state(number.state, NumberEvent.RELEASE, subject=phone_number)
    refuse_listed(
        project, phone_number, hint=f"remove it there first, then: {command_for(phone_number)}"
    )
    owned = project.twilio.numbers.read(number.sid)
    if owned is None:
        _refuse_bought_again(project, number)
    # One look that does not find it is no proof: it would be recorded as gone, and be paid for.
    is_ours = owned is None or _is_ours(project, number, owned)
    if owned is not None and is_ours:
        _refuse_emergency_address(owned)
    return Releasable(number, is_ours, _lost_object(project, number))


def _number(project: Project, phone_number: PhoneNumber) -> Number:
    with project.inventory.read() as session:
        found = session.numbers.find(phone_number)
    return found if found is not None else require(None, phone_number, project.name)


def _refuse_bought_again(project: Project, number: Number) -> None:
    """A number that is paid for under another SID is not gone."""
    owned = project.twilio.numbers.find(number.phone_number)
    if owned is None or owned.sid == number.sid or other_home(project, owned.friendly_name):
        return
    raise StateError(
        f"{number.phone_number} is {owned.sid} at Twilio, and {number.sid} in the inventory",
        reason="it was bought again outside this program, and is paid for",
        hint=f"kapso-twilio reconcile, or kapso-twilio number import {number.phone_number};"
        f" then: {command_for(number.phone_number)}",
    )


def _refuse_back_in_account(project: Project, number: Number) -> None:
    owned = project.twilio.numbers.find(number.phone_number)
    if owned is not None:
        raise StateError(
            f"{number.phone_number} was released, and is in the account again ({owned.sid})",
            reason="it was bought again, or restored in the Twilio console",
            hint=f"kapso-twilio number import {number.phone_number}, then release it",
        )


def _is_ours(project: Project, number: Number, owned: OwnedNumber) -> bool:
    """Whether Twilio's number may be given back by this project.

    A missing number may live on as another project's: then only this inventory lets go of it.
    """
    if owned.phone_number != number.phone_number:
        raise StateError(
            f"{number.sid} is {owned.phone_number} at Twilio, not {number.phone_number}",
            reason="the inventory and the account contradict each other",
            hint="kapso-twilio reconcile",
        )
    other = other_home(project, owned.friendly_name)
    if other is None or owned.friendly_name == number.facts.label:
        return True
    if number.state is NumberState.MISSING:
        return False
    raise StateError(
        f"{number.phone_number} carries the label of {other}",
        reason="a number is given back by whoever holds it, and Twilio shows that label on it",
        hint="release it there; kapso-twilio reconcile says what this inventory makes of it",
    )


def _refuse_emergency_address(owned: OwnedNumber) -> None:
    if owned.has_emergency_address:
        raise VendorRefused(
            f"{owned.phone_number} has an emergency address, and Twilio would not release it",
            reason="emergency calls from the number would lose their address",
            hint=f"free {owned.sid} of it in the Twilio console, then:"
            f" {command_for(owned.phone_number)}",
            concerns=Concerns.NUMBER,
        )


def _lost_object(project: Project, number: Number) -> bool:
    """Whether a number that was never shown to anybody has lost its object.

    Once the release is written down, the object may be gone by this very release.
    """
    preverified_id = number.facts.preverified_id
    if number.state is not NumberState.READY or preverified_id is None:
        return False
    return project.meta.read(preverified_id) is None


def _put_aside(project: Project, number: Number) -> StateError:
    """Quarantine a ready number whose object is gone, and give the error that says so."""
    now = project.now()
    with project.inventory.write() as tx:
        tx.numbers.apply(_off_meta(number), NumberEvent.OBJECT_GONE, now, reason=_OBJECT_GONE)
    return _lost(number, "is quarantined now")


_OBJECT_GONE = "its object at Meta is gone: a customer may have claimed it"


def _lost(number: Number, what: str) -> StateError:
    n = number.phone_number
    return StateError(
        f"{n} is not released: it {what}",
        reason=_OBJECT_GONE,
        hint=f"find out whether a customer uses it; if nobody does: {command_for(n)}",
    )


def _take_out_of_use(project: Project, number: Number) -> Number:
    """Write the wish down; from then on the number is neither handed out nor verified."""
    if number.facts.release_requested_at is not None:
        return number
    now = project.now()
    asked = replace(number, facts=replace(number.facts, release_requested_at=now))
    with project.inventory.write() as tx:
        if number.state is NumberState.READY:
            return tx.numbers.apply(asked, NumberEvent.LAPSED, now, reason="to be released")
        return tx.numbers.save(asked, REQUESTED, now)


def _take_off_meta(project: Project, number: Number) -> Number:
    """Delete Meta's object; one that is gone went by this release, before it was broken off."""
    preverified_id = number.facts.preverified_id
    if preverified_id is None:
        return number
    try:
        project.meta.delete(preverified_id)
    except VendorUnavailable as lost:
        if not _is_off_meta(project, preverified_id):
            raise _not_yet(number, lost) from lost
    with project.inventory.write() as tx:
        return tx.numbers.save(_off_meta(number), "object_deleted", project.now())


def _is_off_meta(project: Project, preverified_id: str) -> bool:
    try:
        return project.meta.read(preverified_id) is None
    except VendorUnavailable:
        return False


def _require_unchanged(project: Project, number: Number) -> None:
    """Raise Locked where somebody has changed the number: connected it, say, or will keep it."""
    with project.inventory.read() as session:
        current = session.numbers.get(number.id)
    if current.version != number.version:
        raise Locked(
            f"{number.phone_number} was changed by another process, and is not released",
            reason=f"it is {current.state} now",
            hint=f"kapso-twilio number show {number.phone_number}",
        )


def _give_back(project: Project, number: Number) -> None:
    """Ask Twilio to take the number; only a look that does not find it proves that it is gone."""
    try:
        if project.twilio.numbers.release(number.sid):
            return
        doubt = _still_listed(number)
    except VendorUnavailable as lost:
        doubt = lost
    if not _is_off_twilio(project, number):
        raise _not_yet(number, doubt)


def _is_off_twilio(project: Project, number: Number) -> bool:
    try:
        return project.twilio.numbers.read(number.sid) is None
    except VendorUnavailable:
        return False


def _still_listed(number: Number) -> VendorUnavailable:
    return VendorUnavailable(
        "Twilio contradicts itself",
        reason=f"it has no {number.sid} to delete, and still shows it",
    )


def _not_yet(number: Number, why: VendorUnavailable) -> VendorUnavailable:
    return VendorUnavailable(
        f"{number.phone_number} is not released yet; it is not used any more",
        reason=f"{why.message}: {why.reason}" if why.reason else why.message,
        hint=f"run it again, it goes on from here: {command_for(number.phone_number)}",
    )


def _record(project: Project, number: Number) -> Number:
    now = project.now()
    with project.inventory.write() as tx:
        # It may have been found missing meanwhile: it is gone, whoever saw it first.
        current = tx.numbers.get(number.id)
        if current.state is NumberState.RELEASED:
            return current
        released = tx.numbers.apply(_off_meta(current), NumberEvent.RELEASE, now)
        tx.reservations.end(number.id, now, "released")
    return released


def _off_meta(number: Number) -> Number:
    facts = replace(
        number.facts,
        preverified_id=None,
        verification_expiry_time=None,
        code_requested_at=None,
    )
    return replace(number, facts=facts)
