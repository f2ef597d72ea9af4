"""A setup link for one customer, and the number that is held for it.

The link is made first, as it costs nothing and can be revoked: nothing is bought for a link that
Kapso refuses. Nobody sees it before its number is held; where that fails it is revoked. Broken off
anywhere, `reconcile` ends what was begun.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ...domain.lifecycle import NumberState
from ...domain.resolution import ResolveReason
from ...domain.setup_link import LIVING, LinkState, SetupLink
from ...errors import KapsoTwilioError, StateError
from ...inventory.store import Session
from ...project import Project
from ..handing_out.foresight import WouldBuy, foresee
from ..handing_out.onboarding import LivePurchase, Resolution
from ..handing_out.resolve import resolve
from .link_asking import ask_for_link, require_kapso
from .link_request import LinkRequest, Plan, onboarding_of, plan_link
from .links_at_kapso import (
    end_link,
    end_of_revoked,
    finish_broken_off,
    give_up_link,
    note_links,
)

if TYPE_CHECKING:
    from ...gateways.kapso_platform import KapsoLink

_LIVES = timedelta(days=30)
"""Where Kapso does not say until when (reference "Kapso", 3, read 2026-11-22)."""


class MadeLink(msgspec.Struct, frozen=True):
    """A link, and the number that is held for it."""

    link: SetupLink
    at_kapso: KapsoLink | None
    """With its URL, which is shown once; None where the link was made before."""
    resolution: Resolution | None
    """None: Kapso provides the number."""
    warnings: tuple[str, ...] = ()
    reason: ResolveReason | None = None
    """Why Kapso provides the number, where the project's settings say so."""


def create_link(
    project: Project,
    request: LinkRequest,
    live: LivePurchase,
    *,
    before_sending: Callable[[Plan], None],
) -> MadeLink:
    """Make a link and hold its number until the link's end; the same for the same ref.

    Raises StateError for an unknown customer, and for one with an active link unless it is to be
    replaced; what `resolve` raises, and then the link is revoked.
    """
    plan, active = look_before(project, request)
    before = _of_same_ref(project, request, active, live)
    if before is not None:
        return before
    _refuse_unless_replaced(request, active)
    if not plan.by_kapso:
        live = _approved(project, request, plan, live)
    before_sending(plan)
    link, made, replaced = _make(project, request, plan)
    warnings = _end_replaced(project, replaced, but_for=link.ref)
    resolution = None
    if not link.by_kapso:
        resolution = _hold_number(project, request, plan, link, live)
    return MadeLink(_activate(project, link), made, resolution, warnings, plan.reason)


def look_before(project: Project, request: LinkRequest) -> tuple[Plan, list[KapsoLink]]:
    """Who provides the number, and the customer's active links; what was broken off is finished.

    Raises StateError for a customer that Kapso does not know. A rehearsal finishes nothing.
    """
    kapso = require_kapso(project)
    plan = plan_link(project, request)
    kapso.require_customer(request.customer_id)
    _finish_former(project, request.customer_id)
    at_kapso = kapso.setup_links(request.customer_id)
    list(note_links(project, request.customer_id, at_kapso))
    return plan, [link for link in at_kapso if link.is_active]


def refuse_second_link(project: Project, request: LinkRequest, active: Sequence[KapsoLink]) -> None:
    """Raise StateError where the customer has a link, which is neither the ref's nor replaced."""
    if _link_of_same_ref(project, request, active) is None:
        _refuse_unless_replaced(request, active)


def foresee_link(
    project: Project, request: LinkRequest, plan: Plan, live: LivePurchase
) -> Resolution | WouldBuy:
    """The number that a link would get; StateError where its ref has done with it."""
    onboarding = onboarding_of(request, plan, request.ref or f"link-{project.run_id}")
    foreseen = foresee(project, onboarding, no_provision=False, lost_sids=live.lost_sids)
    if isinstance(foreseen, Resolution):
        _refuse_other_use(project, request, foreseen)
    return foreseen


def _link_of_same_ref(
    project: Project, request: LinkRequest, active: Sequence[KapsoLink]
) -> SetupLink | None:
    """The ref's link, if it is active at Kapso, and not to be replaced."""
    if request.ref is None or request.replaces:
        return None
    with project.inventory.read() as session:
        link = session.setup_links.of_ref(request.ref)
    if link is None or link.state not in LIVING:
        return None
    if link.customer_id != request.customer_id:
        raise _of_another(request, link.customer_id)
    return link if link.link_id in {one.link_id for one in active} else None


def _of_same_ref(
    project: Project, request: LinkRequest, active: Sequence[KapsoLink], live: LivePurchase
) -> MadeLink | None:
    """The ref's active link, with its number; None where there is none."""
    link = _link_of_same_ref(project, request, active)
    if link is None or link.state is not LinkState.ACTIVE:
        return None
    if link.by_kapso:
        return MadeLink(link, None, None)
    assert link.ref is not None
    plan = Plan(by_kapso=False, reason=None, countries=request.countries or link.countries)
    resolution = resolve(project, onboarding_of(request, plan, link.ref), live)
    link = _activate(project, link)  # where its number was given up meanwhile, it has another now
    return MadeLink(link, None, msgspec.structs.replace(resolution, reserved_until=link.expires_at))


def _refuse_other_use(project: Project, request: LinkRequest, found: Resolution) -> None:
    """A ref names one onboarding of one customer, and one that is done needs no link."""
    if found.number is None or request.ref is None:
        return
    with project.inventory.read() as session:
        held = session.reservations.of_ref(request.ref)
    if held is None:
        return
    if held.customer not in (None, request.customer_id):
        raise _of_another(request, held.customer or "")
    if found.number.state is NumberState.CONNECTED:
        raise StateError(
            f"the number of ref {request.ref}, {found.number.phone_number}, is connected already",
            reason="one ref names one onboarding",
            hint="use another --ref for another number of the customer's",
        )


