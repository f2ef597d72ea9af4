"""Everything that can be known before money is spent on a country's numbers.

Whether the type is sold there, what it costs, whether a number is on sale, and whether it could be
bought with the bundle and the address: a refusal here costs nothing.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ...config.model import CountrySettings, ProjectConfig
from ...domain.compliance import Paperwork, problems, warnings
from ...domain.country import Country, country_name
from ...domain.limits import check_currency, check_purchase
from ...domain.money import Money
from ...domain.number_type import NumberType
from ...domain.phone_number import PhoneNumber
from ...domain.purchase import RegulatorySids
from ...domain.regulatory import SidChoice, choose
from ...errors import Concerns, LimitExceeded, VendorRefused
from ...project import Project
from .compliance import Papers, look_at_papers

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import NumberOnSale


class Wanted(msgspec.Struct, frozen=True):
    """What a call asks for; None leaves the choice to the project's settings."""

    country: Country
    number_type: NumberType | None = None
    bundle_sid: str | None = None
    address_sid: str | None = None
    sms_only: bool = False
    """Only numbers that receive SMS."""
    voice_only: bool = False
    """Only numbers that take calls."""
    contains: str | None = None
    """Only numbers with these digits."""
    phone_number: PhoneNumber | None = None
    """This number alone."""


class Choice(msgspec.Struct, frozen=True):
    """What a purchase in a country will be, by the project's settings."""

    wanted: Wanted
    number_type: NumberType
    regulatory: RegulatorySids
    losers: tuple[str, ...]
    """SIDs that the call passed in vain, because the settings have others."""

    @property
    def country(self) -> Country:
        """Where."""
        return self.wanted.country


class Quote(msgspec.Struct, frozen=True):
    """A choice that Twilio sells, with what is sent for it, and its price a month."""

    choice: Choice
    price: Money
    paperwork: Paperwork
    on_sale: tuple[NumberOnSale, ...]
    """A sample of numbers that can be bought so; a moment later they may be sold."""

    @property
    def warnings(self) -> list[str]:
        """Why Twilio may refuse a purchase all the same."""
        return warnings(self.paperwork)

    def can_buy(self, number: NumberOnSale) -> bool:
        """Whether the address meets what the number requires."""
        return self.paperwork.is_for_sale(number.address_requirements)


class Asked(msgspec.Struct, frozen=True):
    """Twilio's answers before a purchase; reading one raises what went wrong with it."""

    prices: dict[NumberType, Money]
    on_sale: Future[list[NumberOnSale]]
    """One sample of the numbers on sale."""
    paperwork: Future[Paperwork]


def choose_for(config: ProjectConfig, wanted: Wanted) -> Choice:
    """Number type, bundle and address: the country's, else the project's, else the call's."""
    settings = config.countries.get(wanted.country, CountrySettings())
    bundle = SidChoice(settings.bundle_sid, config.twilio.bundle_sid, wanted.bundle_sid)
    address = SidChoice(settings.address_sid, config.twilio.address_sid, wanted.address_sid)
    return Choice(
        wanted=wanted,
        number_type=wanted.number_type or config.number_type_in(wanted.country),
        regulatory=choose(bundle, address),
        losers=tuple(sid for sid in (bundle.loser, address.loser) if sid is not None),
    )


def quote(project: Project, choice: Choice, papers: Papers | None = None) -> Quote:
    """The choice with its price, and a number that can be bought. Changes nothing.

    VendorRefused where none is left, and as `offer` does.
    """
    quoted = offer(project, choice, papers)
    if not quoted.on_sale:
        raise none_on_sale(choice)
    return quoted


def offer(project: Project, choice: Choice, papers: Papers | None = None) -> Quote:
    """The choice with its price, even where no number is left at this moment. Changes nothing.

    VendorRefused where it is not sold, or Twilio would refuse its bundle or address; LimitExceeded
    where the price is unknown. `papers` spare a run that asks for several countries the same
    questions.
    """
    asked = ask(project, choice, papers)
    price = known_price(choice, asked.prices)
    check_currency(project.config.limits, price)
    paperwork, found = asked.paperwork.result(), asked.on_sale.result()
    required = [number.address_requirements for number in found]
    for problem in problems(paperwork, required, project.now()):
        raise problem
    sent = replace(choice, regulatory=paperwork.sent)
    quoted = Quote(sent, price, paperwork, on_sale=())
    return replace(quoted, on_sale=tuple(filter(quoted.can_buy, found)))


def require_within_limits(project: Project, quoted: Quote) -> None:
    """Raise LimitExceeded where one number of the quote would pass a limit, before anyone is asked.

    The limits are counted again with the intent, where no other process can come between.
    """
    limits = replace(project.config.limits, max_purchases_per_run=None)
    with project.inventory.read() as session:
        spending = session.purchases.spending(project.run_id, project.now())
    check_purchase(limits, spending, quoted.choice.country, quoted.price)


def ask(project: Project, choice: Choice, papers: Papers | None = None) -> Asked:
    """Ask everything side by side; VendorRefused, with what is sold, where the type is not."""
    twilio = project.twilio
    workers = ThreadPoolExecutor(4, thread_name_prefix="quote")
    try:
        sold = workers.submit(twilio.numbers.types_on_sale, choice.country)
        prices = workers.submit(twilio.prices.monthly, choice.country)
        on_sale = workers.submit(_sample, project, choice)
        paperwork = workers.submit(look_at_papers, project, choice, papers)
        types = sold.result()
        if choice.number_type not in types:
            known = prices.result()
            raise not_sold(choice, {kind: known.get(kind) for kind in NumberType if kind in types})
        return Asked(prices.result(), on_sale, paperwork)
    finally:
        workers.shutdown(wait=False)  # who presses Ctrl-C does not wait for the answers


def _sample(project: Project, choice: Choice) -> list[NumberOnSale]:
    wanted = choice.wanted
    found = project.twilio.numbers.search(
        choice.country,
        choice.number_type,
        sms_only=wanted.sms_only,
        voice_only=wanted.voice_only,
        contains=wanted.phone_number or wanted.contains,
    )
    exactly = wanted.phone_number
    return [number for number in found if exactly in (None, number.phone_number)]


def known_price(choice: Choice, prices: dict[NumberType, Money]) -> Money:
    """The price of the choice; LimitExceeded where Twilio names none."""
    price = prices.get(choice.number_type)
    if price is None:
        raise LimitExceeded(
            f"the price of {choice.number_type} numbers in {choice.country} is unknown",
            reason="Twilio names none, or the API key may not ask for it",
            hint="grant the key the Pricing API, or use the auth token",
        )
    return price


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
        else "see what Twilio sells where: https://www.twilio.com/en-us/phone-numbers",
    )


def none_on_sale(choice: Choice) -> VendorRefused:
    """The refusal when a search finds nothing that was asked for."""
    wanted = choice.wanted
    if wanted.phone_number is not None:
        return VendorRefused(
            f"{wanted.phone_number} is not on sale",
            reason=f"Twilio does not list it among {choice.country}'s {choice.number_type} numbers",
            hint=f"choose one of: kapso-twilio search --country {choice.country}",
            concerns=Concerns.NUMBER,
        )
    if wanted.contains is not None:
        return VendorRefused(
            f"no {choice.number_type} number on sale in {choice.country} holds {wanted.contains!r}",
            reason="the search found none",
            hint="leave --contains out, or shorten it",
        )
    from ...gateways.twilio_numbers import out_of_stock

    return out_of_stock(
        choice.country,
        choice.number_type,
        sms_only=wanted.sms_only,
        voice_only=wanted.voice_only,
    )
