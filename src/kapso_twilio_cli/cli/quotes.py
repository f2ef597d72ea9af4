"""A purchase in words, before it is made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..domain.country import country_name
from .command import Invocation

if TYPE_CHECKING:
    from ..operations.buying.quote import Choice, Quote


def what_is_bought(quote: Quote) -> str:
    """One number of a quote: `one local number in Chile for 6.00 USD a month`."""
    choice = quote.choice
    where = country_name(choice.country)
    return f"one {choice.number_type} number in {where} for {quote.price} a month"


def say_warnings(inv: Invocation, warnings: Iterable[str]) -> None:
    """Say why Twilio may refuse what is about to be bought."""
    for warning in warnings:
        inv.output.warn(f"warning: {warning}")


def say_lost_sids(inv: Invocation, choice: Choice) -> None:
    """Name the SIDs that were passed in vain."""
    for sid in choice.losers:
        inv.output.warn(f"{sid} is not used: the settings for {choice.country} come first")
