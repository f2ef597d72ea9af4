"""What the stand-ins remember: plain records, and one account that holds them.

All of it can be written to a file and read back. Times are aware and in UTC. Whatever can lag
behind in a listing has a `listed_at`; a message or call that is still under way has its time of
arrival as its date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal, Protocol


class Ordered(Protocol):
    """Whatever a listing can hold."""

    @property
    def order(self) -> int:
        """Its place in the order of events."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the ready line tells, all but the URL."""

    account_sid: str
    auth_token: str
    api_key_sid: str
    api_key_secret: str
    meta_business_id: str
    meta_token: str
    kapso_api_key: str
    kapso_webhook_secret: str


@dataclass(frozen=True, slots=True)
class OwnedNumber:
    """A number in the Twilio account; `settings` holds what a client set, by answer field."""

    sid: str
    order: int
    phone_number: str
    friendly_name: str
    country: str
    number_type: str
    sms: bool
    mms: bool
    address_requirement: str
    monthly_price: str
    created_at: datetime
    updated_at: datetime
    listed_at: datetime
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the bill."""

    kind: Literal["purchase", "release"]
    phone_number: str
    sid: str
    friendly_name: str
    monthly_price: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """An inbound SMS. `sent_at` is None where Twilio leaves `date_sent` out."""

    sid: str
    order: int
    to: str
    from_: str
    body: str
    arrived_at: datetime
    sent_at: datetime | None
    error_code: int | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """An inbound call; it takes no time."""

    sid: str
    order: int
    to: str
    from_: str
    arrived_at: datetime


TranscriptionStatus = Literal["completed", "failed", "in-progress"]


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded call, and what was understood of it."""

    sid: str
    order: int
    call_sid: str
    transcription_sid: str
    transcription: str | None
    to: str
    arrived_at: datetime
    transcription_status: TranscriptionStatus | None = "completed"
    """None: nobody asked for a transcription."""


@dataclass(frozen=True, slots=True)
class Preverified:
    """A number in Meta's portfolio, before a customer claims it."""

    id: str
    order: int
    phone_number: str
    added_at: datetime
    listed_at: datetime
    code: str | None = None
    code_expires_at: datetime | None = None
    verified_at: datetime | None = None
    verified_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class KapsoNumber:
    """A WhatsApp number that a customer connected; its id is Meta's new one."""

    id: str
    order: int
    internal_id: str
    business_account_id: str
    phone_number: str
    customer_id: str | None
    connected_at: datetime
    status: str = "CONNECTED"
    leaves_at: datetime | None = None
    """When its teardown is over; None while nobody removes it."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the Kapso project."""

    id: str
    order: int
    name: str
    external_customer_id: str | None
    created_at: datetime
    updated_at: datetime


LinkEnd = Literal["used", "revoked"]
SetupStatus = Literal["pending", "processing", "completed", "failed"]


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A number that Kapso provisioned for a setup link; the id is Kapso's."""

    id: str
    phone_number: str


@dataclass(frozen=True, slots=True)
class SetupLink:
    """A setup link; `ended` is what became of it, None while it can be used."""

    id: str
    order: int
    customer_id: str
    token: str
    created_at: datetime
    expires_at: datetime
    settings: dict[str, object] = field(default_factory=dict)
    ended: LinkEnd | None = None
    setup_status: SetupStatus | None = None
    """None: a used link is completed, any other is pending."""
    setup_error: str | None = None
    provisioned: Provisioned | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """A project webhook of Kapso."""

    id: str
    order: int
    url: str
    secret_key: str
    events: tuple[str, ...]
    active: bool
    payload_version: str
    created_at: datetime


@dataclass(slots=True)
class Account:
    """Everything, in one place; changed by one request at a time."""

    seed: str
    credentials: Credentials
    started_at: datetime
    drawn: int = 0
    order: int = 0
    owned: dict[str, OwnedNumber] = field(default_factory=dict)
    """By SID."""
    sids: dict[str, str] = field(default_factory=dict)
    """SIDs of the owned numbers, by phone number."""
    sold: set[str] = field(default_factory=set)
    """Every number that ever left the stock: none of them comes back into it."""
    ledger: list[LedgerEntry] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    calls: list[PhoneCall] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    preverified: dict[str, Preverified] = field(default_factory=dict)
    kapso_numbers: dict[str, KapsoNumber] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    setup_links: dict[str, SetupLink] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)

    def next_order(self) -> int:
        """Give the next place in the order of events; listings sort and page by it."""
        self.order += 1
        return self.order

    def draw_hex(self) -> str:
        """Draw 32 hexadecimal digits, the same ones again for the same seed."""
        self.drawn += 1
        return sha256(f"{self.seed}:{self.drawn}".encode()).hexdigest()[:32]

    def draw_sid(self, prefix: str) -> str:
        """Draw a Twilio SID."""
        return prefix + self.draw_hex()

    def draw_digits(self, count: int) -> str:
        """Draw decimal digits; the first is no zero."""
        low = 10 ** (count - 1)
        return str(low + int(self.draw_hex(), 16) % (9 * low))

    def owned_by_number(self, phone_number: str) -> OwnedNumber | None:
        """Give the owned number, None if the account does not have it."""
        sid = self.sids.get(phone_number)
        return None if sid is None else self.owned[sid]

    def keep(self, number: OwnedNumber) -> None:
        """Put a new or changed number into the account."""
        self.owned[number.sid] = number
        self.sids[number.phone_number] = number.sid
        self.sold.add(number.phone_number)

    def bill(self, kind: Literal["purchase", "release"], number: OwnedNumber, at: datetime) -> None:
        """Write a line of the bill."""
        self.ledger.append(
            LedgerEntry(
                kind,
                number.phone_number,
                number.sid,
                number.friendly_name,
                number.monthly_price,
                at,
            )
        )

    def let_go(self, number: OwnedNumber, at: datetime) -> None:
        """Take a number out of the account and end its bill."""
        del self.owned[number.sid]
        del self.sids[number.phone_number]
        self.bill("release", number, at)

    def claimed(self, phone_number: str) -> KapsoNumber | None:
        """Give the connected number, None if no customer has it."""
        numbers = self.kapso_numbers.values()
        return next((number for number in numbers if number.phone_number == phone_number), None)


def stream(seed: str, label: int) -> Iterator[int]:
    """Yield random integers without end, the same ones for the same seed and label."""
    step = 0
    while True:
        digest = sha256(f"{seed}:{label}:{step}".encode()).digest()
        for start in range(0, 32, 8):
            yield int.from_bytes(digest[start : start + 8], "big")
        step += 1
