"""Whether Twilio would take a bundle and an address for a country's numbers.

What Twilio would surely refuse is a problem; what it may refuse is a warning.
Source: twilio.com/docs/phone-numbers/regulatory/api and twilio.com/docs/api/errors/<code>
(read 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from ..errors import VendorRefused
from .country import Country, country_name
from .number_type import NumberType
from .purchase import RegulatorySids, SidSource

APPROVED = "twilio-approved"


class Regulation(msgspec.Struct, frozen=True):
    """What a bundle is made for."""

    country: str
    number_type: str
    """Spelt as in `NumberType`: the regulations write `toll-free`."""
    end_user_type: str | None


class Bundle(msgspec.Struct, frozen=True):
    """A regulatory bundle."""

    sid: str
    account_sid: str
    status: str
    valid_until: datetime | None
    regulation: Regulation | None
    """None where Twilio names none, or does not know it any more."""


class Paperwork(msgspec.Struct, frozen=True, kw_only=True):
    """What Twilio says of the bundle and the address that were chosen for a country and type."""

    country: Country
    number_type: NumberType
    account_sid: str
    chosen: RegulatorySids
    bundle: Bundle | None = None
    """None: none was chosen, or the account has none with that SID."""
    address_country: str | None = None
    """None: no address was chosen, or the account has none with that SID."""
    addresses_in_bundle: frozenset[str] = frozenset()
    is_regulated: bool = False
    """Twilio lists regulations for the country and type. Looked at where no bundle is sent."""

    @property
    def sent(self) -> RegulatorySids:
        """What a purchase sends. The project's bundle goes to its own country alone."""
        chosen = self.chosen
        if chosen.bundle_sid_from is not SidSource.PROJECT or self.bundle is None:
            return chosen
        regulation = self.bundle.regulation
        if regulation is not None and regulation.country == self.country:
            return chosen
        return RegulatorySids(
            address_sid=chosen.address_sid, address_sid_from=chosen.address_sid_from
        )

    def is_for_sale(self, address_requirement: str) -> bool:
        """Whether a number that requires this of an address can be bought with the chosen one."""
        return address_suits(address_requirement, self.country, self.address_country)


def address_suits(requirement: str, country: Country, address_country: str | None) -> bool:
    """Whether an address in `address_country` (None: no address) meets a number's requirement.

    `validated` and `verified` are not looked at: false also means that nobody asked for it.
    """
    match requirement.casefold():
        case "any":
            return address_country is not None
        case "local":
            return address_country == country
        case "foreign":
            return address_country not in (None, country)
        case _:  # `none`, and words that are not known yet: Twilio may refuse, we do not
            return True


def problems(papers: Paperwork, requirements: Sequence[str], now: datetime) -> list[VendorRefused]:
    """What Twilio would surely refuse; `requirements` are those of the numbers on sale."""
    found = [*_bundle_problems(papers, now), *_address_problems(papers)]
    address_is_known = papers.chosen.address_sid is None or papers.address_country is not None
    if address_is_known and requirements and not any(map(papers.is_for_sale, requirements)):
        found.append(_no_number_for_address(papers, requirements[0]))
    return found


def warnings(papers: Paperwork) -> list[str]:
    """What Twilio may refuse, each with the way to prevent it."""
    command = f"kapso-twilio country set {papers.country} --bundle-sid BU…"
    numbers = _numbers(papers)
    if papers.sent.bundle_sid is None:
        if not papers.is_regulated:
            return []
        return [
            f"{numbers} may need a regulatory bundle, and none is sent{_why_not(papers)}: {command}"
        ]
    if papers.bundle is not None and papers.bundle.regulation is None:
        sid = papers.bundle.sid
        return [f"it cannot be told whether bundle {sid} is for {numbers}; if not: {command}"]
    return []


def _why_not(papers: Paperwork) -> str:
    kept_back = papers.bundle
    if kept_back is None:
        return ""
    made_for = kept_back.regulation.country if kept_back.regulation else "no known country"
    return f" (the project's {kept_back.sid} is for {made_for})"


def _bundle_problems(papers: Paperwork, now: datetime) -> Iterator[VendorRefused]:
    sid = papers.sent.bundle_sid
    if sid is None:
        return
    fault = _bundle_fault(papers, papers.bundle, now)
    if fault is None:
        return
    numbers = f"{papers.country} {papers.number_type} numbers"
    yield VendorRefused(
        f"bundle {sid} cannot be used for numbers in {papers.country}",
        reason=fault,
        hint=f"kapso-twilio country set {papers.country} --bundle-sid BU… with an approved one for"
        f" {numbers}, or none to send none",
    )


def _bundle_fault(papers: Paperwork, bundle: Bundle | None, now: datetime) -> str | None:
    """Why Twilio would answer 21649, or None."""
    if bundle is None:
        return "the account has no such bundle"
    if bundle.account_sid != papers.account_sid:
        return f"it is a bundle of account {bundle.account_sid}, not of this one"
    if bundle.status != APPROVED:
        return f"its status is {bundle.status}, not {APPROVED}"
    if bundle.valid_until is not None and bundle.valid_until <= now:
        return f"it was valid until {bundle.valid_until:%Y-%m-%d}"
    made_for = bundle.regulation
    if made_for is None:
        return None
    if (made_for.country, made_for.number_type) != (papers.country, papers.number_type):
        return (
            f"it is for {made_for.country} {made_for.number_type} numbers, not for"
            f" {papers.country} {papers.number_type} numbers"
        )
    return None


def _address_problems(papers: Paperwork) -> Iterator[VendorRefused]:
    sid, bundle_sid = papers.sent.address_sid, papers.sent.bundle_sid
    if sid is None:
        return
    command = f"kapso-twilio country set {papers.country} --address-sid"
    message = f"address {sid} cannot be used for numbers in {papers.country}"
    if papers.address_country is None:
        yield VendorRefused(
            message,
            reason="the account has no such address",
            hint=f"{command} AD… with one of the account's",
        )
    elif bundle_sid and papers.bundle is not None and sid not in papers.addresses_in_bundle:
        inside = min(papers.addresses_in_bundle, default=None)
        yield VendorRefused(
            message,
            reason=f"bundle {bundle_sid} does not contain it (Twilio 21651)",
            hint=f"{command} {inside}"
            if inside
            else f"{command} AD… with one that the bundle contains: it contains none yet",
        )


def _no_number_for_address(papers: Paperwork, requirement: str) -> VendorRefused:
    place = f"{country_name(papers.country)} ({papers.country})"
    needed, code = {
        "local": (f"an address in {place}", 21615),
        "foreign": (f"an address outside of {place}", 21613),
    }.get(requirement.casefold(), ("an address", 21631))
    hint = f"kapso-twilio country set {papers.country} --address-sid AD… with {needed}"
    sid = papers.chosen.address_sid
    if sid is None:
        return VendorRefused(
            f"{_numbers(papers)} need {needed}",
            reason="no address is configured (Twilio 21631)",
            hint=f"{hint} (make it in the Twilio console first)",
        )
    return VendorRefused(
        f"address {sid} cannot be used for numbers in {papers.country}",
        reason=f"{papers.number_type} numbers need {needed}, and it is in {papers.address_country}"
        f" (Twilio {code})",
        hint=hint,
    )


def _numbers(papers: Paperwork) -> str:
    return f"{papers.number_type} numbers in {country_name(papers.country)} ({papers.country})"
