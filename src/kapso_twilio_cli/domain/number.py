"""A number as the inventory knows it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .country import Country
from .lifecycle import NumberState
from .money import Money
from .number_type import NumberType
from .phone_number import PhoneNumber


class NumberFacts(msgspec.Struct, frozen=True):
    """What is known of a number besides its state; a change of these is no transition."""

    label: str
    """The FriendlyName at Twilio."""
    can_receive_sms: bool
    pool: Country | None = None
    """The pool it is a member of. Only members are pre-verified and handed out from pools."""
    preverified_id: str | None = None
    verification_expiry_time: datetime | None = None
    code_requested_at: datetime | None = None
    verification_failures: int = 0
    next_attempt_at: datetime | None = None
    code_method: str | None = None
    """How the last code was asked for: `sms` or `voice`."""
    inbox_mark: str | None = None
    """The newest SID of what had come in before the last code was asked for."""
    recording_sid: str | None = None
    """The recorded call of the last code by voice, for a person to listen to."""
    voice_before: str | None = None
    """The voice settings at Twilio before this program set its own, as JSON; None: it did not."""
    webhook_before: str | None = None
    """The SMS and voice settings before `webhook configure`, as JSON; None: it did not."""
    lease_until: datetime | None = None
    """A ready number is verified anew until then at most, and is not handed out meanwhile."""
    verified_at: datetime | None = None
    customer_id: str | None = None
    """Whose WhatsApp config is on it, by Kapso's id; so are the next two Kapso's and Meta's."""
    phone_number_id: str | None = None
    business_account_id: str | None = None
    absent_since: datetime | None = None
    """Kapso listed it before, and did not when it was looked at then: a first sighting."""
    release_requested_at: datetime | None = None
    """A person asked for its release, which is not done yet: it is not used any more."""


class Number(msgspec.Struct, frozen=True):
    """One number of the project's account."""

    id: int
    phone_number: PhoneNumber
    sid: str
    country: Country
    number_type: NumberType
    price: Money
    """A month."""
    purchase_id: str | None
    bought_at: datetime
    state: NumberState
    reason: str | None
    """Why it is in this state, where that needs saying."""
    facts: NumberFacts
    updated_at: datetime
    version: int
    """Counts changes: an update names the version it was made from."""


class NewNumber(msgspec.Struct, frozen=True):
    """A number that enters the inventory."""

    phone_number: PhoneNumber
    sid: str
    country: Country
    number_type: NumberType
    price: Money
    purchase_id: str | None
    facts: NumberFacts
    bought_at: datetime | None = None
    """None: now."""
