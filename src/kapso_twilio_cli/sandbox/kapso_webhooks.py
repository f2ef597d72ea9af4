"""The project webhooks of Kapso: registered, changed, deleted. `kapso_events` sends to them.

reference/kapso.md §3 lists GET and POST alone. A webhook by its id (GET, PATCH, DELETE) mirrors
what Kapso documents for the webhooks of one phone number.
"""

from __future__ import annotations

from dataclasses import asdict

import msgspec

from .kapso_http import listing, new_uuid, read_body, refuse, show_time
from .state import Webhook
from .wire import Answer, Call
from .world import Route, World, route

PAYLOAD_VERSIONS = ("v1", "v2")
_SETTINGS = ("url", "secret_key", "events", "active", "payload_version")


def webhooks(world: World, call: Call) -> Answer:
    """List the project's webhooks."""
    return listing(call, list(world.account.webhooks.values()), _show)


def webhook(world: World, call: Call) -> Answer:
    """Show a webhook."""
    return Answer(200, {"data": _show(_find(world, call))})


def create_webhook(world: World, call: Call) -> Answer:
    """Keep a webhook."""
    body = read_body(call, "whatsapp_webhook")
    if "url" not in body or "events" not in body:
        raise refuse(422, "Url and events are required")
    blank = Webhook(
        id=new_uuid(world),
        order=world.account.next_order(),
        url="",
        secret_key=world.account.credentials.kapso_webhook_secret,
        events=(),
        active=True,
        payload_version="v2",
        created_at=call.now,
    )
    return Answer(201, {"data": _show(_keep(world, blank, body))})


def update_webhook(world: World, call: Call) -> Answer:
    """Change what the body names of a webhook, and leave the rest."""
    found, body = _find(world, call), read_body(call, "whatsapp_webhook")
    return Answer(200, {"data": _show(_keep(world, found, body))})


def delete_webhook(world: World, call: Call) -> Answer:
    """Forget a webhook."""
    del world.account.webhooks[_find(world, call).id]
    return Answer(204)


def _keep(world: World, old: Webhook, body: dict[str, object]) -> Webhook:
    """Put a new or changed webhook into the account; what makes no sense is 422."""
    named = {name: body[name] for name in _SETTINGS if body.get(name) is not None}
    try:
        changed = msgspec.convert(asdict(old) | named, Webhook)
    except msgspec.ValidationError as error:
        raise refuse(422, str(error)) from error
    if "payload_version" in named and changed.payload_version not in PAYLOAD_VERSIONS:
        raise refuse(422, "Payload version is not included in the list")
    world.account.webhooks[changed.id] = changed
    return changed


def _show(one: Webhook) -> dict[str, object]:
    return {
        "id": one.id,
        "url": one.url,
        "events": list(one.events),
        "active": one.active,
        "payload_version": one.payload_version,
        "created_at": show_time(one.created_at),
    }


def _find(world: World, call: Call) -> Webhook:
    found = world.account.webhooks.get(call.params["webhook"])
    if found is None:
        raise refuse(404, "Webhook not found")
    return found


_PATH = "/platform/v1/whatsapp/webhooks"
_WEBHOOK = _PATH + "/{webhook}"
ROUTES: tuple[Route, ...] = (
    route("GET", _PATH, webhooks),
    route("POST", _PATH, create_webhook),
    route("GET", _WEBHOOK, webhook),
    route("PATCH", _WEBHOOK, update_webhook),
    route("DELETE", _WEBHOOK, delete_webhook),
)
