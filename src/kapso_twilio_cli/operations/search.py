"""See the numbers on sale in a country, with the monthly price."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..domain.country import Country
from ..domain.money import Money
from ..domain.number_type import NumberType
from ..errors import VendorRefused
from ..project import Project
from .quote import Wanted, choose_for, not_sold, offers

if TYPE_CHECKING:
    from ..gateways.twilio_numbers import NumberOnSale


class SearchResult(msgspec.Struct, frozen=True):
    """One sample of what is on sale."""

    country: Country
    number_type: NumberType
    price: Money | None
    """None when it is unknown; such numbers cannot be bought."""
    numbers: tuple[NumberOnSale, ...]


def search(project: Project, wanted: Wanted, *, contains: str | None) -> SearchResult:
    """At most 30 numbers on sale; VendorRefused where the type is not sold or none is left.

    Works for countries that are not allowed, and while custom Twilio is off: it spends nothing.
    """
    from ..gateways.twilio_numbers import out_of_stock

    choice = choose_for(project.config, wanted)
    sold, prices = offers(project, choice.country)
    if choice.number_type not in sold:
        raise not_sold(choice, {kind: prices.get(kind) for kind in NumberType if kind in sold})
    found = project.twilio.numbers.search(
        choice.country, choice.number_type, sms_only=False, contains=contains
    )
    if not found and contains:
        raise VendorRefused(
            f"no {choice.number_type} number on sale in {choice.country} holds {contains!r}",
            reason="the search found none",
            hint="leave --contains out, or shorten it",
        )
    if not found:
        raise out_of_stock(choice.country, choice.number_type)
    price = prices.get(choice.number_type)
    return SearchResult(choice.country, choice.number_type, price, tuple(found))
