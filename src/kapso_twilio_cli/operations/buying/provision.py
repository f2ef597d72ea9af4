"""Buy one number now, for no pool and no onboarding."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...domain.purchase import Purpose
from ...errors import StateError
from ...project import Project
from ..account.home import require_home
from ..stopping import stop_on_signals
from .allowed import require_allowed
from .known_prices import ask_again, keep_prices
from .purchase import Basket, buy_number
from .quote import Quote, Wanted, choose_for, quote, require_within_limits
from .shelf import Shelf


class Provisioned(msgspec.Struct, frozen=True):
    """The number, and by which quote it was bought."""

    number: Number
    quote: Quote


def quote_provision(project: Project, wanted: Wanted) -> Quote:
    """What the number would be and cost; refuses what could not be bought. Keeps the price."""
    _require_may_buy(project, wanted)
    return _quoted(project, wanted)


def rehearse_provision(project: Project, wanted: Wanted) -> Quote:
    """As `quote_provision`; changes nothing."""
    with project.inventory.rehearsal():
        _require_may_buy(project, wanted)
        return _quoted(project, wanted)


def provision(project: Project, quoted: Quote, approve: Callable[[Quote], bool]) -> Provisioned:
    """Buy one number of the quote; `approve` is asked first, and tells whether a person was.

    It may raise. After a person was asked, the price is asked for again.
    """
    if approve(quoted):
        ask_again(project, [quoted])
    exactly = quoted.choice.wanted.phone_number
    candidates: Iterable[PhoneNumber] = Shelf(project, quoted) if exactly is None else [exactly]
    with stop_on_signals() as stop:
        number = buy_number(project, Basket(quoted, Purpose(), candidates), stop)
    return Provisioned(number, quoted)


def _require_may_buy(project: Project, wanted: Wanted) -> None:
    project.require_enabled("buy numbers")
    require_allowed(project.config, wanted.country)
    require_home(project)  # an absent inventory is said before a vendor is asked


def _quoted(project: Project, wanted: Wanted) -> Quote:
    if wanted.phone_number is not None:
        _refuse_held(project, wanted.phone_number)
    quoted = quote(project, choose_for(project.config, wanted))
    keep_prices(project, [quoted])
    require_within_limits(project, quoted)
    return quoted


def _refuse_held(project: Project, phone_number: PhoneNumber) -> None:
    """A number that the account holds already cannot be bought; Twilio would answer 201."""
    with project.inventory.read() as session:
        taken = session.purchases.number_is_taken(phone_number)
    if taken or project.twilio.numbers.find(phone_number) is not None:
        raise StateError(
            f"{phone_number} is in the account already",
            reason="it was bought before, or its purchase is not settled yet",
            hint=f"kapso-twilio number show {phone_number}",
        )
