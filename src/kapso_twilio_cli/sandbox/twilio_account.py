"""Twilio's account, balance and addresses."""

from __future__ import annotations

from .catalogue import read_sid
from .countries import COUNTRIES
from .twilio_http import error, not_found, rfc2822, uses_key
from .wire import Answer, Call
from .world import Route, World, route

_SUBRESOURCES = {
    "addresses": "Addresses",
    "available_phone_numbers": "AvailablePhoneNumbers",
    "balance": "Balance",
    "calls": "Calls",
    "incoming_phone_numbers": "IncomingPhoneNumbers",
    "messages": "Messages",
    "recordings": "Recordings",
    "transcriptions": "Transcriptions",
}


def account(world: World, call: Call) -> Answer:
    """Show the account to its auth token; an API key may not see it (20003)."""
    if uses_key(world, call):
        return error(401, 20003, "Authenticate")
    credentials = world.account.credentials
    sid = credentials.account_sid
    base = f"/2010-04-01/Accounts/{sid}"
    started = rfc2822(world.account.started_at)
    return Answer(
        200,
        {
            # The real one carries the token too: what prints an account prints a secret.
            "auth_token": credentials.auth_token,
            "date_created": started,
            "date_updated": started,
            "friendly_name": "Sandbox account",
            "owner_account_sid": sid,
            "sid": sid,
            "status": "active",
            "subresource_uris": {key: f"{base}/{name}.json" for key, name in _SUBRESOURCES.items()},
            "type": "Full",
            "uri": f"{base}.json",
        },
    )


def balance(world: World, _call: Call) -> Answer:
    """Show a balance that is always enough."""
    sid = world.account.credentials.account_sid
    return Answer(200, {"account_sid": sid, "balance": "1000.00", "currency": "USD"})


def address(world: World, call: Call) -> Answer:
    """Show one of the well-known addresses."""
    sid = call.params["sid"]
    known = read_sid(sid)
    if not sid.startswith("AD") or known is None or not is_address(sid):
        raise not_found(call)
    country = COUNTRIES[known[0]]
    started = rfc2822(world.account.started_at)
    account_sid = world.account.credentials.account_sid
    return Answer(
        200,
        {
            "account_sid": account_sid,
            "city": "Main City",
            "customer_name": "Sandbox",
            "date_created": started,
            "date_updated": started,
            "emergency_enabled": False,
            "friendly_name": f"{country.name} office",
            "iso_country": country.iso,
            "postal_code": "12345",
            "region": "Main Region",
            "sid": sid,
            "street": "1 Main Street",
            "street_secondary": None,
            "validated": False,
            "verified": False,
            "uri": f"/2010-04-01/Accounts/{account_sid}/Addresses/{sid}.json",
        },
    )


def is_address(sid: str) -> bool:
    """Tell whether the account has this address."""
    known = read_sid(sid)
    return known is not None and known[0] in COUNTRIES and known[1] is None and known[2] in {1, 2}


ROUTES: tuple[Route, ...] = (
    route("GET", "/2010-04-01/Accounts/{account}.json", account),
    route("GET", "/2010-04-01/Accounts/{account}/Balance.json", balance),
    route("GET", "/2010-04-01/Accounts/{account}/Addresses/{sid}.json", address),
)
