"""Twilio's error codes in this program's words.

Source: twilio.com/docs/api/errors/<code> (read 2026-11-22), except where a line says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from twilio.base.exceptions import TwilioException

from ..domain.country import Country, country_name
from ..errors import (
    Concerns,
    CredentialsError,
    KapsoTwilioError,
    VendorRefused,
    VendorUnavailable,
)
from .http import AnswerLost
from .twilio_client import TwilioAnswer

UNREADABLE = (TwilioException, LookupError, AttributeError, TypeError, ValueError)
"""What the SDK raises of an answer that is JSON, and yet not what the resource promises."""

NOT_AVAILABLE_ANY_MORE = 21422
NOT_FOUND = 20404
TOO_MANY_CONCURRENT = 20429


@dataclass(frozen=True)
class _Meaning:
    concerns: Concerns
    reason: str
    hint: str


_SET_COUNTRY = "kapso-twilio country set {country}"
_BUNDLE = _SET_COUNTRY + " --bundle-sid BU… (make and submit one in the Twilio console first)"
_ADDRESS = _SET_COUNTRY + " --address-sid AD… (make one in the Twilio console first)"
_ANOTHER_NUMBER = "run the command again; it takes another number"

_REFUSALS: dict[int, _Meaning] = {
    21404: _Meaning(
        Concerns.ACCOUNT,
        "a trial account may own one number only",
        "upgrade the account in the Twilio console",
    ),
    21421: _Meaning(Concerns.NUMBER, "the number is not valid", _ANOTHER_NUMBER),
    NOT_AVAILABLE_ANY_MORE: _Meaning(
        Concerns.NUMBER, "the number is not available any more", _ANOTHER_NUMBER
    ),
    21451: _Meaning(Concerns.COUNTRY, "the area code is not valid", "ask for another area code"),
    21452: _Meaning(Concerns.COUNTRY, "the area has no numbers", "ask for another area code"),
    21457: _Meaning(
        Concerns.COUNTRY, "area codes are not supported in {name}", "leave the area code out"
    ),
    21458: _Meaning(
        Concerns.COUNTRY,
        "the number is of another type than asked for",
        _SET_COUNTRY + " --number-type TYPE",
    ),
    21613: _Meaning(Concerns.COUNTRY, "the address must be certified", _ADDRESS),
    21615: _Meaning(
        Concerns.NUMBER,
        "the number needs an address in its own locality",
        _ADDRESS,
    ),
    21628: _Meaning(Concerns.COUNTRY, "Twilio could not validate the address", _ADDRESS),
    21629: _Meaning(Concerns.COUNTRY, "Twilio could not validate the address", _ADDRESS),
    21631: _Meaning(Concerns.COUNTRY, "numbers in {name} need an address", _ADDRESS),
    21649: _Meaning(
        Concerns.COUNTRY,
        "numbers in {name} need an approved regulatory bundle of the right type",
        _BUNDLE,
    ),
    21650: _Meaning(
        Concerns.COUNTRY,
        "numbers in {name} need an identity document in the bundle",
        _BUNDLE,
    ),
    21651: _Meaning(
        Concerns.COUNTRY,
        "the address is not part of the regulatory bundle",
        _SET_COUNTRY + " --address-sid AD… with the address that the bundle holds",
    ),
    22300: _Meaning(
        Concerns.ACCOUNT,
        "Twilio's compliance blocks this purchase",
        "look at Regulatory Compliance in the Twilio console",
    ),
}

_CREDENTIALS: dict[int, tuple[str, str]] = {
    20003: (
        "the credentials are wrong, of another region, or the account is suspended",
        "check the account SID, then: kapso-twilio auth set auth_token",
    ),
    20008: (
        "these are test credentials, which can neither search nor list",
        "use the live credentials: kapso-twilio auth set auth_token",
    ),
    70051: (
        "the restricted API key lacks a permission",
        "grant it in the Twilio console, or use a standard key",
    ),
}


@contextmanager
def translated(doing: str, country: Country | None = None) -> Iterator[None]:
    """Within, what Twilio refuses or garbles is raised as this program's errors."""
    try:
        yield
    except TwilioAnswer as answer:
        raise translate(answer, doing=doing, country=country) from answer
    except AnswerLost as lost:
        raise VendorUnavailable(
            f"it is not known whether Twilio did what was asked ({doing})",
            reason=str(lost),
            hint="run the command again: it looks at what is there first",
        ) from lost
    except UNREADABLE as error:
        # A 200 that is JSON, and yet not what the resource promises.
        raise VendorUnavailable(
            f"Twilio's answer cannot be read (asked to {doing})",
            reason=f"it lacks what it should hold ({type(error).__name__})",
            hint="run the command again later; a proxy on the way may be the cause",
        ) from error


def translate(answer: TwilioAnswer, *, doing: str, country: Country | None) -> KapsoTwilioError:
    """Twilio's refusal of `doing` ("sell +56…"), with the reason and the way on."""
    if answer.code in _CREDENTIALS:
        reason, hint = _CREDENTIALS[answer.code]
        return CredentialsError(
            f"Twilio rejected the credentials (asked to {doing})",
            reason=f"{reason} (Twilio {answer.code})",
            hint=hint,
        )
    if answer.code == TOO_MANY_CONCURRENT or answer.status == 429:
        return VendorUnavailable(
            f"Twilio asked to wait (asked to {doing})",
            reason=f"too many requests at once (Twilio {answer.code})",
            hint="run the command again in a minute, with a lower --concurrency",
        )
    return _refused(answer, doing, country)


def _refused(answer: TwilioAnswer, doing: str, country: Country | None) -> VendorRefused:
    meaning = _REFUSALS.get(answer.code)
    if meaning is None or country is None:
        return VendorRefused(
            f"Twilio refused to {doing}",
            reason=f"{answer.message} (Twilio {answer.code})",
            hint=f"see twilio.com/docs/api/errors/{answer.code}",
            concerns=Concerns.COUNTRY,
            vendor_code=answer.code,
        )
    words = {"country": country, "name": country_name(country)}
    return VendorRefused(
        f"Twilio refused to {doing}",
        reason=f"{meaning.reason.format(**words)} (Twilio {answer.code})",
        hint=meaning.hint.format(**words),
        concerns=meaning.concerns,
        vendor_code=answer.code,
    )
