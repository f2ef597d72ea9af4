"""What becomes of a number at Kapso, on demand: claims, removals, statuses, events, setup links."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from .control_http import phone_number_of, refuse
from .kapso_customers import show_link
from .kapso_events import Event, tell
from .kapso_http import new_uuid
from .kapso_numbers import connect, disconnect
from .kapso_webhooks import PAYLOAD_VERSIONS
from .state import KapsoNumber, LinkEnd, Preverified, Provisioned, SetupLink, SetupStatus
from .wire import Answer, Call
from .world import Route, World, route


def claim(world: World, call: Call) -> Answer:
    """Finish an onboarding: Meta replaces the object by a new id, Kapso lists the number."""
    held = _held(world, call)
    claimed = held.phone_number if held else phone_number_of(call.sent("phone_number"))
    if world.account.claimed(claimed) is not None:
        raise refuse(409, f"{claimed} is connected already")
    if held is not None:
        del world.account.preverified[held.id]
    connected = connect(world, claimed, call.sent("customer_id"), call.now)
    shown = _show(connected) | {"preverified_id": held.id if held is not None else None}
    return Answer(201, shown)


def unclaim(world: World, call: Call) -> Answer:
    """Remove the WhatsApp config from a number; it stays listed for `teardown_ms`."""
    found = _connected(world, call.params["number"])
    if found.leaves_at is not None:
        raise refuse(409, f"{found.phone_number} is being removed already")
    milliseconds = _whole(call.asked("teardown_ms") or "0", "teardown_ms")
    disconnect(world, found, call.now, timedelta(milliseconds=milliseconds))
    return Answer(204)


def set_status(world: World, call: Call) -> Answer:
    """Choose the status that Kapso shows of a connected number."""
    found, status = _connected(world, call.params["number"]), call.sent("status")
    if not status:
        raise refuse(400, "a status is needed, such as DISCONNECTED")
    world.account.kapso_numbers[found.id] = replace(found, status=status)
    return Answer(200, _show(found) | {"status": status})


def send_event(world: World, call: Call) -> Answer:
    """Send an event, whether or not it is true; `sent` is how many requests that makes.

    A webhook gets what it asked for. What Kapso has no event for goes to every active one.
    """
    name, version = call.sent("event") or "", call.sent("payload_version")
    if not re.fullmatch(r"[A-Za-z0-9_.]+", name):
        raise refuse(400, f"{name!r} cannot be the name of an event")
    if version is not None and version not in PAYLOAD_VERSIONS:
        raise refuse(400, f"payload_version is one of {', '.join(PAYLOAD_VERSIONS)}")
    times = _whole(call.sent("times") or "1", "times")
    sent = tell(world, _event(world, call, name), times=times, payload_version=version)
    return Answer(201, {"sent": sent})


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be chosen of a setup link, by the names that Kapso shows it under."""

    whatsapp_setup_status: SetupStatus | None
    whatsapp_setup_error: str | None
    provisioned_phone_number: str | None
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]
    status: LinkEnd | None


def change_link(world: World, call: Call) -> Answer:
    """Change what Kapso shows of a setup link; the answer is what it shows then."""
    link = world.account.setup_links.get(call.params["link"])
    if link is None:
        raise refuse(404, f"no setup link has the id {call.params['link']}")
    shown = _change(link, call.json or {})
    changed = replace(
        link,
        setup_status=shown.whatsapp_setup_status,
        setup_error=shown.whatsapp_setup_error,
        provisioned=_provisioned(world, link, shown.provisioned_phone_number),
        expires_at=shown.expires_at.astimezone(UTC),
        ended=shown.status,
    )
    world.account.setup_links[link.id] = changed
    return Answer(200, show_link(changed, call.now))


def _change(link: SetupLink, body: Mapping[str, object]) -> Shown:
    """What a link is to show: what the body names, and the rest as it was."""
    now = {
        "whatsapp_setup_status": link.setup_status,
        "whatsapp_setup_error": link.setup_error,
        "provisioned_phone_number": link.provisioned.phone_number if link.provisioned else None,
        "expires_at": link.expires_at,
        "status": link.ended,
    }
    try:
        return msgspec.convert({**now, **body}, Shown)
    except msgspec.ValidationError as error:
        raise refuse(400, str(error)) from error


def _provisioned(world: World, link: SetupLink, text: str | None) -> Provisioned | None:
    if text is None:
        return None
    if link.provisioned is not None and link.provisioned.phone_number == text:
        return link.provisioned
    return Provisioned(new_uuid(world), phone_number_of(text))


def _held(world: World, call: Call) -> Preverified | None:
    """The pre-verified number that is claimed, by its id or else by its number."""
    held, preverified_id = world.account.preverified, call.sent("preverified_id")
    if preverified_id is None:
        number = phone_number_of(call.sent("phone_number"))
        return next((one for one in held.values() if one.phone_number == number), None)
    if preverified_id not in held:
        raise refuse(404, f"no pre-verified number has the id {preverified_id}")
    return held[preverified_id]


def _event(world: World, call: Call, name: str) -> Event:
    """The event that was asked for; its customer is the number's own unless one is named."""
    number_id = call.sent("phone_number_id")
    if number_id is None:
        number_id = _connected(world, call.sent("phone_number")).id
    number = world.account.kapso_numbers.get(number_id)
    owner = number.customer_id if number is not None else None
    return Event(name, number_id, call.sent("customer_id") or owner)


def _connected(world: World, text: str | None) -> KapsoNumber:
    found = world.account.claimed(phone_number_of(text))
    if found is None:
        raise refuse(404, f"{text} is not connected")
    return found


def _show(one: KapsoNumber) -> dict[str, object]:
    return {"phone_number": one.phone_number, "phone_number_id": one.id}


def _whole(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise refuse(400, f"{name} is a whole number")
    return int(text)


ROUTES: tuple[Route, ...] = (
    route("POST", "/_sandbox/claims", claim),
    route("PATCH", "/_sandbox/claims/{number}", set_status),
    route("DELETE", "/_sandbox/claims/{number}", unclaim),
    route("POST", "/_sandbox/events", send_event),
    route("PATCH", "/_sandbox/setup_links/{link}", change_link),
)
