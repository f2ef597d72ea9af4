"""Regulatory bundles, looked at before money is spent.

Source: twilio.com/docs/phone-numbers/regulatory/api (read 2026-11-22).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .twilio_client import TwilioAnswer, TwilioClient
from .twilio_errors import NOT_FOUND, translated

APPROVED = "twilio-approved"


@dataclass(frozen=True)
class Bundle:
    """A regulatory bundle."""

    sid: str
    status: str
    valid_until: datetime | None


class TwilioCompliance:
    """The bundles of one account."""

    def __init__(self, client: TwilioClient) -> None:
        self._compliance = client.sdk.numbers.v2.regulatory_compliance

    def bundle(self, sid: str) -> Bundle | None:
        """The bundle, or None if the account has none with this SID."""
        with translated(f"read bundle {sid}"):
            try:
                found = self._compliance.bundles(sid).fetch()
            except TwilioAnswer as answer:
                if answer.code != NOT_FOUND:
                    raise
                return None
            return Bundle(
                sid=found.sid,
                status=str(getattr(found.status, "value", found.status)),
                valid_until=found.valid_until,
            )
