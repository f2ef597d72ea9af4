"""What becomes of setup links at Kapso, and of the numbers that are held for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from ..domain.setup_link import LinkState, SetupLink
from ..errors import KapsoTwilioError
from ..process import has_ended
from ..project import Project
from .actions import Action, ActionKind
from .reservation import cancel

if TYPE_CHECKING:
    from ..gateways.kapso_platform import KapsoLink

_MAKING_TAKES = timedelta(minutes=10)
_ENDS = {state.value: state for state in (LinkState.USED, LinkState.EXPIRED, LinkState.REVOKED)}


def notice_links(project: Project) -> Iterator[Action]:
    """Finish what was broken off, and note what Kapso says of the links that are active."""
    if project.kapso is None:
        return
    with project.inventory.read() as session:
        living = session.setup_links.living()
    for link in living:
        if link.state is not LinkState.ACTIVE:
            yield from finish_broken_off(project, link)
    active = [link for link in living if link.state is LinkState.ACTIVE]
    for customer_id in dict.fromkeys(link.customer_id for link in active):
        yield from note_links(project, customer_id, project.kapso.setup_links(customer_id))
    yield from end_of_revoked(project)


def finish_broken_off(project: Project, link: SetupLink) -> Iterator[Action]:
    """End a link whose maker was killed before anybody saw it; one that is still made is left."""
    deadline = link.asked_at + _MAKING_TAKES
    if not has_ended(link.owner, deadline=deadline, now=project.now()):
        return
    if link.state is LinkState.ASKED:
        end_link(project, link, LinkState.FAILED, "whether Kapso made it is not known")
        return
    revoke_at_kapso(project, link)
    # A number that its ref held before is none of this link's.
    with project.inventory.read() as session:
        held = session.reservations.of_ref(link.ref) if link.ref else None
    is_its_own = held is not None and held.reserved_at >= link.asked_at
    state = LinkState.REVOKED if is_its_own else LinkState.FAILED
    yield end_link(project, link, state, "the command that made it was broken off")


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


def end_of_revoked(project: Project, ref: str | None = None) -> Iterator[Action]:
    """End the reservations that were held for links that are revoked: all, or the ref's.

    One that cannot be ended safely stays, and `status` tells it; of a ref that was named, the error
    is raised.
    """
    with project.inventory.read() as session:
        reserved = session.reservations.of_reserved_numbers()
        revoked = [held for held in reserved if _is_revoked(session.setup_links.of_ref(held.ref))]
    for held in revoked:
        if ref not in (None, held.ref):
            continue
        try:
            ended = cancel(project, held.ref)
        except KapsoTwilioError:
            if ref is not None:
                raise
            continue  # why is noted on the number
        detail = f"the setup link of {held.ref} was revoked"
        yield Action(ActionKind.RESERVATION_CANCELLED, ended.phone_number, detail)


def _is_revoked(link: SetupLink | None) -> bool:
    return link is not None and link.state is LinkState.REVOKED


def revoke_at_kapso(project: Project, link: SetupLink) -> None:
    """Revoke the link; one that has ended is left."""
    assert project.kapso is not None
    if link.link_id is not None and not project.is_rehearsal:
        project.kapso.revoke_setup_link(link.customer_id, link.link_id)


def end_link(project: Project, link: SetupLink, state: LinkState, reason: str) -> Action:
    """Write down that the link has ended."""
    with project.inventory.write() as tx:
        tx.setup_links.become(link, state, project.now(), reason=reason)
    detail = f"setup link {link.link_id or 'without an id'} of {link.customer_id}: {state}"
    return Action(ActionKind.SETUP_LINK_ENDED, None, detail)
