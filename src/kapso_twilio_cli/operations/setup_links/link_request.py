"""What a setup link is asked for: for whom, with which number, and what Kapso is told of it."""

from __future__ import annotations

import msgspec
from msgspec import field

from ...domain.country import Country
from ...domain.number_type import NumberType
from ...domain.resolution import ResolveReason
from ...errors import ConfigError, UsageError
from ...project import Project
from ..buying.allowed import require_allowed
from ..handing_out.onboarding import Onboarding

US = Country("US")


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
    """None: the link's id, where a number is held for it."""
    by_kapso: bool = False
    """Kapso provides the number, whatever this project has."""
    replaces: bool = False
    """An active link of the customer is revoked."""
    number_type: NumberType | None = None
    bundle_sid: str | None = None
    address_sid: str | None = None
    options: LinkOptions = field(default_factory=LinkOptions)


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
    if request.options.phone_number_area_code is not None and (by_kapso, countries) != (
        True,
        (US,),
    ):
        raise UsageError(
            "an area code cannot be chosen here",
            reason="Kapso takes one for a number of the US that it provides",
            hint="leave it out, or add --by-kapso --country US",
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


def link_settings(request: LinkRequest, plan: Plan) -> dict[str, object]:
    """The fields of Kapso's `setup_link`."""
    settings: dict[str, object] = {"provision_phone_number": plan.by_kapso}
    if plan.by_kapso:
        settings["phone_number_country_isos"] = list(plan.countries)
    options = msgspec.structs.asdict(request.options)
    return settings | {name: value for name, value in options.items() if value is not None}
