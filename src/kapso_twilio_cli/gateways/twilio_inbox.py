"""The SMS inbox of the account: one request serves every number that waits for a code.

Source: twilio.com/docs/messaging/api/message-resource (read 2026-11-22): DateSent filters by the
day, direction is not a filter, and neither order nor delay is promised.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..domain.phone_number import PhoneNumber
from .twilio_client import TwilioClient
from .twilio_errors import translated

_PAGE_SIZE = 1000
OTP_FILTERED = 30038  # "OTP Message Body Filtered": the digits are gone from the body


@dataclass(frozen=True)
class InboundMessage:
    """An SMS that came in on one of the account's numbers."""

    sid: str
    to: PhoneNumber
    body: str
    received_at: datetime
    error_code: int | None

    @property
    def is_filtered(self) -> bool:
        """Whether Twilio took the digits out of the body."""
        return self.error_code == OTP_FILTERED


class TwilioInbox:
    """What came in by SMS."""

    def __init__(self, client: TwilioClient) -> None:
        self._messages = client.sdk.api.v2010.account.messages

    def since(self, moment: datetime) -> list[InboundMessage]:
        """Every inbound SMS received at or after `moment`, in no order."""
        with translated("list messages"):
            found = self._messages.list(date_sent_after=_day(moment), page_size=_PAGE_SIZE)
            inbound = [_inbound(message) for message in found if message.direction == "inbound"]
        return [message for message in inbound if message.received_at >= moment]


def _day(moment: datetime) -> datetime:
    """Midnight before `moment`: finer filters are not documented to work."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _inbound(message: Any) -> InboundMessage:
    return InboundMessage(
        sid=message.sid,
        to=PhoneNumber(message.to),
        body=message.body or "",
        # date_sent of an inbound message may be null.
        received_at=message.date_sent or message.date_created,
        error_code=int(message.error_code) if message.error_code else None,
    )
