"""The stand-in for Meta Graph: a portfolio of pre-verified numbers.

Facts: reference/meta.md, fields as in Meta's Python SDK, errors as in its OpenAPI description
(v23.0), read on 2026-11-22. A parameter may come in the query, a form or JSON, as Graph allows.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from .codes import send_code
from .formats import international, parse_possible
from .meta_http import (
    authenticate,
    error,
    failure,
    invalid,
    own_business,
    page_of,
    parameter,
    request_id,
)
from .state import Preverified
from .wire import Answer, Call, Refused
from .world import Vendor, World, route

FIELDS = (
    "id",
    "phone_number",
    "code_verification_status",
    "code_verification_time",
    "verification_expiry_time",
    "owner_business",
)
_DEFAULT_FIELDS = ("id", "phone_number", "code_verification_status", "verification_expiry_time")
_DEFAULT_LIMIT, _MAX_LIMIT = 25, 100


def add(world: World, call: Call) -> Answer:
    """Take a number into the portfolio, whoever owns it; the code will show who does."""
    own_business(world, call)
    phone_number = parse_possible(parameter(call, "phone_number") or "")
    if phone_number is None:
        raise Refused(error(400, 100, "Invalid phone number", kind="OAuthException"))
    account = world.account
    if any(one.phone_number == phone_number for one in account.preverified.values()):
        raise Refused(error(422, 100, "This phone number is already in this business"))
    if account.claimed(phone_number) is not None:
        raise Refused(
            error(422, 100, "This phone number is registered to another WhatsApp Business Account")
        )
    limit = world.options.portfolio_limit
    if limit is not None and len(account.preverified) >= limit:
        raise Refused(
            error(422, 100, "Maximum number of phone numbers per business account exceeded")
        )
    number = Preverified(
        id=account.draw_digits(15),
        order=account.next_order(),
        phone_number=phone_number,
        added_at=call.now,
        listed_at=call.now + timedelta(milliseconds=call.lag_ms),
    )
    account.preverified[number.id] = number
    return Answer(200, {"id": number.id})


def listing(world: World, call: Call) -> Answer:
    """List the portfolio, oldest first, by cursor."""
    own_business(world, call)
    fields = _fields(call)
    numbers = [one for one in world.account.preverified.values() if _is_listed(one, call)]
    if (wanted := call.asked("phone_number")) is not None:
        numbers = [one for one in numbers if one.phone_number == parse_possible(wanted)]
    if (state := call.asked("code_verification_status")) is not None:
        numbers = [one for one in numbers if status(one, call.now) == state]
    page, paging = page_of(call, sorted(numbers, key=lambda one: one.order))
    shown = [_show(world, one, fields, call.now) for one in page]
    return Answer(200, {"data": shown, "paging": paging} if paging else {"data": shown})


def read(world: World, call: Call) -> Answer:
    """Show one number of the portfolio."""
    return Answer(200, _show(world, _find(world, call), _fields(call), call.now))


def delete(world: World, call: Call) -> Answer:
    """Take a number out of the portfolio for good."""
    del world.account.preverified[_find(world, call).id]
    return Answer(200, {"success": True})


def request_code(world: World, call: Call) -> Answer:
    """Send a code; refused while the verification is in the first half of its validity."""
    number = _find(world, call)
    method = parameter(call, "code_method")
    language = parameter(call, "language") or ""
    if method not in {"SMS", "VOICE"}:
        raise Refused(invalid("code_method must be SMS or VOICE"))
    if re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", language) is None:
        raise Refused(invalid("language must be a valid locale identifier"))
    if number.verified_at is not None and number.verified_until is not None:
        half = number.verified_at + (number.verified_until - number.verified_at) / 2
        if call.now < half:
            raise Refused(error(400, 136024, "Request code error: the number is already verified"))
    send_code(world, number, method, language, call.now)
    return Answer(200, {"success": True})


def verify_code(world: World, call: Call) -> Answer:
    """Take the newest code, once and in time; the number is verified from now on."""
    number = _find(world, call)
    code = parameter(call, "code") or ""
    if not code.isascii() or not code.isdigit():
        raise Refused(invalid("code must be a numeric string"))
    if number.code is None or number.code_expires_at is None:
        if status(number, call.now) == "VERIFIED":
            raise Refused(error(422, 100, "This phone number is already verified"))
        raise Refused(error(422, 100, "The verification code is invalid"))
    if call.now >= number.code_expires_at:
        raise Refused(error(422, 100, "The verification code has expired"))
    if code != number.code:
        raise Refused(error(422, 100, "The verification code is invalid"))
    validity = timedelta(days=world.options.verification_days)
    world.account.preverified[number.id] = replace(
        number,
        code=None,
        code_expires_at=None,
        verified_at=call.now,
        verified_until=call.now + validity,
    )
    return Answer(200, {"success": True})


def share(world: World, call: Call) -> Answer:
    """Share a number with a partner, or stop; nothing here depends on it."""
    own_business(world, call)
    if parameter(call, "preverified_id") not in world.account.preverified:
        raise Refused(error(404, 803, "Pre-verified phone number not found"))
    return Answer(200, {"success": True})


def business(world: World, call: Call) -> Answer:
    """Show the portfolio, or a number of it: Graph tells ids apart, not paths."""
    if call.params["id"] != world.account.credentials.meta_business_id:
        return read(world, call)
    return Answer(200, {"id": call.params["id"], "name": "Sandbox business"})


def status(number: Preverified, now: datetime) -> str:
    """Tell where a number's verification stands."""
    if number.verified_until is None:
        return "NOT_VERIFIED"
    return "VERIFIED" if now < number.verified_until else "EXPIRED"


