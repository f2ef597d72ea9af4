"""What becomes of a number at Kapso, on demand: claims, removals, statuses, events."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from .control_http import phone_number_of, refuse
from .kapso_events import Event, tell
from .kapso_numbers import connect, disconnect
from .kapso_webhooks import PAYLOAD_VERSIONS
from .state import KapsoNumber, Preverified
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
)
