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
from .twilio_errors import NOT_FOUND, translated

_KEY_LACKS_PERMISSION = 70051


class TwilioPrices:
    """The price list, as the account sees it."""

    def __init__(self, client: TwilioClient) -> None:
        self._countries = client.sdk.pricing.v1.phone_numbers.countries

    def monthly(self, country: Country) -> dict[NumberType, Money]:
        """The monthly price of each type sold in the country.

        Empty when Twilio names none, or the key may not ask: then the price is unknown.
        """
        with translated(f"price numbers in {country}", country):
            try:
                return _prices(self._countries(country).fetch())
            except TwilioAnswer as answer:
                if answer.code not in (NOT_FOUND, _KEY_LACKS_PERMISSION):
                    raise
                return {}


def _prices(found: Any) -> dict[NumberType, Money]:
    currency = str(found.price_unit or "").upper()
    listed = {entry.get("number_type"): entry for entry in found.phone_number_prices or []}
    amounts = {kind: _amount(listed.get(kind.pricing_name)) for kind in NumberType}
    return {kind: Money(amount, currency) for kind, amount in amounts.items() if amount is not None}


def _amount(entry: Any) -> Decimal | None:
    try:
        amount = Decimal(str(entry["current_price"]))
    except (TypeError, KeyError, InvalidOperation):
        return None
    return amount if amount.is_finite() and amount >= 0 else None
