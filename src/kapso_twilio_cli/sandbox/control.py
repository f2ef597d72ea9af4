"""The paths beside the vendors': what a person would do in a console, and what a test asks.

Those about what becomes of a number at Kapso are in `control_kapso`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import control_kapso
from .calls import ring
from .codes import deliver
from .control_http import phone_number_of, refuse
from .faults import parse_fault
from .options import CODE_MODES
from .state import LedgerEntry, TranscriptionStatus
from .twilio_incoming import buy
from .wire import Answer, Call
from .world import Recorded, Vendor, World, route


def ledger(world: World, _call: Call) -> Answer:
    """Show what the account was billed for, whatever the client believes."""
    return Answer(200, {"entries": [_entry(one) for one in world.account.ledger]})


def requests(world: World, _call: Call) -> Answer:
    """Show every vendor request that came in, in order."""
    return Answer(200, {"requests": [f"{one.method} {one.target}" for one in world.requests]})


def requests_detail(world: World, _call: Call) -> Answer:
    """Show the same requests taken apart."""
    return Answer(200, {"requests": [_recorded(one) for one in world.requests]})


def forget_requests(world: World, _call: Call) -> Answer:
    """Begin the log of requests anew."""
    world.requests.clear()
    return Answer(204)


def add_fault(world: World, call: Call) -> Answer:
    """Let something go wrong."""
    try:
        fault = parse_fault(call.json)
    except (TypeError, ValueError) as error:
        raise refuse(400, str(error)) from error
    world.faults.waiting.append(fault)
    return Answer(201, {"waiting": len(world.faults.waiting)})


def clear_faults(world: World, _call: Call) -> Answer:
    """Let nothing go wrong any more."""
    world.faults.waiting.clear()
    return Answer(204)


def buy_number(world: World, call: Call) -> Answer:
    """Buy a number in the console: no paperwork, and no stock to be in."""
    phone_number = phone_number_of(call.sent("phone_number"))
    if world.account.owned_by_number(phone_number) is not None:
        raise refuse(409, f"{phone_number} is in the account already")
    sold_as = world.offer_of(phone_number)
    number = buy(world, call, phone_number, sold_as, call.sent("friendly_name"))
    return Answer(201, {"phone_number": number.phone_number, "sid": number.sid})


def remove_number(world: World, call: Call) -> Answer:
    """Take a number out of the account, as Twilio does when it reclaims one."""
    number = world.account.owned_by_number(phone_number_of(call.params["number"]))
    if number is None:
        raise refuse(404, f"{call.params['number']} is not in the account")
    world.account.let_go(number, call.now)
    return Answer(204)


def message(world: World, call: Call) -> Answer:
    """Let an SMS come in; `error_code` makes it one that Twilio filtered."""
    to = phone_number_of(call.sent("to"))
    code = call.sent("error_code")
    error = (int(code), "Message filtered") if code is not None and code.isdigit() else None
    sender, body = call.sent("from") or "+15005550001", call.sent("body") or ""
    arrived = deliver(world, to, sender, body, call.now, error)
    return Answer(201, {"sid": arrived.sid})


def call_in(world: World, call: Call) -> Answer:
    """Let a call come in that is recorded; without `transcription` it could not be transcribed."""
    owned = world.account.owned_by_number(phone_number_of(call.sent("to")))
    if owned is None:
        raise refuse(404, f"{call.sent('to')} is not in the account")
    spoken = call.sent("transcription")
    status: TranscriptionStatus = "failed" if spoken is None else "completed"
    sender = call.sent("from") or "+15005550001"
    rung = ring(world, owned, sender, call.now, spoken=spoken, status=status)
    return Answer(201, {"sid": rung.sid})


def code_mode(world: World, call: Call) -> Answer:
    """Choose how the codes of one number come from now on."""
    to, asked = phone_number_of(call.sent("to")), call.sent("mode")
    mode = next((one for one in CODE_MODES if one == asked), None)
    if mode is None:
        raise refuse(400, f"codes cannot come by {asked!r}: choose one of {', '.join(CODE_MODES)}")
    world.code_modes[to] = mode
    return Answer(201, {"to": to, "mode": mode})


def authenticate(_world: World, _call: Call) -> Answer:
    """Let everybody in: the port is on loopback, and nothing here is worth a key."""
    return Answer(200)


def failure(status: int) -> Answer:
    """Give the words for a path that does not exist."""
    return Answer(status, {"error": "the sandbox has no such path"})


def _entry(one: LedgerEntry) -> Mapping[str, object]:
    return {
        "kind": one.kind,
        "phone_number": one.phone_number,
        "sid": one.sid,
        "friendly_name": one.friendly_name,
        "monthly_price": one.monthly_price,
        "at": _time(one.at.isoformat()),
    }


def _recorded(one: Recorded) -> Mapping[str, object]:
    return {
        "method": one.method,
        "path": one.path,
        "query": [list(pair) for pair in one.query],
        "form": [list(pair) for pair in one.form],
        "json": one.json,
        "at": _time(one.at.isoformat()),
    }


def _time(text: str) -> str:
    return text.replace("+00:00", "Z")


CONTROL = Vendor(
    name="control",
    owns=re.compile(r"/_sandbox(/|$)"),
    routes=(
        route("GET", "/_sandbox/ledger", ledger),
        route("GET", "/_sandbox/requests", requests),
        route("GET", "/_sandbox/requests/detail", requests_detail),
        route("DELETE", "/_sandbox/requests", forget_requests),
        route("POST", "/_sandbox/faults", add_fault),
        route("DELETE", "/_sandbox/faults", clear_faults),
        route("POST", "/_sandbox/numbers", buy_number),
        route("DELETE", "/_sandbox/numbers/{number}", remove_number),
        route("POST", "/_sandbox/messages", message),
        route("POST", "/_sandbox/calls", call_in),
        route("POST", "/_sandbox/codes", code_mode),
        *control_kapso.ROUTES,
    ),
    authenticate=authenticate,
    failure=failure,
)
