"""Where Twilio sends what comes in on a number: read, and set.

Source: twilio.com/docs/phone-numbers/api/incomingphonenumber-resource (read 2026-11-22): an
SmsApplicationSid overrides SmsUrl, and an empty value takes either away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .twilio_client import TwilioAnswer, TwilioClient
from .twilio_errors import NOT_FOUND, translated

_PAGE_SIZE = 1000


@dataclass(frozen=True)
class SmsWebhook:
    """What is called when an SMS comes in on a number."""

    url: str = field(repr=False)
    """Empty: nothing. It may hold a user and a password, and is never shown."""
    method: str
    application_sid: str
    """A TwiML application that is asked instead; empty where there is none."""


@dataclass(frozen=True)
class NumberWebhooks:
    """Where what comes in on one number is sent."""

    sid: str
    sms: SmsWebhook
    voice_url: str = field(repr=False)


class TwilioWebhooks:
    """The webhooks of the account's numbers."""

    def __init__(self, client: TwilioClient) -> None:
        self._numbers = client.sdk.api.v2010.account.incoming_phone_numbers

    def all(self) -> Iterator[NumberWebhooks]:
        """What is set on every number of the account; a page that cannot be had raises."""
        with translated("list numbers"):
            for found in self._numbers.stream(page_size=_PAGE_SIZE):
                yield NumberWebhooks(found.sid, _sms(found), found.voice_url or "")

    def sms(self, sid: str) -> SmsWebhook | None:
        """What is set on the number with this SID; None when Twilio says that there is none."""
        with translated(f"read {sid}"):
            try:
                found = self._numbers(sid).fetch()
            except TwilioAnswer as answer:
                if answer.code != NOT_FOUND:
                    raise
                return None
            return _sms(found)

    def set_sms(self, sid: str, former: SmsWebhook, wanted: SmsWebhook) -> None:
        """Set what is wanted in place of the former. Doing it twice is doing it once."""
        given = {"sms_url": wanted.url, "sms_method": wanted.method}
        if wanted.application_sid != former.application_sid:
            given["sms_application_sid"] = wanted.application_sid
        with translated(f"set the webhook of {sid}"):
            self._numbers(sid).update(**given)


def _sms(found: Any) -> SmsWebhook:
    return SmsWebhook(
        found.sms_url or "", found.sms_method or "POST", found.sms_application_sid or ""
    )
