"""An event of a project at Kapso: something happened to a number's WhatsApp config.

Source: docs.kapso.ai, webhook events (read 2026-11-22): the name stands in `X-Webhook-Event`, or,
in the older form, in the body beside `data`. `deleted` is sent at the start of a teardown.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum

import msgspec


class EventName(StrEnum):
    """The events that are acted on."""

    CREATED = "whatsapp.phone_number.created"
    DELETED = "whatsapp.phone_number.deleted"
    OFFBOARDED = "whatsapp.phone_number.offboarded"
    DISCONNECTED = "whatsapp.phone_number.disconnected"
    RECONNECTED = "whatsapp.phone_number.reconnected"


_TELLS_REMOVAL = frozenset({EventName.DELETED, EventName.OFFBOARDED})
_NAME = re.compile(r"[\w.-]{1,80}", re.ASCII)
_ID = re.compile(r"\d{1,32}", re.ASCII)


class NotAnEvent(Exception):
    """The body is none that Kapso sends; the words hold nothing of it."""


class KapsoEvent(msgspec.Struct, frozen=True):
    """What happened, and to which number by Meta's id; whether it is so, Kapso's API tells."""

    name: str
    phone_number_id: str | None

    @property
    def is_known(self) -> bool:
        """Whether anything is done about it."""
        return self.name in set(EventName) and self.phone_number_id is not None

    @property
    def tells_removal(self) -> bool:
        """Whether the number is about to leave Kapso."""
        return self.name in _TELLS_REMOVAL


def parse_event(body: bytes, header: str | None) -> KapsoEvent:
    """Read both forms; NotAnEvent where it is neither."""
    try:
        document = json.loads(body)
    except ValueError:
        raise NotAnEvent("its body is no JSON") from None
    if not isinstance(document, dict):
        raise NotAnEvent("its body is no JSON object")
    inner = document.get("data")
    data = inner if isinstance(inner, dict) else document
    name = header or document.get("event")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise NotAnEvent("it names no event")
    phone_number_id = data.get("phone_number_id")
    is_id = isinstance(phone_number_id, str) and _ID.fullmatch(phone_number_id) is not None
    return KapsoEvent(name, phone_number_id if is_id else None)
