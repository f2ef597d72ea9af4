"""Who is at work on the project: the receiver and where numbers point, and who holds the lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ...domain.number import Number
from ...domain.public_url import is_receivers
from ...gateways.twilio_webhooks import NumberWebhooks, SmsWebhook
from ...project import Project
from ..lock import holder_of
from ..receiving.receiver import Receiver, receiver_of
from ..receiving.webhooks import former_of
from .check import Check, fine, warning

_LONG = timedelta(hours=3)
"""A fill of many numbers takes minutes, and a code by voice three at most."""


def lock(project: Project) -> Check:
    """Who holds it. That a run is at work is no fault; that it does not end may be one."""
    holder = holder_of(project)
    if holder is None:
        return fine("lock", "nobody holds it")
    if project.now() - holder.since > _LONG:
        hint = f"if it hangs: kill {holder.owner.pid}; what it began is taken up by the next run"
        return warning("lock", f"held by {holder}", hint)
    return fine("lock", f"held by {holder}")


def receiver(project: Project, pointed: Sequence[Number]) -> Check:
    """Whether it is alive; needed only where numbers point at one."""
    alive = receiver_of(project)
    if alive is not None:
        return fine("receiver", f"at work, for {alive.public_url}")
    if not pointed:
        return fine("receiver", "none is at work, and no number points at one")
    return warning(
        "receiver",
        f"none is at work on this host, and {len(pointed)} of the numbers point at one",
        "kapso-twilio webhook serve --public-url URL; or kapso-twilio webhook restore --all",
    )


def webhooks(project: Project, pointed: Sequence[Number]) -> Check:
    """Whether the numbers still point where `webhook configure` pointed them. One listing."""
    if not pointed:
        return fine("webhooks", "webhook configure has set none")
    by_sid = {number.sid: number for number in pointed}
    alive = receiver_of(project)
    astray = [
        by_sid[found.sid].phone_number
        for found in project.twilio.webhooks.all()
        if found.sid in by_sid and not _arrives(by_sid[found.sid], found, alive)
    ]
    if not astray:
        return fine("webhooks", f"{len(pointed)} numbers point at the receiver")
    return warning(
        "webhooks",
        f"{len(astray)} of {len(pointed)} numbers do not point at the receiver any more: "
        + ", ".join(astray[:3])
        + ", …" * (len(astray) > 3),
        "kapso-twilio webhook configure --all --public-url URL; or webhook restore --all",
    )


def _arrives(number: Number, found: NumberWebhooks, alive: Receiver | None) -> bool:
    """Whether SMS reach the receiver; calls too, where those were pointed at it."""
    former = former_of(number)
    has_calls = former is not None and former.voice is not None
    if not _leads(found.sms, alive.public_url.sms_url if alive else None):
        return False
    if not has_calls or number.facts.voice_before is not None:
        return True
    return found.voice_url == alive.public_url.voice_url if alive else is_receivers(found.voice_url)


def _leads(sms: SmsWebhook, expected: str | None) -> bool:
    if sms.application_sid:
        return False
    return sms.url == expected if expected is not None else is_receivers(sms.url)
