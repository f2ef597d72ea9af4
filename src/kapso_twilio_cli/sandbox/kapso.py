"""The stand-in for Kapso's Platform API: customers, setup links, connected numbers, webhooks.

Facts: reference/kapso.md, read on 2026-11-22. Webhooks are kept; none is sent yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from .meta import display
from .state import Customer, KapsoNumber, SetupLink, Webhook
from .wire import Answer, Call, Refused
from .world import Route, Vendor, World, route

LINK_DAYS = 30
_DEFAULT_PER_PAGE, _MAX_PER_PAGE = 20, 100
_LINK_SETTINGS = {
    "success_redirect_url": None,
    "failure_redirect_url": None,
    "allowed_connection_types": ["coexistence", "dedicated"],
    "meta_billing_mode": None,
    "provision_phone_number": False,
    "phone_number_country_isos": ["US"],
    "phone_number_area_code": None,
    "reconnect_phone_number": None,
    "language": "en",
    "theme_config": None,
}


class Ordered(Protocol):
    """Whatever a listing can hold."""

    @property
    def order(self) -> int:
        """Its place in the order of events."""


_Item = TypeVar("_Item", bound=Ordered)


def failure(status: int) -> Answer:
    """Give the words for a status that a fault asked for."""
    words = {
        401: "Invalid API key",
        402: "Payment required",
        404: "Not found",
        409: "Conflict",
        422: "Unprocessable entity",
        429: "Rate limit exceeded",
    }
    return Answer(status, {"error": words.get(status, "Internal server error")})


def authenticate(world: World, call: Call) -> Answer:
    """Know the project by its key."""
    is_known = call.headers.get("x-api-key") == world.account.credentials.kapso_api_key
    return Answer(200) if is_known else failure(401)


def customers(world: World, call: Call) -> Answer:
    """List the project's customers."""
    found = list(world.account.customers.values())
    if (external := call.asked("external_customer_id")) is not None:
        found = [one for one in found if one.external_customer_id == external]
    return _listing(call, found, _show_customer)


def create_customer(world: World, call: Call) -> Answer:
    """Make a customer."""
    body = _body(call, "customer")
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise _refuse(422, "Name can't be blank")
    external = body.get("external_customer_id")
    customer = Customer(
        id=_uuid(world),
        order=world.account.next_order(),
        name=name,
        external_customer_id=None if external is None else str(external),
        created_at=call.now,
        updated_at=call.now,
    )
    world.account.customers[customer.id] = customer
    return Answer(201, {"data": _show_customer(customer)})


def customer(world: World, call: Call) -> Answer:
    """Show a customer."""
    return Answer(200, {"data": _show_customer(_customer(world, call))})


def update_customer(world: World, call: Call) -> Answer:
    """Change a customer."""
    found, body = _customer(world, call), _body(call, "customer")
    changed = replace(
        found,
        name=str(body.get("name", found.name)),
        external_customer_id=str(body["external_customer_id"])
        if "external_customer_id" in body
        else found.external_customer_id,
        updated_at=call.now,
    )
    world.account.customers[found.id] = changed
    return Answer(200, {"data": _show_customer(changed)})


def delete_customer(world: World, call: Call) -> Answer:
    """Forget a customer."""
    del world.account.customers[_customer(world, call).id]
    return Answer(204)


def setup_links(world: World, call: Call) -> Answer:
    """List a customer's setup links; the token is not among what is shown."""
    owner = _customer(world, call)
    found = [one for one in world.account.setup_links.values() if one.customer_id == owner.id]
    return _listing(call, found, lambda one: _show_link(world, one, call.now))


