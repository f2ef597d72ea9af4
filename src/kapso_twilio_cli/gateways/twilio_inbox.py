"""The SMS inbox of the account: one request serves every number that waits for a code.

Source: twilio.com/docs/messaging/api/message-resource (read 2026-11-22): DateSent filters by the
day, direction is not a filter, and neither order nor delay is promised.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..domain.backoff import OTP_FILTERED
from ..domain.phone_number import PhoneNumber
from .twilio_client import TwilioClient
from .twilio_errors import translated

_PAGE_SIZE = 1000


@dataclass(frozen=True)
class InboundMessage:
    """An SMS that came in on one of the account's numbers."""

    sid: str
    to: PhoneNumber
    body: str
    received_at: datetime
    """By this host's clock: the latest that it may have been."""
    error_code: int | None

    @property
    def is_filtered(self) -> bool:
        """Whether Twilio took the digits out of the body."""
        return self.error_code == OTP_FILTERED


class TwilioInbox:
    """What came in by SMS."""

    def __init__(self, client: TwilioClient) -> None:
        self._clock = client.clock
        self._messages = client.sdk.api.v2010.account.messages

    def since(self, moment: datetime) -> list[InboundMessage]:
        """Every inbound SMS received at or after `moment`, in no order.

        Some that came up to two seconds before it are among them.
        """
        day = _day(self._clock.by_vendor(moment))
        with translated("list messages"):
            found = self._messages.list(date_sent_after=day, page_size=_PAGE_SIZE)
            inbound = [self._inbound(message) for message in found if _is_inbound(message)]
        return [message for message in inbound if message.received_at >= moment]

    def _inbound(self, message: Any) -> InboundMessage:
        # date_sent of an inbound message may be null.
        received_at = message.date_sent or message.date_created
        return InboundMessage(
            sid=message.sid,
            to=PhoneNumber(message.to),
            body=message.body or "",
            received_at=self._clock.by_host(received_at),
            error_code=int(message.error_code) if message.error_code else None,
        )


def _day(moment: datetime) -> datetime:
    """Midnight before `moment`: finer filters are not documented to work."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _is_inbound(message: Any) -> bool:
    return bool(message.direction == "inbound")
