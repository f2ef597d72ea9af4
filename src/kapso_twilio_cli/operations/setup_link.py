"""A setup link for one customer, and the number that is held for it.

The link is made first, as it costs nothing and can be revoked: nothing is bought for a link that
Kapso refuses. Nobody sees it before its number is held; where that fails it is revoked. Broken off
anywhere, `reconcile` ends what was begun.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec import field

from ..domain.country import Country
from ..domain.lifecycle import NumberState
from ..domain.number_type import NumberType
from ..domain.resolution import ResolveReason
from ..domain.setup_link import LinkState, SetupLink
from ..errors import (
    ConfigError,
    KapsoTwilioError,
    StateError,
    UsageError,
    VendorRefused,
    VendorUnavailable,
)
from ..project import Project
from .allowed import require_allowed
from .foresight import WouldBuy, foresee
from .links_at_kapso import end_link, end_of_revoked, finish_broken_off, revoke_at_kapso
from .onboarding import LivePurchase, Onboarding, Resolution
from .resolve import resolve

if TYPE_CHECKING:
    from ..gateways.kapso_platform import KapsoLink, KapsoPlatform
US = Country("US")
_LIVES = timedelta(days=30)
"""Where Kapso does not say until when (reference "Kapso", 3, read 2026-11-22)."""


class LinkOptions(msgspec.Struct, frozen=True):
    """What Kapso is told of the link; None leaves it to Kapso."""

    success_redirect_url: str | None = None
    failure_redirect_url: str | None = None
    language: str | None = None
    allowed_connection_types: tuple[str, ...] | None = None
    meta_billing_mode: str | None = None
    phone_number_area_code: str | None = None


class LinkRequest(msgspec.Struct, frozen=True):
    """For whom, and with which number."""

    customer_id: str
    countries: tuple[Country, ...] = ()
    """Empty: the project's default country."""
    ref: str | None = None
    """None: the link's id."""
    by_kapso: bool = False
    """Kapso provides the number, whatever this project has."""
    replaces: bool = False
    """An active link of the customer is revoked."""
    number_type: NumberType | None = None
    bundle_sid: str | None = None
    address_sid: str | None = None
    options: LinkOptions = field(default_factory=LinkOptions)


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


class Plan(msgspec.Struct, frozen=True):
    """Who provides the number, and where."""

    by_kapso: bool
    reason: ResolveReason | None
    """Why Kapso provides it, where the project's settings say so."""
    countries: tuple[Country, ...]


def plan_link(project: Project, request: LinkRequest) -> Plan:
    """Who provides the number; raises before anybody is asked where the settings forbid it."""
    config = project.config
    reason = None
    if project.why_not_enabled() is not None:
        reason = ResolveReason.DISABLED if not config.enabled else ResolveReason.PLAN
    by_kapso = request.by_kapso or reason is not None
    default = (config.default_country,) if config.default_country else ()
    countries = request.countries or default or ((US,) if by_kapso else ())
    if not by_kapso and len(countries) != 1:
        raise UsageError(
            "one country is needed" if countries else "no country was named",
            reason="a number is of one country; only Kapso chooses among several",
            hint="add --country CC once, or let Kapso provide the number: --by-kapso",
        )
    if reason is not None and set(countries) - {US}:
        raise ConfigError(
            f"Kapso provides numbers of the US alone, not of {', '.join(countries)}",
            reason=f"other countries need custom Twilio, and {project.why_not_enabled()}",
            hint="kapso-twilio enable, or --country US",
        )
    if reason is None:
        for country in countries:
            require_allowed(config, country)
    return Plan(by_kapso, reason, countries)


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
    kapso = require_kapso(project)
    plan = plan_link(project, request)
    before = _of_same_ref(project, request, live)
    if before is not None:
        return before
    _finish_former(project, request.customer_id)
    kapso.require_customer(request.customer_id)
    active = [link for link in kapso.setup_links(request.customer_id) if link.is_active]
    if active and not request.replaces:
        raise _has_one(request.customer_id, active[0])
    if not plan.by_kapso:
        live = _approved(project, request, plan, live)
    before_sending(plan)
    link, made = _make(project, kapso, request, plan, active)
    warnings = _end_replaced(project) if active else ()
    if link.by_kapso:
        return MadeLink(_activate(project, link), made, None, warnings, plan.reason)
    resolution = _hold_number(project, request, plan, link, live)
    return MadeLink(_activate(project, link), made, resolution, warnings)


def require_kapso(project: Project) -> KapsoPlatform:
    """Kapso, or the error that says that no key is set."""
    if project.kapso is None:
        from ..config.secrets import SecretName

        project.secrets.require(SecretName.KAPSO_API_KEY)
    assert project.kapso is not None
    return project.kapso


def onboarding_of(request: LinkRequest, plan: Plan, ref: str) -> Onboarding:
    """The onboarding that the link is for."""
    return Onboarding(
        country=plan.countries[0],
        ref=ref,
        customer=request.customer_id,
        number_type=request.number_type,
        bundle_sid=request.bundle_sid,
        address_sid=request.address_sid,
    )


def foresee_link(
    project: Project, request: LinkRequest, plan: Plan, live: LivePurchase
) -> Resolution | WouldBuy:
    """The number that a link would get; StateError where its ref has done with it."""
    onboarding = onboarding_of(request, plan, request.ref or f"link-{project.run_id}")
    foreseen = foresee(project, onboarding, no_provision=False, lost_sids=live.lost_sids)
    if isinstance(foreseen, Resolution):
        _refuse_other_use(project, request, foreseen)
    return foreseen


