"""Buy one number now, for no pool and no onboarding."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from ..domain.number import Number
from ..domain.phone_number import PhoneNumber
from ..domain.purchase import Purpose
from ..errors import Concerns, StateError, VendorRefused
from ..project import Project
from .allowed import require_allowed
from .home import require_home
from .purchase import Basket, buy_number
from .quote import Quote, Wanted, choose_for, quote, require_within_limits
from .shelf import Shelf
from .stopping import stop_on_signals


class Provisioned(msgspec.Struct, frozen=True):
    """The number, and by which quote it was bought."""

    number: Number
    quote: Quote


def quote_provision(project: Project, wanted: Wanted, phone_number: PhoneNumber | None) -> Quote:
    """What the number would be and cost; refuses what could not be bought."""
    project.require_enabled("buy numbers")
    require_allowed(project.config, wanted.country)
    require_home(project)
    quoted = quote(project, choose_for(project.config, wanted))
    require_within_limits(project, quoted)
    if phone_number is not None:
        _refuse_held(project, phone_number)
        _refuse_not_on_sale(project, quoted, phone_number)
    return quoted


def provision(
    project: Project,
    quoted: Quote,
    *,
    phone_number: PhoneNumber | None,
    approve: Callable[[Quote], None],
) -> Provisioned:
    """Buy `phone_number`, or any number on sale; `approve` is asked first and may raise."""
    candidates: Iterable[PhoneNumber] = Shelf(project, quoted.choice, sms_only=False)
    if phone_number is not None:
        candidates = [phone_number]
    approve(quoted)
    with stop_on_signals() as stop:
        number = buy_number(project, Basket(quoted, Purpose(), candidates), stop)
    return Provisioned(number, quoted)


def _refuse_not_on_sale(project: Project, quoted: Quote, phone_number: PhoneNumber) -> None:
    """A number of another country or type would be bought at another price than was shown."""
    choice = quoted.choice
    found = project.twilio.numbers.search(
        choice.country, choice.number_type, sms_only=False, contains=phone_number
    )
    if all(on_sale.phone_number != phone_number for on_sale in found):
        raise VendorRefused(
            f"{phone_number} is not on sale",
            reason=f"Twilio does not list it among {choice.country}'s {choice.number_type} numbers",
            hint=f"choose one of: kapso-twilio search --country {choice.country}",
            concerns=Concerns.NUMBER,
        )


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
