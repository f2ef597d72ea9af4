"""Where Twilio sends what comes in on a number: read, and set.

Source: twilio.com/docs/phone-numbers/api/incomingphonenumber-resource (read 2026-11-22): an
SmsApplicationSid overrides SmsUrl, and an empty value takes either away.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .twilio_client import TwilioAnswer, TwilioClient
from .twilio_errors import NOT_FOUND, translated


@dataclass(frozen=True)
class SmsWebhook:
    """What is called when an SMS comes in on a number."""

    url: str = field(repr=False)
    """Empty: nothing. It may hold a user and a password, and is never shown."""
    method: str
    application_sid: str
    """A TwiML application that is asked instead; empty where there is none."""


class TwilioWebhooks:
    """The webhooks of the account's numbers."""

    def __init__(self, client: TwilioClient) -> None:
        self._numbers = client.sdk.api.v2010.account.incoming_phone_numbers

    def sms(self, sid: str) -> SmsWebhook | None:
        """What is set on the number with this SID; None when Twilio says that there is none."""
        with translated(f"read {sid}"):
            try:
                found = self._numbers(sid).fetch()
            except TwilioAnswer as answer:
                if answer.code != NOT_FOUND:
                    raise
                return None
            return SmsWebhook(
                found.sms_url or "", found.sms_method or "POST", found.sms_application_sid or ""
            )

    def set_sms(self, sid: str, former: SmsWebhook, wanted: SmsWebhook) -> None:
        """Set what is wanted in place of the former. Doing it twice is doing it once."""
        given = {"sms_url": wanted.url, "sms_method": wanted.method}
        if wanted.application_sid != former.application_sid:
            given["sms_application_sid"] = wanted.application_sid
        with translated(f"set the webhook of {sid}"):
            self._numbers(sid).update(**given)