def _is_listed(number: Preverified, call: Call) -> bool:
    young = call.now - timedelta(milliseconds=call.lag_ms)
    return number.listed_at <= call.now and (not call.lag_ms or number.added_at <= young)


def _show(
    world: World, number: Preverified, fields: tuple[str, ...], now: datetime
) -> dict[str, object]:
    """Write the fields that were asked for; Graph leaves out those without a value."""
    values = {
        "id": number.id,
        "phone_number": international(number.phone_number),
        "code_verification_status": status(number, now),
        "code_verification_time": _time(number.verified_at),
        "verification_expiry_time": _time(number.verified_until),
        "owner_business": {
            "id": world.account.credentials.meta_business_id,
            "name": "Sandbox business",
        },
    }
    return {name: values[name] for name in fields if values[name] is not None}


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S+0000")


def _fields(call: Call) -> tuple[str, ...]:
    text = call.asked("fields")
    if text is None:
        return _DEFAULT_FIELDS
    asked = tuple(name.strip() for name in text.split(","))
    for name in asked:
        if name not in FIELDS:
            raise Refused(
                error(
                    400,
                    100,
                    f"(#100) Tried accessing nonexisting field ({name}) on node type "
                    "(WhatsAppBusinessPreVerifiedPhoneNumber)",
                    kind="OAuthException",
                )
            )
    return tuple(dict.fromkeys((*asked, "id")))


def _find(world: World, call: Call) -> Preverified:
    number = world.account.preverified.get(call.params["id"])
    if number is None:
        raise Refused(error(404, 803, "Pre-verified phone number not found"))
    return number


META = Vendor(
    name="meta",
    owns=re.compile(r"/v\d+\.\d+(/|$)"),
    routes=(
        route("POST", "/{version}/{id}/add_phone_numbers", add),
        route("GET", "/{version}/{id}/preverified_numbers", listing),
        route("POST", "/{version}/{id}/share_preverified_numbers", share),
        route("DELETE", "/{version}/{id}/share_preverified_numbers", share),
        route("POST", "/{version}/{id}/request_code", request_code),
        route("POST", "/{version}/{id}/verify_code", verify_code),
        route("GET", "/{version}/{id}", business),
        route("DELETE", "/{version}/{id}", delete),
    ),
    authenticate=authenticate,
    failure=failure,
    request_id=request_id,
)
