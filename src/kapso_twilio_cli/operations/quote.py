"""Everything that can be known before money is spent on a country's numbers.

Whether the type is sold there, what it costs, and whether the bundle may be used: a refusal here
costs nothing.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import msgspec
from msgspec.structs import replace

from ..config.model import CountrySettings, ProjectConfig
from ..domain.country import Country, country_name
from ..domain.limits import check_currency, check_purchase
from ..domain.money import Money
from ..domain.number_type import NumberType
from ..domain.purchase import RegulatorySids
from ..domain.regulatory import SidChoice, choose
from ..errors import LimitExceeded, VendorRefused
from ..project import Project


class Wanted(msgspec.Struct, frozen=True):
    """What a call asks for; None leaves the choice to the project's settings."""

    country: Country
    number_type: NumberType | None = None
    bundle_sid: str | None = None
    address_sid: str | None = None


class Choice(msgspec.Struct, frozen=True):
    """What a purchase in a country will be, by the project's settings."""

    country: Country
    number_type: NumberType
    regulatory: RegulatorySids
    losers: tuple[str, ...]
    """SIDs that the call passed in vain, because the settings have others."""


class Quote(msgspec.Struct, frozen=True):
    """A choice that Twilio sells, and its price a month."""

    choice: Choice
    price: Money


def choose_for(config: ProjectConfig, wanted: Wanted) -> Choice:
    """Number type, bundle and address: the country's, else the project's, else the call's."""
    settings = config.countries.get(wanted.country, CountrySettings())
    bundle = SidChoice(settings.bundle_sid, config.twilio.bundle_sid, wanted.bundle_sid)
    address = SidChoice(settings.address_sid, config.twilio.address_sid, wanted.address_sid)
    return Choice(
        country=wanted.country,
        number_type=wanted.number_type or settings.number_type or NumberType.LOCAL,
        regulatory=choose(bundle, address),
        losers=tuple(sid for sid in (bundle.loser, address.loser) if sid is not None),
    )


def quote(project: Project, choice: Choice) -> Quote:
    """The choice with its price. VendorRefused where it is not sold or its bundle cannot be used,
    LimitExceeded where the price is unknown.
    """
    sold, prices = offers(project, choice.country)
    if choice.number_type not in sold:
        raise not_sold(choice, {kind: prices.get(kind) for kind in NumberType if kind in sold})
    price = prices.get(choice.number_type)
    if price is None:
        raise LimitExceeded(
            f"the price of {choice.number_type} numbers in {choice.country} is unknown",
            reason="Twilio names none, or the API key may not ask for it",
            hint="grant the key the Pricing API, or use the auth token",
        )
    check_currency(project.config.limits, price)
    _check_bundle(project, choice, project.now())
    return Quote(choice, price)


def require_within_limits(project: Project, quoted: Quote) -> None:
    """Raise LimitExceeded where one number of the quote would pass a limit, before anyone is asked.

    The limits are counted again with the intent, where no other process can come between.
    """
    limits = replace(project.config.limits, max_purchases_per_run=None)
    with project.inventory.read() as session:
        spending = session.purchases.spending(project.run_id, project.now())
    check_purchase(limits, spending, quoted.choice.country, quoted.price)


def offers(
    project: Project, country: Country
) -> tuple[frozenset[NumberType], dict[NumberType, Money]]:
    """The types on sale in the country and their monthly prices, asked for side by side."""
    twilio = project.twilio
    workers = ThreadPoolExecutor(2, thread_name_prefix="offer")
    try:
        sold = workers.submit(twilio.numbers.types_on_sale, country)
        prices = workers.submit(twilio.prices.monthly, country)
        return sold.result(), prices.result()
    finally:
        workers.shutdown(wait=False)  # who presses Ctrl-C does not wait for the answers


def not_sold(choice: Choice, sold: dict[NumberType, Money | None]) -> VendorRefused:
    """The refusal that lists the types that are sold, and the command that chooses one."""
    offers = [f"{kind} ({price} a month)" if price else str(kind) for kind, price in sold.items()]
    country = choice.country
    first = next(iter(sold), None)
    return VendorRefused(
        f"Twilio sells no {choice.number_type} numbers in {country_name(country)} ({country})",
        reason=f"it sells: {', '.join(offers)}" if offers else "it sells none there",
        hint=f"add --number-type {first}, or keep it: kapso-twilio country set {country}"
        f" --number-type {first}"
        if first
        else None,
    )


def _check_bundle(project: Project, choice: Choice, now: datetime) -> None:
    """Refuse a bundle that Twilio would refuse (error 21649), before a number is asked for."""
    from ..gateways.twilio_compliance import APPROVED

    sid = choice.regulatory.bundle_sid
    if sid is None:
        return
    bundle = project.twilio.compliance.bundle(sid)
    if bundle is None:
        problem = "the account has no such bundle"
    elif bundle.status != APPROVED:
        problem = f"its status is {bundle.status}, not {APPROVED}"
    elif bundle.valid_until is not None and bundle.valid_until < now:
        problem = f"it was valid until {bundle.valid_until:%Y-%m-%d}"
    else:
        return
    raise VendorRefused(
        f"bundle {sid} cannot be used for numbers in {choice.country}",
        reason=problem,
        hint=f"kapso-twilio country set {choice.country} --bundle-sid BU… with an approved one",
    )
