"""Twilio's identifiers: two letters that say what it is, and 32 hexadecimal digits."""

from __future__ import annotations

import re
from enum import StrEnum

from ..errors import UsageError


class SidKind(StrEnum):
    """The kinds of SID that a person writes down, by their two letters."""

    ACCOUNT = "AC"
    API_KEY = "SK"
    BUNDLE = "BU"
    ADDRESS = "AD"
    NUMBER = "PN"


def parse_sid(kind: SidKind, text: str) -> str:
    """Take a SID of that kind. What was written is not repeated: it may be a misplaced secret."""
    if not is_sid(kind, text):
        raise UsageError(
            f"that is not {_ARTICLES[kind]} SID",
            reason=f"it is {kind} and 32 hexadecimal digits; this has {len(text)} characters",
            hint="copy it from the Twilio console",
        )
    return text


def is_sid(kind: SidKind, text: str) -> bool:
    """Whether `text` has the shape of such a SID."""
    return re.fullmatch(kind.value + r"[0-9a-fA-F]{32}", text) is not None


def is_message_sid(text: str) -> bool:
    """Whether `text` has the shape of a message's SID: SM, or MM with media."""
    return re.fullmatch(r"[SM]M[0-9a-fA-F]{32}", text) is not None


def is_call_sid(text: str) -> bool:
    """Whether `text` has the shape of a call's SID."""
    return re.fullmatch(r"CA[0-9a-fA-F]{32}", text) is not None


def is_recording_sid(text: str) -> bool:
    """Whether `text` has the shape of a recording's SID."""
    return re.fullmatch(r"RE[0-9a-fA-F]{32}", text) is not None


_ARTICLES = {
    SidKind.ACCOUNT: "an account",
    SidKind.API_KEY: "an API key",
    SidKind.BUNDLE: "a bundle",
    SidKind.ADDRESS: "an address",
    SidKind.NUMBER: "a phone number's",
}
