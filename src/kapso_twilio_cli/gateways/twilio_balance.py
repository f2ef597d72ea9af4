"""What is left on the account.

Source: Twilio's description of GET /Accounts/{Sid}/Balance.json (read 2026-11-22): subaccounts have
no balance of their own. Which keys may read it is not documented.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from ..domain.money import Money
from .twilio_client import TwilioAnswer, TwilioClient
from .twilio_errors import translated

_NOT_READABLE = (401, 403, 404)


class TwilioBalance:
    """The balance of one account."""

    def __init__(self, client: TwilioClient) -> None:
        self._balance = client.sdk.api.v2010.account.balance

    def now(self) -> Money | None:
        """What is left, below zero too; None where the account has none, or it may not be read."""
        with translated("read the balance"):
            try:
                found = self._balance.fetch()
            except TwilioAnswer as answer:
                if answer.status not in _NOT_READABLE:
                    raise
                return None
        return _money(str(found.balance), str(found.currency).upper())


def _money(text: str, currency: str) -> Money | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return Money(amount, currency) if amount.is_finite() else None
