"""What a number that the account holds is, and costs: for numbers that this program did not buy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ...domain.country import Country, country_of
from ...domain.limits import Limits, check_currency
from ...domain.money import Money
from ...domain.number_type import NumberType
from ...errors import LimitExceeded, StateError
from ...project import Project

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import OwnedNumber


class Appraisal(msgspec.Struct, frozen=True):
    """A number's country, type and price a month."""

    country: Country
    number_type: NumberType
    price: Money | None
    """As Twilio's price list has it today; None where it names none, or the key may not ask."""

    def require_price(self, limits: Limits) -> Money:
        """The price; LimitExceeded where the limits could not count the number by it."""
        if self.price is None:
            raise LimitExceeded(
                f"the price of {self.number_type} numbers in {self.country} is unknown",
                reason="Twilio names none, or the API key may not ask for it; the limits could not"
                " count the number",
                hint="grant the key the Pricing API, or use the auth token",
            )
        check_currency(limits, self.price)
        return self.price


def appraise(project: Project, owned: OwnedNumber) -> Appraisal:
    """What `owned` is and costs; an unknown price is None, and for the caller to judge.

    The type is Twilio's word, and local where it has none. StateError where it cannot be told
    which country the number is of.
    """
    country = country_of(owned.phone_number)
    if country is None:
        raise StateError(
            f"it cannot be told which country {owned.phone_number} is of",
            reason="its digits are no country's numbering plan that this program knows",
            hint="leave it to whoever bought it; only numbers of one country are kept here",
        )
    number_type = owned.number_type or NumberType.LOCAL
    return Appraisal(country, number_type, project.twilio.prices.monthly(country).get(number_type))
