"""What had come in before a code is asked for: a code that a broken-off run had asked for, too.

One look at the account, before the first number is begun, serves all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from ...domain.code_method import CodeMethod
from ...domain.number import Number
from ...project import Project
from .look import Heard, Look, asked_at, found_for, listen_back
from .verification import CodeArrived

if TYPE_CHECKING:
    from ...gateways.twilio_inbox import InboundMessage

_WORTH_A_LOOK = timedelta(minutes=15)
"""No code is known to live longer."""


class EarlierCodes(msgspec.Struct, frozen=True):
    """What had come in when the run began."""

    messages: list[InboundMessage]
    heard: Heard = Heard()

    def mark_of(self, number: Number) -> str | None:
        """The SID of the newest message for the number: what it says is no answer to a request."""
        mine = [message for message in self.messages if message.to == number.phone_number]
        newest = max(mine, key=lambda message: message.received_at, default=None)
        return newest.sid if newest is not None else number.facts.inbox_mark

    def code_of(self, number: Number) -> str | None:
        """The code that came since the last request; None where none was asked for, or came."""
        if number.facts.code_requested_at is None:
            return None
        seen = Look(self.messages, self.heard, {})
        found = found_for(seen, number, set())
        return found.code if isinstance(found, CodeArrived) else None


NOTHING_CAME = EarlierCodes([])


def look_for_earlier(project: Project, numbers: Iterable[Number]) -> EarlierCodes:
    """One look, and none where no number was asked a code for lately.

    Raises CredentialsError, VendorRefused or VendorUnavailable.
    """
    since = project.now() - _WORTH_A_LOOK
    lately = [
        number
        for number in numbers
        if number.facts.code_requested_at is not None and number.facts.code_requested_at >= since
    ]
    texted, called = asked_at(lately, CodeMethod.SMS), asked_at(lately, CodeMethod.VOICE)
    return EarlierCodes(
        project.twilio.inbox.since(texted) if texted else [],
        listen_back(project, called) if called else Heard(),
    )