def create_setup_link(world: World, call: Call) -> Answer:
    """Make a setup link and revoke the customer's last one; the token is shown here only."""
    owner, body = _customer(world, call), _body(call, "setup_link")
    if unknown := set(body) - set(_LINK_SETTINGS):
        raise _refuse(422, f"Unknown attributes: {', '.join(sorted(unknown))}")
    _check_countries(world, body)
    for one in list(world.account.setup_links.values()):
        if one.customer_id == owner.id and _link_status(one, call.now) == "active":
            world.account.setup_links[one.id] = replace(one, ended="revoked")
    link = SetupLink(
        id=_uuid(world),
        order=world.account.next_order(),
        customer_id=owner.id,
        token=world.account.draw_hex(),
        created_at=call.now,
        expires_at=call.now + timedelta(days=LINK_DAYS),
        settings=_LINK_SETTINGS | body,
    )
    world.account.setup_links[link.id] = link
    shown = _show_link(world, link, call.now)
    url = f"https://app.kapso.ai/whatsapp/setup/{link.token}"
    return Answer(201, {"data": shown | {"token": link.token, "url": url}})


def update_setup_link(world: World, call: Call) -> Answer:
    """Revoke a setup link; nothing else about one can change."""
    owner, body = _customer(world, call), _body(call, "setup_link")
    link = world.account.setup_links.get(call.params["link"])
    if link is None or link.customer_id != owner.id:
        raise _refuse(404, "Setup link not found")
    if body.get("status") != "revoked":
        raise _refuse(422, "Status is not included in the list")
    if link.ended is None:
        link = replace(link, ended="revoked")
        world.account.setup_links[link.id] = link
    return Answer(200, {"data": _show_link(world, link, call.now)})


def phone_numbers(world: World, call: Call) -> Answer:
    """List the connected numbers."""
    found = list(world.account.kapso_numbers.values())
    if (owner := call.asked("customer_id")) is not None:
        found = [one for one in found if one.customer_id == owner]
    if (wanted := call.asked("phone_number_id")) is not None:
        found = [one for one in found if one.id == wanted]
    return _listing(call, found, _show_number)


def phone_number(world: World, call: Call) -> Answer:
    """Show a connected number."""
    return Answer(200, {"data": _show_number(_number(world, call))})


def delete_phone_number(world: World, call: Call) -> Answer:
    """Disconnect a number."""
    del world.account.kapso_numbers[_number(world, call).id]
    return Answer(204)


def webhooks(world: World, call: Call) -> Answer:
    """List the project's webhooks."""
    return _listing(call, list(world.account.webhooks.values()), _show_webhook)


def create_webhook(world: World, call: Call) -> Answer:
    """Keep a webhook."""
    body = _body(call, "whatsapp_webhook")
    url, events = body.get("url"), body.get("events")
    if not isinstance(url, str) or not isinstance(events, list):
        raise _refuse(422, "Url and events are required")
    webhook = Webhook(
        id=_uuid(world),
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
        internal_id=_uuid(world),
        business_account_id=account.draw_digits(15),
        phone_number=phone_number,
        customer_id=customer_id,
        connected_at=now,
    )
    account.kapso_numbers[number.id] = number
    for link in list(account.setup_links.values()):
        if link.customer_id == customer_id and _link_status(link, now) == "active":
            account.setup_links[link.id] = replace(link, ended="used")
    return number


def _check_countries(world: World, body: dict[str, object]) -> None:
    countries = body.get("phone_number_country_isos", ["US"])
    if not isinstance(countries, list) or not all(
        isinstance(one, str) and re.fullmatch(r"[A-Z]{2}", one) for one in countries
    ):
        raise _refuse(422, "Phone number country isos is invalid")
    if set(countries) - {"US"} and not world.options.kapso_custom_twilio:
        raise _refuse(
            422,
            "Custom Twilio credentials are required to set non-US phone_number_country_isos",
        )


def _listing(
    call: Call, items: Sequence[_Item], show: Callable[[_Item], dict[str, object]]
) -> Answer:
    page = _whole(call, "page", 1)
    per_page = min(_whole(call, "per_page", _DEFAULT_PER_PAGE), _MAX_PER_PAGE)
    ordered = sorted(items, key=lambda item: item.order)
    start = (page - 1 + int(call.skip_page)) * per_page
    meta = {
        "page": page,
        "per_page": per_page,
        "total_pages": -(-len(ordered) // per_page),
        "total_count": len(ordered),
    }
    shown = [show(item) for item in ordered[start : start + per_page]]
    return Answer(200, {"data": shown, "meta": meta})


def _whole(call: Call, name: str, default: int) -> int:
    text = call.asked(name) or str(default)
    if not text.isdigit() or int(text) < 1:
        raise _refuse(422, f"{name} is invalid")
    return int(text)


def _show_customer(one: Customer) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "external_customer_id": one.external_customer_id,
        "created_at": _time(one.created_at),
        "updated_at": _time(one.updated_at),
    }


