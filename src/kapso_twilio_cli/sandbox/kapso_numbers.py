"""Kapso's connected numbers. What becomes of one is told to the project's webhooks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from .formats import international
from .kapso_customers import use_links
from .kapso_events import CREATED, DELETED, Event, tell
from .kapso_http import listing, new_uuid, refuse, show_time
from .state import KapsoNumber
from .wire import Answer, Call
from .world import Route, World, route


def phone_numbers(world: World, call: Call) -> Answer:
    """List the connected numbers."""
    found = list(world.account.kapso_numbers.values())
    if (owner := call.asked("customer_id")) is not None:
        found = [one for one in found if one.customer_id == owner]
    if (wanted := call.asked("phone_number_id")) is not None:
        found = [one for one in found if one.id == wanted]
    return listing(call, found, _show_number)


def phone_number(world: World, call: Call) -> Answer:
    """Show a connected number."""
    return Answer(200, {"data": _show_number(_number(world, call))})


def delete_phone_number(world: World, call: Call) -> Answer:
    """Disconnect a number; one whose teardown runs already is left to it."""
    found = _number(world, call)
    if found.leaves_at is None:
        disconnect(world, found, call.now)
    return Answer(204)


def connect(world: World, phone_number: str, customer_id: str | None, now: datetime) -> KapsoNumber:
    """List a number as connected, under the new id that Meta gives it."""
    account = world.account
    number = KapsoNumber(
        id=account.draw_digits(15),
        order=account.next_order(),
        internal_id=new_uuid(world),
        business_account_id=account.draw_digits(15),
        phone_number=phone_number,
        customer_id=customer_id,
        connected_at=now,
    )
    account.kapso_numbers[number.id] = number
    use_links(world, customer_id, now)
    tell(world, Event(CREATED, number.id, customer_id))
    return number


def disconnect(
    world: World, number: KapsoNumber, now: datetime, teardown: timedelta = timedelta(0)
) -> None:
    """Tell that a number is deleted, and list it until its teardown is over."""
    tell(world, Event(DELETED, number.id, number.customer_id))
    world.account.kapso_numbers[number.id] = replace(number, leaves_at=now + teardown)
    finish_teardowns(world, now)


def finish_teardowns(world: World, now: datetime) -> None:
    """List no number any more whose teardown is over."""
    numbers = world.account.kapso_numbers
    for one in list(numbers.values()):
        if one.leaves_at is not None and one.leaves_at <= now:
            del numbers[one.id]


def _show_number(one: KapsoNumber) -> dict[str, object]:
    return {
        "id": one.id,
        "phone_number_id": one.id,
        "internal_id": one.internal_id,
        "business_account_id": one.business_account_id,
        "customer_id": one.customer_id,
        "display_phone_number": international(one.phone_number),
        "display_phone_number_normalized": one.phone_number.removeprefix("+"),
        "status": one.status,
        "code_verification_status": "VERIFIED",
        "created_at": show_time(one.connected_at),
        "updated_at": show_time(one.connected_at),
    }


def _number(world: World, call: Call) -> KapsoNumber:
    found = world.account.kapso_numbers.get(call.params["number"])
    if found is None:
        raise refuse(404, "Phone number not found")
    return found


_PATH = "/platform/v1/whatsapp"
ROUTES: tuple[Route, ...] = (
    route("GET", f"{_PATH}/phone_numbers", phone_numbers),
    route("GET", _PATH + "/phone_numbers/{number}", phone_number),
    route("DELETE", _PATH + "/phone_numbers/{number}", delete_phone_number),
)
