"""What a number of the account is, and what it costs, where no purchase of ours says so."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from ..domain.country import NAMES, Country
from ..domain.money import Money
from ..domain.number_type import NumberType
from ..project import Project

if TYPE_CHECKING:
    from ..gateways.twilio_numbers import OwnedNumber


class Appraisal(msgspec.Struct, frozen=True):
    """A number's country, type, and price a month; None where Twilio names none."""

    country: Country
    number_type: NumberType
    price: Money | None

    def price_or_nothing(self, currency: str) -> Money:
        """The price, or nothing in `currency`: what is in the account is held whatever it costs."""
        return self.price or Money(Decimal(0), currency)


def appraise(project: Project, owned: OwnedNumber) -> Appraisal:
    """Ask Twilio for the price of a number that it lists."""
    import phonenumbers

    region = phonenumbers.region_code_for_number(phonenumbers.parse(owned.phone_number))
    country = Country(region if region in NAMES else "")
    number_type = owned.number_type or NumberType.LOCAL
    price = project.twilio.prices.monthly(country).get(number_type) if country else None
    return Appraisal(country, number_type, price)