def _show_link(world: World, one: SetupLink, now: datetime) -> dict[str, object]:
    _ = world
    is_used = one.ended == "used"
    return {
        "id": one.id,
        "status": _link_status(one, now),
        "url": None,
        "expires_at": _time(one.expires_at),
        "created_at": _time(one.created_at),
        **one.settings,
        "whatsapp_setup_status": "completed" if is_used else "pending",
        "whatsapp_setup_error": None,
        "provisioned_phone_number": None,
    }


def _show_number(one: KapsoNumber) -> dict[str, object]:
    return {
        "id": one.id,
        "phone_number_id": one.id,
        "internal_id": one.internal_id,
        "business_account_id": one.business_account_id,
        "customer_id": one.customer_id,
        "display_phone_number": display(one.phone_number),
        "display_phone_number_normalized": one.phone_number.removeprefix("+"),
        "status": "CONNECTED",
        "code_verification_status": "VERIFIED",
        "created_at": _time(one.connected_at),
        "updated_at": _time(one.connected_at),
    }


def _show_webhook(one: Webhook) -> dict[str, object]:
    return {
        "id": one.id,
        "url": one.url,
        "events": list(one.events),
        "active": one.active,
        "payload_version": one.payload_version,
        "created_at": _time(one.created_at),
    }


def _link_status(one: SetupLink, now: datetime) -> str:
    return one.ended or ("active" if now < one.expires_at else "expired")


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _uuid(world: World) -> str:
    text = world.account.draw_hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"


def _body(call: Call, root: str) -> dict[str, object]:
    body = (call.json or {}).get(root)
    if not isinstance(body, dict):
        raise _refuse(422, f"param is missing or the value is empty: {root}")
    return body


def _refuse(status: int, message: str) -> Refused:
    return Refused(Answer(status, {"error": message}))


def _customer(world: World, call: Call) -> Customer:
    found = world.account.customers.get(call.params["customer"])
    if found is None:
        raise _refuse(404, "Customer not found")
    return found


def _number(world: World, call: Call) -> KapsoNumber:
    found = world.account.kapso_numbers.get(call.params["number"])
    if found is None:
        raise _refuse(404, "Phone number not found")
    return found


_PATH = "/platform/v1"
_CUSTOMER = _PATH + "/customers/{customer}"
_ROUTES: tuple[Route, ...] = (
    route("GET", f"{_PATH}/customers", customers),
    route("POST", f"{_PATH}/customers", create_customer),
    route("GET", _CUSTOMER, customer),
    route("PATCH", _CUSTOMER, update_customer),
    route("DELETE", _CUSTOMER, delete_customer),
    route("GET", _CUSTOMER + "/setup_links", setup_links),
    route("POST", _CUSTOMER + "/setup_links", create_setup_link),
    route("PATCH", _CUSTOMER + "/setup_links/{link}", update_setup_link),
    route("GET", f"{_PATH}/whatsapp/phone_numbers", phone_numbers),
    route("GET", _PATH + "/whatsapp/phone_numbers/{number}", phone_number),
    route("DELETE", _PATH + "/whatsapp/phone_numbers/{number}", delete_phone_number),
    route("GET", f"{_PATH}/whatsapp/webhooks", webhooks),
    route("POST", f"{_PATH}/whatsapp/webhooks", create_webhook),
)

KAPSO = Vendor(
    name="kapso",
    owns=re.compile(r"/platform/v1(/|$)"),
    routes=_ROUTES,
    authenticate=authenticate,
    failure=failure,
)
