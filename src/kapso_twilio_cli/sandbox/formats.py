"""Phone numbers as the vendors write and read them."""

from __future__ import annotations

import re

import phonenumbers


def national(phone_number: str) -> str:
    """Write a number as people at home do; Twilio names numbers so by default."""
    return phonenumbers.format_number(
        phonenumbers.parse(phone_number), phonenumbers.PhoneNumberFormat.NATIONAL
    )


def international(phone_number: str) -> str:
    """Format for display, as Meta gives every number back: `+1 415-555-0123`."""
    return phonenumbers.format_number(
        phonenumbers.parse(phone_number), phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )


def dial_code(phone_number: str) -> str:
    """Give the code of the number's country, without +."""
    return str(phonenumbers.parse(phone_number).country_code)


def area_code(phone_number: str) -> str | None:
    """Give the area that the number begins with at home; None where no area can be told."""
    parsed = phonenumbers.parse(phone_number)
    length = phonenumbers.length_of_geographical_area_code(parsed)
    return phonenumbers.national_significant_number(parsed)[:length] or None


def parse_possible(text: str) -> str | None:
    """Read a number as a person may write it, into E.164; None if it cannot be one."""
    try:
        parsed = phonenumbers.parse("+" + re.sub(r"[^0-9]", "", text))
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
