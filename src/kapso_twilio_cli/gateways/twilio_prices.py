"""What a number costs a month.

Source: twilio.com/docs/phone-numbers/pricing (read 2026-11-22): prices are strings; the types are
spelt `local`, `mobile`, `national`, `toll free`.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from ..domain.country import Country
from ..domain.money import Money
from ..domain.number_type import NumberType
from .twilio_client import TwilioAnswer, TwilioClient
from .twilio_errors import NOT_FOUND, translate

_KEY_LACKS_PERMISSION = 70051


class TwilioPrices:
    """The price list, as the account sees it."""

    def __init__(self, client: TwilioClient) -> None:
        self._countries = client.sdk.pricing.v1.phone_numbers.countries

    def monthly(self, country: Country) -> dict[NumberType, Money]:
        """The monthly price of each type sold in the country.

        Empty when Twilio names none, or the key may not ask: then the price is unknown.
        """
        try:
            found = self._countries(country).fetch()
        except TwilioAnswer as answer:
            if answer.code in (NOT_FOUND, _KEY_LACKS_PERMISSION):
                return {}
            raise translate(
                answer, doing=f"price numbers in {country}", country=country
            ) from answer
        currency = str(found.price_unit or "").upper()
        prices = {entry.get("number_type"): entry for entry in found.phone_number_prices or []}
        return {
            kind: Money(amount, currency)
            for kind in NumberType
            if (amount := _amount(prices.get(kind.pricing_name))) is not None
        }


def _amount(entry: Any) -> Decimal | None:
    try:
        amount = Decimal(str(entry["current_price"]))
    except (TypeError, KeyError, InvalidOperation):
        return None
    return amount if amount.is_finite() and amount >= 0 else None
