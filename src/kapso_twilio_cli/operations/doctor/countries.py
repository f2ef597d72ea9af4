"""Whether numbers can be bought in each allowed country: sold, priced, and with which papers."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from ...domain.country import Country
from ...project import Project
from ..buying.compliance import Papers
from ..buying.quote import Quote, Wanted, choose_for, none_on_sale, offer
from ..pools.fill_plan import wanted_for_pool
from .check import Check, caution, fine, judged, warning

_AT_ONCE = 8


def countries(project: Project, sms_failed_in: Collection[Country]) -> list[Check]:
    """A check for each country. Twilio takes the project's credentials."""
    allowed = project.config.allowed_countries
    if not allowed:
        return [warning("countries", "none is allowed", "kapso-twilio country allow CC")]
    papers = Papers(project)

    def one(country: Country) -> Check:
        wanted = _wanted(project, country, sms_failed=country in sms_failed_in)
        return judged(name_of(country), lambda: _country(project, wanted, papers))

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="country") as workers:
        return list(workers.map(one, allowed))


def name_of(country: Country) -> str:
    """The name of a country's check."""
    return f"country.{country}"


def _wanted(project: Project, country: Country, *, sms_failed: bool) -> Wanted:
    """What a pool would buy there; without a pool, what an onboarding would."""
    if country not in project.config.pools:
        return Wanted(country)
    return wanted_for_pool(project.config, country, sms_failed=sms_failed)


def _country(project: Project, wanted: Wanted, papers: Papers) -> Check:
    """Raises what a purchase would surely be refused for."""
    choice = choose_for(project.config, wanted)
    offered = offer(project, choice, papers)
    name = name_of(wanted.country)
    if not offered.on_sale:
        return caution(name, none_on_sale(choice))
    if offered.warnings:
        told, _, mends = offered.warnings[0].rpartition(": ")
        return warning(name, told, mends)
    return fine(name, _in_words(offered))


def _in_words(offered: Quote) -> str:
    sent = offered.choice.regulatory
    papers = [sid for sid in (sent.bundle_sid, sent.address_sid) if sid is not None]
    words = f"{offered.choice.number_type} numbers at {offered.price} a month"
    return f"{words}, with {' and '.join(papers)}" if papers else words
