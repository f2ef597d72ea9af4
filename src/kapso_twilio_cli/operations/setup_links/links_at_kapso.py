"""What becomes of setup links at Kapso, and of the numbers that are held for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from ...domain.lifecycle import NumberEvent
from ...domain.reservation import Reservation
from ...domain.resolution import Path
from ...domain.setup_link import LinkState, SetupLink
from ...errors import KapsoTwilioError, StateError, VendorRefused
from ...inventory.store import Session
from ...process import has_ended
from ...project import Project
from ..actions import Action, ActionKind
from ..handing_out.at_kapso import Listed, listed_numbers, notice_connects
from ..handing_out.reservation import end

if TYPE_CHECKING:
    from ...gateways.kapso_platform import KapsoLink

_MAKING_TAKES = timedelta(minutes=10)
_ENDS = {state.value: state for state in (LinkState.USED, LinkState.EXPIRED, LinkState.REVOKED)}


def notice_links(
    project: Project, listed: Listed | None, errors: list[KapsoTwilioError]
) -> Iterator[Action]:
    """Finish what was broken off, and note what Kapso says of the links that are active.

    What Kapso refuses for one customer is noted in `errors`, and stops no other. `listed` are the
    connected numbers; None where Kapso did not list them.
    """
    if project.kapso is None:
        return
    with project.inventory.read() as session:
        living = session.setup_links.living()
    for link in living:
        if link.state is not LinkState.ACTIVE:
            yield from _collecting(finish_broken_off(project, link), errors)
    active = [link.customer_id for link in living if link.state is LinkState.ACTIVE]
    for customer_id in dict.fromkeys(active):
        try:
            at_kapso = project.kapso.setup_links(customer_id)
        except VendorRefused as error:
            errors.append(error)
            continue
        yield from note_links(project, customer_id, at_kapso)
    yield from end_of_revoked(project, listed=listed)


def _collecting(actions: Iterator[Action], errors: list[KapsoTwilioError]) -> Iterator[Action]:
    try:
        yield from actions
    except VendorRefused as error:
        errors.append(error)


def finish_broken_off(project: Project, link: SetupLink) -> Iterator[Action]:
    """End a link whose maker was killed before anybody saw it; one that is still made is left."""
    deadline = link.asked_at + _MAKING_TAKES
    if not has_ended(link.owner, deadline=deadline, now=project.now()):
        return
    if link.state is LinkState.ASKED:
        end_link(project, link, LinkState.FAILED, "whether Kapso made it is not known")
        return
    yield give_up_link(project, link, "the command that made it was broken off")


def give_up_link(project: Project, link: SetupLink, reason: str) -> Action:
    """Revoke a link that nobody has seen. What was begun for it is to end with it.

    A number that its ref held before, and for no link, is none of this link's: it stays held.
    """
    end = revoke_at_kapso(project, link)
    if end is LinkState.REVOKED and _was_held_before(project, link):
        end = LinkState.FAILED
    return end_link(project, link, end, reason)


def _was_held_before(project: Project, link: SetupLink) -> bool:
    if link.ref is None:
        return False
    with project.inventory.read() as session:
        held = session.reservations.of_ref(link.ref)
        others = session.setup_links.of_customer(link.customer_id)
    had_link = any(o.ref == link.ref and o.state is LinkState.REVOKED for o in others)
    return held is not None and held.reserved_at < link.asked_at and not had_link


def note_links(
    project: Project, customer_id: str, at_kapso: Sequence[KapsoLink]
) -> Iterator[Action]:
    """Note which of a customer's active links have ended. One that is not listed is left."""
    states = {link.link_id: link.status for link in at_kapso}
    with project.inventory.read() as session:
        known = session.setup_links.of_customer(customer_id)
    for link in known:
        end = _ENDS.get(states.get(link.link_id or "", ""))
        if link.state is LinkState.ACTIVE and end is not None:
            yield end_link(project, link, end, "by Kapso's word")


def end_of_revoked(
    project: Project, refs: Collection[str] | None = None, *, listed: Listed | None = None
) -> Iterator[Action]:
    """End the reservations that were held for links that are revoked: all, or those of `refs`.

    One that cannot be ended safely stays, and `status` tells it.
    """
    with project.inventory.read() as session:
        revoked = [
            held
            for held in session.reservations.of_reserved_numbers()
            if refs is None or held.ref in refs
            if _is_revoked(session, held)
        ]
    for held in revoked:
        try:
            yield end_for_revoked(project, held, listed=listed)
        except KapsoTwilioError:
            continue  # why is noted on the number, or the next run meets it too


def end_for_revoked(project: Project, held: Reservation, *, listed: Listed | None = None) -> Action:
    """End a reservation whose link is revoked; raises where that is not safe.

    A live number has no object at Meta that would tell whether the customer has connected it: only
    Kapso does.
    """
    with project.inventory.read() as session:
        number = session.numbers.get(held.number_id)
    if held.path is Path.LIVE:
        connected = listed if listed is not None else listed_numbers(project)
        if number.phone_number in connected:
            list(notice_connects(project, {number.phone_number: connected[number.phone_number]}))
            raise StateError(
                f"{number.phone_number} is connected",
                reason="Kapso lists it: the customer has used the link before it was revoked",
                hint=f"kapso-twilio number show {number.phone_number}",
            )
    ended = end(project, number, held, NumberEvent.CANCEL)
    detail = f"the setup link of {held.ref} was revoked"
    return Action(ActionKind.RESERVATION_CANCELLED, ended.phone_number, detail)


def _is_revoked(session: Session, held: Reservation) -> bool:
    link = session.setup_links.of_ref(held.ref)
    return link is not None and link.state is LinkState.REVOKED


def revoke_at_kapso(project: Project, link: SetupLink) -> LinkState:
    """Revoke the link; gives how it has ended, which may be otherwise, and before."""
    assert project.kapso is not None
    if link.link_id is None or project.is_rehearsal:
        return LinkState.REVOKED
    status = project.kapso.revoke_setup_link(link.customer_id, link.link_id)
    return _ENDS.get(status, LinkState.REVOKED)


def end_link(project: Project, link: SetupLink, state: LinkState, reason: str) -> Action:
    """Write down that the link has ended."""
    with project.inventory.write() as tx:
        tx.setup_links.become(link, state, project.now(), reason=reason)
    detail = f"setup link {link.link_id or 'without an id'} of {link.customer_id}: {state}"
    return Action(ActionKind.SETUP_LINK_ENDED, None, detail)
