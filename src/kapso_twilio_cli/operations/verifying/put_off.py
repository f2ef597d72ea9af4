"""What a failed attempt leaves on a number: how often it failed, and when it is tried again."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from ...domain.backoff import ACCOUNT_PAUSE, pause_after
from ...domain.number import NumberFacts
from ...errors import Concerns, KapsoTwilioError, VendorRefused

GAVE_UP = "given up after"
"""How the reason of a number begins that was put aside because it would not verify."""


def is_refusal(error: KapsoTwilioError) -> bool:
    """Whether the vendor said no, as opposed to being away or the run being stopped."""
    return isinstance(error, VendorRefused)


def is_own(error: KapsoTwilioError) -> bool:
    """Whether the failure counts as the number's: not where the whole account meets it."""
    return isinstance(error, VendorRefused) and error.concerns is not Concerns.ACCOUNT


def stops_asking(error: KapsoTwilioError) -> bool:
    """Whether Meta would refuse every other number too, whatever its country."""
    return isinstance(error, VendorRefused) and error.concerns is Concerns.ACCOUNT


def after_failure(facts: NumberFacts, error: KapsoTwilioError, now: datetime) -> NumberFacts:
    """The facts with the failure counted, and the moment of the next attempt.

    After the vendor's own no, the code that was asked for is spent, or is not coming: it is not
    looked for. One that only has not come yet is, before another is asked for.
    """
    if not isinstance(error, VendorRefused):
        return facts
    answered = error.vendor_code is not None
    after = replace(facts, code_requested_at=None) if answered else facts
    if is_own(error):
        failures = facts.verification_failures + 1
        pause = pause_after(failures, error.vendor_code, error.vendor_subcode)
        return replace(after, verification_failures=failures, next_attempt_at=now + pause)
    if facts.code_requested_at is not None:
        return replace(after, next_attempt_at=now + ACCOUNT_PAUSE)
    return after


def in_words(error: KapsoTwilioError) -> str:
    """The error in one line."""
    return f"{error.message}: {error.reason}" if error.reason else error.message
