"""List setup links with what Kapso says of them, and revoke them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from ...domain.lifecycle import NumberState
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...domain.reservation import Reservation
from ...domain.setup_link import LIVING, LinkState, SetupLink
from ...errors import StateError, VendorRefused
from ...inventory.store import Session
from ...project import Project
from .link_asking import require_kapso
from .links_at_kapso import end_for_revoked, end_link, note_links, revoke_at_kapso

if TYPE_CHECKING:
    from ...gateways.kapso_platform import KapsoLink


class ListedLink(msgspec.Struct, frozen=True):
    """A link, by the inventory and by Kapso: one of them may not know it."""

    customer_id: str
    link: SetupLink | None
    at_kapso: KapsoLink | None
    number: Number | None
    """The number that is held for it, or that was connected through it."""
    provided: Number | None
    """The number that Kapso provided, where it is one of this account."""

    @property
    def status(self) -> str:
        """Kapso's word, else the inventory's."""
        if self.at_kapso is not None:
            return self.at_kapso.status
        assert self.link is not None
        return self.link.state


class RevokedLink(msgspec.Struct, frozen=True):
    """A link that was revoked, and the number that is free by that."""

    link: SetupLink
    freed: PhoneNumber | None


def list_links(
    project: Project, customer_id: str | None, *, ended: bool, warn: Callable[[str], None]
) -> list[ListedLink]:
    """A customer's links, or those of everybody who has one in the inventory; oldest first.

    Where Kapso refuses to list one customer's, `warn` is told, and the inventory's word stands.
    """
    kapso = require_kapso(project)
    with project.inventory.read() as session:
        known = session.setup_links.all()
    wanted = [link for link in known if ended or link.state in LIVING]
    customers = (
        [customer_id] if customer_id else list(dict.fromkeys(link.customer_id for link in wanted))
    )
    listed: list[ListedLink] = []
    for customer in customers:
        at_kapso: list[KapsoLink] = []
        try:
            at_kapso = kapso.setup_links(customer)
        except VendorRefused as error:
            warn(f"{customer}: {error.message}: {error.reason}")
        list(note_links(project, customer, at_kapso))
        with project.inventory.read() as session:
            listed += _joined(session, customer, at_kapso)
    return [one for one in listed if ended or one.status in LIVING]


def _joined(
    session: Session, customer_id: str, at_kapso: Sequence[KapsoLink]
) -> Iterator[ListedLink]:
    by_id = {link.link_id: link for link in at_kapso}
    known = session.setup_links.of_customer(customer_id)
    for link in known:
        yield _listed(session, customer_id, link, by_id.pop(link.link_id or "", None))
    for unknown in by_id.values():
        yield _listed(session, customer_id, None, unknown)


def _listed(
    session: Session, customer_id: str, link: SetupLink | None, at_kapso: KapsoLink | None
) -> ListedLink:
    held = session.reservations.of_ref(link.ref) if link is not None and link.ref else None
    provided = at_kapso.provisioned if at_kapso is not None else None
    return ListedLink(
        customer_id,
        link,
        at_kapso,
        session.numbers.get(held.number_id) if held is not None else None,
        session.numbers.find(provided) if provided is not None else None,
    )


def find_link(
    project: Project, link_id: str | None, ref: str | None, customer_id: str | None
) -> SetupLink:
    """The link with this id, the ref's, or the customer's; StateError where there is none."""
    with project.inventory.read() as session:
        if link_id is not None:
            found = session.setup_links.of_link(link_id)
        elif ref is not None:
            found = session.setup_links.of_ref(ref)
        else:
            of_customer = session.setup_links.of_customer(customer_id or "")
            found = next((one for one in reversed(of_customer) if one.state in LIVING), None)
    if found is None:
        raise StateError(
            f"project {project.name} knows no such setup link",
            reason="it was made by another program, or never",
            hint="kapso-twilio setup-link list --customer ID shows all of a customer's; one of"
            " another program is revoked in Kapso's dashboard",
        )
    return found


def revoke_link(project: Project, link: SetupLink) -> RevokedLink:
    """Revoke the link at Kapso, then end the reservation of its number; doing it again is nothing.

    Raises StateError for one that was used: its number is the customer's.
    """
    require_kapso(project)
    if link.state in LIVING:
        state = revoke_at_kapso(project, link)
        end_link(project, link, state, "a person revoked it")
        link = msgspec.structs.replace(link, state=state)
    if link.state is LinkState.USED:
        raise _used(link)
    freed = None
    with project.inventory.read() as session:
        held = session.reservations.of_ref(link.ref) if link.ref is not None else None
        newest = session.setup_links.of_ref(link.ref) if link.ref is not None else None
        is_held = held is not None and _is_reserved(session, held)
    if held is not None and is_held and newest is not None and newest.id == link.id:
        freed = end_for_revoked(project, held).phone_number
    with project.inventory.read() as session:
        return RevokedLink(session.setup_links.get(link.id), freed)


def _is_reserved(session: Session, held: Reservation) -> bool:
    return session.numbers.get(held.number_id).state is NumberState.RESERVED


def _used(link: SetupLink) -> StateError:
    return StateError(
        f"setup link {link.link_id} was used already",
        reason="the customer has connected a number with it",
        hint="to take that number back, remove its WhatsApp config at Kapso; where another number"
        f" was connected, free the held one: kapso-twilio reservation cancel --ref {link.ref}",
    )
