"""See the numbers on sale in a country, with the monthly price."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from ...domain.compliance import Paperwork, problems, warnings
from ...domain.country import Country
from ...domain.money import Money
from ...domain.number_type import NumberType
from ...errors import KapsoTwilioError, Locked, StateError
from ...project import Project
from .quote import Choice, Wanted, ask, choose_for, none_on_sale

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import NumberOnSale


class SearchResult(msgspec.Struct, frozen=True):
    """One sample of what is on sale."""

    country: Country
    number_type: NumberType
    price: Money | None
    """None when it is unknown; such numbers cannot be bought."""
    numbers: tuple[NumberOnSale, ...]
    warnings: tuple[str, ...]
    """Why a purchase would be refused, or may be."""


def search(project: Project, wanted: Wanted) -> SearchResult:
    """At most 30 numbers on sale; VendorRefused where the type is not sold or none is left.

    Works for countries that are not allowed, and while custom Twilio is off: it spends nothing. A
    bundle or an address that Twilio would refuse is a warning here.
    """
    choice = choose_for(project.config, wanted)
    asked = ask(project, choice)
    found = tuple(asked.on_sale.result())
    if not found:
        raise none_on_sale(choice)
    price = asked.prices.get(choice.number_type)
    if price is not None:
        _remember(project, choice, price)
    warned = _warnings(project, asked.paperwork, found)
    return SearchResult(choice.country, choice.number_type, price, found, tuple(warned))


def _warnings(
    project: Project, asked: Future[Paperwork], found: Sequence[NumberOnSale]
) -> list[str]:
    try:
        paperwork = asked.result()
    except KapsoTwilioError as error:
        return [f"bundle and address could not be checked: {error.message} ({error.reason})"]
    required = [number.address_requirements for number in found]
    refusals = problems(paperwork, required, project.now())
    return [f"{no.message}: {no.reason} -> {no.hint}" for no in refusals] + warnings(paperwork)


def _remember(project: Project, choice: Choice, price: Money) -> None:
    """Keep the price that is shown, where there is an inventory. The search needs none."""
    with suppress(StateError, Locked), project.inventory.write() as tx:
        tx.prices.keep(choice.country, choice.number_type, price, project.now())
