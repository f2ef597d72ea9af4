"""A purchase: written down before money moves, settled when its outcome is known."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from .country import Country
from .money import Money
from .number_type import NumberType
from .phone_number import PhoneNumber
from .resolution import ResolveReason


class PurchaseState(StrEnum):
    """What is known of the outcome."""

    OPEN = "open"
    """The request is, or may be, under way."""
    UNKNOWN = "unknown"
    """The request has ended without an answer that can be believed."""
    BOUGHT = "bought"
    NOT_BOUGHT = "not_bought"


class SidSource(StrEnum):
    """Where a bundle's or an address's SID comes from."""

    COUNTRY = "country"
    PROJECT = "project"
    CALL = "call"


class RegulatorySids(msgspec.Struct, frozen=True):
    """The bundle and the address that a purchase sends, and where each comes from."""

    bundle_sid: str | None = None
    bundle_sid_from: SidSource | None = None
    address_sid: str | None = None
    address_sid_from: SidSource | None = None


class Owner(msgspec.Struct, frozen=True):
    """The process that makes a purchase or a verification."""

    host: str
    boot_id: str
    pid: int
    pid_started: str
    """When the process began, as the kernel counts: a pid alone is used again."""


class Purpose(msgspec.Struct, frozen=True):
    """What a number is bought for: a pool, an onboarding (`ref`), or neither."""

    pool: Country | None = None
    ref: str | None = None
    customer: str | None = None
    reason: ResolveReason | None = None
    """Why an onboarding's number is bought live."""


class Purchase(msgspec.Struct, frozen=True):
    """The intent to buy one exact number, and what came of it."""

    id: str
    """16 base32 characters; they stand in the label at Twilio."""
    account_sid: str
    phone_number: PhoneNumber
    country: Country
    number_type: NumberType
    purpose: Purpose
    regulatory: RegulatorySids
    price: Money
    """A month, as quoted before the purchase."""
    label: str
    owner: Owner
    run_id: str
    started_at: datetime
    deadline: datetime
    """After it, the request cannot be under way any more."""
    state: PurchaseState = PurchaseState.OPEN
    sid: str | None = None
    settled_at: datetime | None = None
    reason: str | None = None

    @property
    def is_unresolved(self) -> bool:
        """Whether it still counts as a number that may have to be paid for."""
        return self.state in (PurchaseState.OPEN, PurchaseState.UNKNOWN)
