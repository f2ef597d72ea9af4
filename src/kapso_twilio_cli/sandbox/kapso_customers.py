"""Kapso's customers and their setup links."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from ..domain.phone_number import PhoneNumber, region_of
from .formats import area_code, dial_code, international
from .kapso_http import listing, new_uuid, read_body, refuse, show_time
from .state import Customer, Provisioned, SetupLink
from .wire import Answer, Call
from .world import Route, World, route

LINK_DAYS = 30
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


def customers(world: World, call: Call) -> Answer:
    """List the project's customers."""
    found = list(world.account.customers.values())
    if (external := call.asked("external_customer_id")) is not None:
        found = [one for one in found if one.external_customer_id == external]
    return listing(call, found, _show_customer)


def create_customer(world: World, call: Call) -> Answer:
    """Make a customer."""
    body = read_body(call, "customer")
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise refuse(422, "Name can't be blank")
    external = body.get("external_customer_id")
    customer = Customer(
        id=new_uuid(world),
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
    found, body = _customer(world, call), read_body(call, "customer")
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
    return listing(call, found, lambda one: show_link(one, call.now))


def create_setup_link(world: World, call: Call) -> Answer:
    """Make a setup link and revoke the customer's last one; the token is shown here only."""
    owner, body = _customer(world, call), read_body(call, "setup_link")
    if unknown := set(body) - set(_LINK_SETTINGS):
        raise refuse(422, f"Unknown attributes: {', '.join(sorted(unknown))}")
    _check_countries(world, body)
    for one in list(world.account.setup_links.values()):
        if one.customer_id == owner.id and _link_status(one, call.now) == "active":
            world.account.setup_links[one.id] = replace(one, ended="revoked")
    link = SetupLink(
        id=new_uuid(world),
        order=world.account.next_order(),
        customer_id=owner.id,
        token=world.account.draw_hex(),
        created_at=call.now,
        expires_at=call.now + timedelta(days=LINK_DAYS),
        settings=_LINK_SETTINGS | body,
    )
    world.account.setup_links[link.id] = link
    shown = show_link(link, call.now)
    url = f"https://app.kapso.ai/whatsapp/setup/{link.token}"
    return Answer(201, {"data": shown | {"token": link.token, "url": url}})


def update_setup_link(world: World, call: Call) -> Answer:
    """Revoke a setup link; nothing else about one can change."""
    owner, body = _customer(world, call), read_body(call, "setup_link")
    link = world.account.setup_links.get(call.params["link"])
    if link is None or link.customer_id != owner.id:
        raise refuse(404, "Setup link not found")
    if body.get("status") != "revoked":
        raise refuse(422, "Status is not included in the list")
    if link.ended is None:
        link = replace(link, ended="revoked")
        world.account.setup_links[link.id] = link
    return Answer(200, {"data": show_link(link, call.now)})


def use_links(world: World, customer_id: str | None, now: datetime) -> None:
    """Mark a customer's active link as used: its onboarding is finished."""
    for link in list(world.account.setup_links.values()):
        if link.customer_id == customer_id and _link_status(link, now) == "active":
            world.account.setup_links[link.id] = replace(
                link, ended="used", setup_status="completed", setup_error=None
            )


def _check_countries(world: World, body: dict[str, object]) -> None:
    countries = body.get("phone_number_country_isos", ["US"])
    if not isinstance(countries, list) or not all(
        isinstance(one, str) and re.fullmatch(r"[A-Z]{2}", one) for one in countries
    ):
        raise refuse(422, "Phone number country isos is invalid")
    if set(countries) - {"US"} and not world.options.kapso_custom_twilio:
        raise refuse(
            422,
            "Custom Twilio credentials are required to set non-US phone_number_country_isos",
        )


def _show_customer(one: Customer) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "external_customer_id": one.external_customer_id,
        "created_at": show_time(one.created_at),
        "updated_at": show_time(one.updated_at),
    }


def show_link(one: SetupLink, now: datetime) -> dict[str, object]:
    """What Kapso shows of a setup link, all but what it shows once."""
    implied = "completed" if one.ended == "used" else "pending"
    return {
        "id": one.id,
        "status": _link_status(one, now),
        "url": None,
        "expires_at": show_time(one.expires_at),
        "created_at": show_time(one.created_at),
        **one.settings,
        "whatsapp_setup_status": one.setup_status or implied,
        "whatsapp_setup_error": one.setup_error,
        "provisioned_phone_number": _show_provisioned(one.provisioned),
    }


def _show_provisioned(one: Provisioned | None) -> dict[str, object] | None:
    if one is None:
        return None
    return {
        "id": one.id,
        "phone_number": one.phone_number,
        "status": "active",
        "country_iso": region_of(PhoneNumber(one.phone_number)),
        "country_dial_code": dial_code(one.phone_number),
        "area_code": area_code(one.phone_number),
        "display_number": international(one.phone_number),
    }


def _link_status(one: SetupLink, now: datetime) -> str:
    return one.ended or ("active" if now < one.expires_at else "expired")


def _customer(world: World, call: Call) -> Customer:
    found = world.account.customers.get(call.params["customer"])
    if found is None:
        raise refuse(404, "Customer not found")
    return found


_PATH = "/platform/v1/customers"
_CUSTOMER = _PATH + "/{customer}"
ROUTES: tuple[Route, ...] = (
    route("GET", _PATH, customers),
    route("POST", _PATH, create_customer),
    route("GET", _CUSTOMER, customer),
    route("PATCH", _CUSTOMER, update_customer),
    route("DELETE", _CUSTOMER, delete_customer),
    route("GET", _CUSTOMER + "/setup_links", setup_links),
    route("POST", _CUSTOMER + "/setup_links", create_setup_link),
    route("PATCH", _CUSTOMER + "/setup_links/{link}", update_setup_link),
)
