"""What the stand-in for Twilio sells, for how much, and under which paperwork.

Countries and prices are plausible, not Twilio's list. Sold in all but the few named below
without paperwork. With it:

- an **address** where `address_requirement` is not `none` (else 21631; of another country where
  it is `local`: 21615),
- an approved **bundle** of that country and type where `needs_bundle` (else 21649), and the
  address inside that bundle (else 21651).

Well-known SIDs, the same in every run, so that they can stand in a project file. `CC` is the
country in hexadecimal (GB = 4742, DE = 4445, US = 5553), `TT` the type (local 01, mobile 02,
toll-free 03, national 04), and the rest zeros up to the last two digits:

- `BU CC TT 0…0 NN`: NN 01 approved, 02 draft, 03 pending-review, 04 twilio-rejected,
  05 approved but past its `valid_until`, 06 approved in another account
- `AD CC 0…0 NN`: NN 01 inside that country's bundles, 02 outside of them
- `RN CC TT 0…0 01`: the regulation; `RD CC 0…0 01`: the document that holds address 01

So GB mobile is bought with `BU47420200000000000000000000000001`, DE local with
`BU44450100000000000000000000000001` and `AD44450000000000000000000000000001`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

NumberType = Literal["local", "mobile", "toll-free", "national"]
AddressRequirement = Literal["none", "any", "local", "foreign"]
BundleKind = Literal[
    "approved", "draft", "pending-review", "twilio-rejected", "expired", "other-account"
]

NUMBER_TYPES: tuple[NumberType, ...] = get_args(NumberType)
BUNDLE_KINDS: tuple[BundleKind, ...] = get_args(BundleKind)
DEFAULT_STOCK = 10_000

# One word, four spellings (../reference/twilio.md §5): path, subresource key, pricing.
PATH_NAMES: dict[str, NumberType] = {
    "Local": "local",
    "Mobile": "mobile",
    "TollFree": "toll-free",
    "National": "national",
}
SUBRESOURCE_KEYS: dict[NumberType, str] = {
    "local": "local",
    "mobile": "mobile",
    "toll-free": "toll_free",
    "national": "national",
}


@dataclass(frozen=True, slots=True)
class Area:
    """Numbers that begin alike: `prefix` holds the country code, without the +."""

    prefix: str
    locality: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One type of number in one country. `digits` follow each area's prefix."""

    country: str
    number_type: NumberType
    monthly_price: Decimal
    areas: tuple[Area, ...]
    digits: int
    sms: bool
    mms: bool = False
    address_requirement: AddressRequirement = "none"
    needs_bundle: bool = False


@dataclass(frozen=True, slots=True)
class Country:
    """A country in which numbers are sold."""

    iso: str
    name: str
    offers: tuple[Offer, ...]

    def offer(self, number_type: str) -> Offer | None:
        """Give the offer of that type, None where the type is not sold."""
        return next((offer for offer in self.offers if offer.number_type == number_type), None)


def bundle_sid(country: str, number_type: NumberType, kind: BundleKind = "approved") -> str:
    """Give the well-known bundle of a country and type."""
    return _sid("BU", country, number_type, BUNDLE_KINDS.index(kind) + 1)


def address_sid(country: str) -> str:
    """Give the well-known address in a country that its bundles contain."""
    return _sid("AD", country, None, 1)


def stray_address_sid(country: str) -> str:
    """Give the well-known address in a country that no bundle contains."""
    return _sid("AD", country, None, 2)


def regulation_sid(country: str, number_type: NumberType) -> str:
    """Give the regulation that a country's bundles of a type are made for."""
    return _sid("RN", country, number_type, 1)


def document_sid(country: str) -> str:
    """Give the supporting document that holds the country's address."""
    return _sid("RD", country, None, 1)


def read_sid(sid: str) -> tuple[str, NumberType | None, int] | None:
    """Take a well-known SID apart: country, type, last two digits; None if it is not one."""
    try:
        country = bytes.fromhex(sid[2:6]).decode("ascii")
        type_index, last = int(sid[6:8]), int(sid[8:])
    except ValueError:
        return None
    if len(sid) != 34 or type_index > len(NUMBER_TYPES):
        return None
    return country, NUMBER_TYPES[type_index - 1] if type_index else None, last


def _sid(prefix: str, country: str, number_type: NumberType | None, last: int) -> str:
    kind = 0 if number_type is None else NUMBER_TYPES.index(number_type) + 1
    return f"{prefix}{country.encode().hex()}{kind:02d}{last:026d}"
