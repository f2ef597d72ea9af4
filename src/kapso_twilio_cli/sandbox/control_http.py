"""What the paths beside the vendors' share: numbers read, and refusals."""

from __future__ import annotations

from .formats import parse_possible
from .wire import Answer, Refused


def phone_number_of(text: str | None) -> str:
    """Give the E.164 number that was sent; 400 for anything else."""
    if text is None or parse_possible(text) != text:
        raise refuse(400, f"{text!r} is not a possible phone number in E.164")
    return text


def refuse(status: int, message: str) -> Refused:
    return Refused(Answer(status, {"error": message}))
