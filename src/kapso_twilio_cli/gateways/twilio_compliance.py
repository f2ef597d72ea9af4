"""Regulatory bundles and addresses, looked at before money is spent.

Source: twilio.com/docs/phone-numbers/regulatory/api (read 2026-11-22).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..domain.country import Country
from .twilio_client import TwilioAnswer, TwilioClient
from .twilio_errors import NOT_FOUND, translate

APPROVED = "twilio-approved"


@dataclass(frozen=True)
class Bundle:
    """A regulatory bundle and what it may be used for."""

    sid: str
    status: str
    valid_until: datetime | None
    account_sid: str
    regulation_sid: str | None


class TwilioCompliance:
    """The bundles and addresses of one account."""

    def __init__(self, client: TwilioClient) -> None:
        self._compliance = client.sdk.numbers.v2.regulatory_compliance
        self._addresses = client.sdk.api.v2010.account.addresses

    def bundle(self, sid: str) -> Bundle | None:
        """The bundle, or None if the account has none with this SID."""
        try:
            found = self._compliance.bundles(sid).fetch()
        except TwilioAnswer as answer:
            if answer.code == NOT_FOUND:
                return None
            raise translate(answer, doing=f"read bundle {sid}", country=None) from answer
        return Bundle(
            sid=found.sid,
            status=str(getattr(found.status, "value", found.status)),
            valid_until=found.valid_until,
            account_sid=found.account_sid,
            regulation_sid=found.regulation_sid or None,
        )

    def address_country(self, sid: str) -> Country | None:
        """The country of an address, or None if the account has none with this SID."""
        try:
            return Country(self._addresses(sid).fetch().iso_country)
        except TwilioAnswer as answer:
            if answer.code == NOT_FOUND:
                return None
            raise translate(answer, doing=f"read address {sid}", country=None) from answer
