"""Kapso's connected numbers and the project's webhooks. Webhooks are kept; none is sent yet."""

from __future__ import annotations

from datetime import datetime

from .formats import international
from .kapso_customers import use_links
from .kapso_http import listing, new_uuid, read_body, refuse, show_time
from .state import KapsoNumber, Webhook
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
    """Disconnect a number."""
    del world.account.kapso_numbers[_number(world, call).id]
    return Answer(204)


def webhooks(world: World, call: Call) -> Answer:
    """List the project's webhooks."""
    return listing(call, list(world.account.webhooks.values()), _show_webhook)


def create_webhook(world: World, call: Call) -> Answer:
    """Keep a webhook."""
    body = read_body(call, "whatsapp_webhook")
    url, events = body.get("url"), body.get("events")
    if not isinstance(url, str) or not isinstance(events, list):
        raise refuse(422, "Url and events are required")
    webhook = Webhook(
        id=new_uuid(world),
        order=world.account.next_order(),
        url=url,
        secret_key=str(body.get("secret_key") or world.account.credentials.kapso_webhook_secret),
        events=tuple(str(event) for event in events),
        active=bool(body.get("active", True)),
        payload_version=str(body.get("payload_version", "v2")),
        created_at=call.now,
    )
    world.account.webhooks[webhook.id] = webhook
    return Answer(201, {"data": _show_webhook(webhook)})


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
    return number


def _show_number(one: KapsoNumber) -> dict[str, object]:
    return {
        "id": one.id,
        "phone_number_id": one.id,
        "internal_id": one.internal_id,
        "business_account_id": one.business_account_id,
        "customer_id": one.customer_id,
        "display_phone_number": international(one.phone_number),
        "display_phone_number_normalized": one.phone_number.removeprefix("+"),
        "status": "CONNECTED",
        "code_verification_status": "VERIFIED",
        "created_at": show_time(one.connected_at),
        "updated_at": show_time(one.connected_at),
    }


def _show_webhook(one: Webhook) -> dict[str, object]:
    return {
        "id": one.id,
        "url": one.url,
        "events": list(one.events),
        "active": one.active,
        "payload_version": one.payload_version,
        "created_at": show_time(one.created_at),
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
    route("GET", f"{_PATH}/webhooks", webhooks),
    route("POST", f"{_PATH}/webhooks", create_webhook),
)