def _of_same_ref(project: Project, request: LinkRequest, live: LivePurchase) -> MadeLink | None:
    """The active link of the ref, with its number; None where there is none, or it is replaced."""
    if request.ref is None or request.replaces:
        return None
    with project.inventory.read() as session:
        link = session.setup_links.of_ref(request.ref)
    if link is None or link.state is not LinkState.ACTIVE:
        return None
    if link.customer_id != request.customer_id:
        raise _of_another(request, link.customer_id)
    plan = Plan(by_kapso=False, reason=None, countries=link.countries)
    asked = onboarding_of(request, plan, request.ref)
    if request.countries:
        asked = msgspec.structs.replace(asked, country=request.countries[0])
    resolution = resolve(project, asked, live)
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


def _has_one(customer_id: str, link: KapsoLink) -> StateError:
    until = f"{link.expires_at:%Y-%m-%d %H:%M} UTC" if link.expires_at else "its end"
    return StateError(
        f"customer {customer_id} has an active setup link already: {link.link_id}",
        reason=f"it lasts until {until}, and a new one would revoke it; its URL was shown when it"
        " was made",
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
    project: Project,
    kapso: KapsoPlatform,
    request: LinkRequest,
    plan: Plan,
    active: Sequence[KapsoLink],
) -> tuple[SetupLink, KapsoLink]:
    """Have Kapso make the link, which revokes the customer's active one."""
    with project.inventory.write() as tx:
        link = tx.setup_links.ask(
            request.customer_id,
            plan.countries,
            project.owner,
            project.now(),
            ref=None if plan.by_kapso else request.ref,
            by_kapso=plan.by_kapso,
        )
    try:
        made = _ask(kapso, request, plan, active)
    except KapsoTwilioError as error:
        end_link(project, link, LinkState.FAILED, error.message)
        raise
    now = project.now()
    with project.inventory.write() as tx:
        for former in tx.setup_links.of_customer(request.customer_id):
            if former.state is LinkState.ACTIVE:
                tx.setup_links.become(former, LinkState.REVOKED, now, reason="it was replaced")
        return tx.setup_links.made(link, made.link_id, made.expires_at or now + _LIVES), made


def _ask(
    kapso: KapsoPlatform, request: LinkRequest, plan: Plan, active: Sequence[KapsoLink]
) -> KapsoLink:
    """Ask for the link; a lost answer is looked for among the customer's links."""
    from ..gateways.http import AnswerLost

    settings = _settings(request, plan)
    try:
        return kapso.create_setup_link(request.customer_id, settings)
    except VendorRefused as error:
        raise VendorRefused(
            "Kapso refused to make the setup link",
            reason=error.reason,
            hint="nothing was made or bought; mend what Kapso names, then run it again",
        ) from error
    except AnswerLost as lost:
        known = {link.link_id for link in active}
        found = [link for link in kapso.setup_links(request.customer_id) if link.is_active]
        new = [link for link in found if link.link_id not in known]
        if not new:
            raise _not_known(request, str(lost)) from None
        if new[0].url is not None:
            return new[0]
    try:
        # It was made, and its URL is lost with the answer: another revokes it.
        return kapso.create_setup_link(request.customer_id, settings)
    except AnswerLost as lost:
        raise _not_known(request, str(lost)) from None


def _not_known(request: LinkRequest, reason: str) -> VendorUnavailable:
    return VendorUnavailable(
        f"it is not known whether Kapso made a setup link for customer {request.customer_id}",
        reason=reason,
        hint="nothing was bought, and nobody has its URL: run the command again; if one is shown"
        " to be there, add --replace",
    )


def _settings(request: LinkRequest, plan: Plan) -> dict[str, object]:
    """The fields of Kapso's `setup_link`."""
    settings: dict[str, object] = {"provision_phone_number": plan.by_kapso}
    if plan.by_kapso:
        settings["phone_number_country_isos"] = list(plan.countries)
    options = msgspec.structs.asdict(request.options)
    return settings | {name: value for name, value in options.items() if value is not None}


def _end_replaced(project: Project) -> tuple[str, ...]:
    """End the reservations of links that were replaced; why one stays."""
    ended = {action.phone_number for action in end_of_revoked(project)}
    with project.inventory.read() as session:
        left = [
            session.numbers.get(held.number_id)
            for held in session.reservations.of_reserved_numbers()
            if (link := session.setup_links.of_ref(held.ref)) is not None
            and link.state is LinkState.REVOKED
        ]
    return tuple(
        f"{number.phone_number} stays reserved for the replaced link: {number.reason}"
        for number in left
        if number.phone_number not in ended
    )


def _hold_number(
    project: Project, request: LinkRequest, plan: Plan, link: SetupLink, live: LivePurchase
) -> Resolution:
    """Hold the link's number until the link's end; where there is none, the link is revoked."""
    assert link.ref is not None
    try:
        resolution = resolve(project, onboarding_of(request, plan, link.ref), live)
    except KapsoTwilioError as error:
        revoke_at_kapso(project, link)
        end_link(project, link, LinkState.FAILED, error.message)
        raise
    return msgspec.structs.replace(resolution, reserved_until=link.expires_at)


def _activate(project: Project, link: SetupLink) -> SetupLink:
    """Link, customer, number and reservation stand together from here on."""
    now = project.now()
    with project.inventory.write() as tx:
        if link.ref is not None:
            tx.reservations.prolong(link.ref, link.expires_at or now + _LIVES, link.customer_id)
        return tx.setup_links.become(link, LinkState.ACTIVE, now)