def _of_another(request: LinkRequest, customer_id: str) -> StateError:
    return StateError(
        f"ref {request.ref} is an onboarding of customer {customer_id}",
        reason=f"one ref names one onboarding, and this one is for {request.customer_id}",
        hint="use another --ref",
    )


def _refuse_unless_replaced(request: LinkRequest, active: Sequence[KapsoLink]) -> None:
    if not active or request.replaces:
        return
    link = active[0]
    until = f"{link.expires_at:%Y-%m-%d %H:%M} UTC" if link.expires_at else "its end"
    raise StateError(
        f"customer {request.customer_id} has an active setup link already: {link.link_id}",
        reason=f"it lasts until {until}, and a new one would revoke it; Kapso shows its URL once,"
        " to whoever made it",
        hint=f"add --replace for a new one, or: kapso-twilio setup-link revoke {link.link_id}",
    )


def _finish_former(project: Project, customer_id: str) -> None:
    """What a killed command has left of the customer's links."""
    with project.inventory.read() as session:
        links = session.setup_links.of_customer(customer_id)
    for link in links:
        if link.state in (LinkState.ASKED, LinkState.MADE):
            list(finish_broken_off(project, link))


def _approved(
    project: Project, request: LinkRequest, plan: Plan, live: LivePurchase
) -> LivePurchase:
    """Ask about a purchase before the link is made: the purchase is not asked about again."""
    foreseen = foresee_link(project, request, plan, live)
    if not isinstance(foreseen, WouldBuy):
        return live
    was_asked = live.approve(foreseen.quote, foreseen.reason)
    return LivePurchase(lambda _quote, _reason: was_asked, lambda _choice: None)


def _make(
    project: Project, request: LinkRequest, plan: Plan
) -> tuple[SetupLink, KapsoLink, list[SetupLink]]:
    """Have Kapso make the link, which revokes the customer's active one; gives these too."""
    kapso = require_kapso(project)
    with project.inventory.write() as tx:
        link = tx.setup_links.ask(
            request.customer_id,
            plan.countries,
            project.owner,
            project.now(),
            ref=request.ref,
            by_kapso=plan.by_kapso,
        )
    try:
        # Looked at once more: from here on no other process makes one for this customer.
        at_kapso = kapso.setup_links(request.customer_id)
        active = [one for one in at_kapso if one.is_active]
        _refuse_unless_replaced(request, active)
        made = ask_for_link(kapso, request, plan, active)
    except KapsoTwilioError as error:
        end_link(project, link, LinkState.FAILED, error.message)
        raise
    now, replaced = project.now(), []
    with project.inventory.write() as tx:
        for former in tx.setup_links.of_customer(request.customer_id):
            if former.link_id in {one.link_id for one in active} and former.state in LIVING:
                reason = "it was replaced"
                replaced.append(
                    tx.setup_links.become(former, LinkState.REVOKED, now, reason=reason)
                )
        link = tx.setup_links.made(link, made.link_id, made.expires_at or now + _LIVES)
    return link, made, replaced


def _end_replaced(
    project: Project, replaced: Sequence[SetupLink], *, but_for: str | None
) -> tuple[str, ...]:
    """End the reservations of the links that were replaced; why one stays.

    A new link for the same ref keeps its number.
    """
    refs = {link.ref for link in replaced if link.ref is not None and link.ref != but_for}
    list(end_of_revoked(project, refs))
    with project.inventory.read() as session:
        left = [
            session.numbers.get(held.number_id)
            for held in session.reservations.of_reserved_numbers()
            if held.ref in refs
        ]
    return tuple(
        f"{number.phone_number} stays reserved for the replaced link:"
        f" {number.reason or 'Kapso did not say whether it is in use'}"
        for number in left
    )


def _hold_number(
    project: Project, request: LinkRequest, plan: Plan, link: SetupLink, live: LivePurchase
) -> Resolution:
    """Hold the link's number until the link's end; where there is none, the link is revoked.

    What the number's failure says goes before what becomes of the link: `reconcile` ends that too.
    """
    assert link.ref is not None
    try:
        resolution = resolve(project, onboarding_of(request, plan, link.ref), live)
    except KapsoTwilioError as error:
        with suppress(KapsoTwilioError):
            give_up_link(project, link, error.message)
        raise
    return msgspec.structs.replace(resolution, reserved_until=link.expires_at)


def _activate(project: Project, link: SetupLink) -> SetupLink:
    """Link, customer, number and reservation stand together from here on.

    StateError where somebody has revoked the link meanwhile: nothing is held for it then.
    """
    now = project.now()
    with project.inventory.write() as tx:
        current = tx.setup_links.get(link.id)
        if current.state in LIVING:
            _prolong(tx, current, now)
            return tx.setup_links.become(current, LinkState.ACTIVE, now)
    list(end_of_revoked(project, {link.ref} if link.ref is not None else set()))
    raise StateError(
        f"setup link {link.link_id} was {current.state} while it was made",
        reason=current.reason,
        hint="run the command again for another one",
    )


def _prolong(tx: Session, link: SetupLink, now: datetime) -> None:
    held = tx.reservations.of_ref(link.ref) if link.ref is not None else None
    if held is None:
        return
    until = link.expires_at or now + _LIVES
    if (held.reserved_until, held.customer) == (until, link.customer_id):
        return
    tx.reservations.prolong(held, until, link.customer_id)
    # An event of the number's, so that a restore knows of it.
    tx.numbers.save(tx.numbers.get(held.number_id), "reservation_prolonged", now)
