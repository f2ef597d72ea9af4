"""Phone numbers in full E.164: `+`, country code, subscriber number."""

from __future__ import annotations

import re
from typing import NewType

from ..errors import UsageError

PhoneNumber = NewType("PhoneNumber", str)
"""A full E.164 number, such as `+56912345678`."""

# A country code does not start with 0; the longest number has 15 digits (ITU-T E.164, 6.2.1).
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def parse_phone_number(text: str) -> PhoneNumber:
    """Take what a person typed; only a full, possible E.164 number is accepted.

    Spaces, brackets and hyphens are not repaired: a number that is bought, released or handed
    out must be the one that was meant.
    """
    if _E164.fullmatch(text) is None or not _is_possible(text):
        raise UsageError(
            f"{text!r} is not a full phone number",
            reason="numbers are written in E.164: +, country code and the whole number, no spaces",
            hint="write it like +56912345678",
        )
    return PhoneNumber(text)


def _is_possible(text: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(text))
    except phonenumbers.NumberParseException:
        return False


def region_of(phone_number: PhoneNumber) -> str | None:
    """The ISO 3166-1 code of the country that the number is of; None where it cannot be told.

    A number that the library does not know yet is of its country code's main country, except
    behind +1, which many countries share at different prices.
    """
    import phonenumbers

    parsed = phonenumbers.parse(phone_number)
    region, code = phonenumbers.region_code_for_number(parsed), parsed.country_code
    if region is None and code is not None and code != _SHARED_BY_MANY:
        region = phonenumbers.region_code_for_country_code(code)
    return None if region in (None, *_NO_COUNTRY) else str(region)


_SHARED_BY_MANY = 1
_NO_COUNTRY = ("ZZ", "001")  # phonenumbers' words for unknown, and for numbers of no country


def normalise(displayed: str) -> PhoneNumber | None:
    """Turn a vendor's display form (`+1 211-555-5105`) into E.164; None if it is not one."""
    digits = "+" + re.sub(r"[^0-9]", "", displayed)
    return PhoneNumber(digits) if _E164.fullmatch(digits) else None


def mask(phone_number: str) -> str:
    """Hide the middle, for logs: `+1415•••0123`; of a short number more than that."""
    if len(phone_number) > 10:
        return f"{phone_number[:5]}•••{phone_number[-4:]}"
    return f"{phone_number[:3]}•••{phone_number[-2:]}" if len(phone_number) > 7 else "•••"


def mask_all(text: str) -> str:
    """The text with the middle of every phone number in it hidden, also of those without a `+`."""
    return _ANY_NUMBER.sub(lambda found: mask(found[0]), text)


# With a plus (%2B in a URL) also as it is displayed, `+1 211-555-5105`; so Twilio names a number at
# first, `(211) 555-5105`; else digits alone, but not right behind a slash: those are ids of Meta's.
_ANY_NUMBER = re.compile(
    r"(?:\+|%2B)[1-9](?:[ ().-]{0,2}\d){6,14}"
    r"|\(\d{2,5}\)(?:[ .-]?\d){5,10}"
    r"|(?<!\w)00[1-9]\d{6,13}(?!\w)"
    r"|(?<![\w/])[1-9]\d{6,14}(?!\w)",
    re.ASCII | re.IGNORECASE,
)
