"""How a one-time code comes: Meta sends an SMS, or calls and says it."""

from __future__ import annotations

from enum import StrEnum


class CodeMethod(StrEnum):
    """The way of a code."""

    SMS = "sms"
    VOICE = "voice"
