"""Twilio's numbers on sale: countries, types, and one unpaged sample per search."""

from __future__ import annotations

import re

from .catalogue import PATH_NAMES, SUBRESOURCE_KEYS, Country, Offer
from .countries import COUNTRIES
from .formats import national
from .stock import SAMPLE_LIMIT
from .twilio_http import not_found, page_size, refuse
from .wire import Answer, Call
from .world import Route, World, route


def countries(world: World, call: Call) -> Answer:
    """List every country in which something is sold."""
    base = _base(world)
    shown = [_country(base, country) for country in COUNTRIES.values()]
    return Answer(200, {"countries": shown, "uri": call.path})


def country(world: World, call: Call) -> Answer:
    """Show one country; a type without a subresource URI is not sold there."""
    return Answer(200, _country(_base(world), _known(call)))


def numbers(world: World, call: Call) -> Answer:
    """Show a fresh sample of at most 30 unsold numbers that match the filters."""
    found = _known(call)
    offer = found.offer(PATH_NAMES.get(call.params["type"], ""))
    if offer is None:
        raise not_found(call)
    limit = min(page_size(call), SAMPLE_LIMIT)
    sample = search(world, call, offer, limit)
    return Answer(
        200,
        {
            "available_phone_numbers": [_number(world, offer, number) for number in sample],
            "uri": call.target,
        },
    )


def search(world: World, call: Call, offer: Offer, limit: int) -> list[str]:
    """Draw numbers that match the call's filters, for a search or a purchase by area code."""
    if not _fits(call, offer):
        return []
    contains = _contains(call.asked("Contains"))
    area_code = call.asked("AreaCode") or call.sent("AreaCode")
    stock = world.stock(offer)

    def wanted(number: str) -> bool:
        if contains is not None and contains.search(number) is None:
            return False
        if offer.country not in {"US", "CA"}:
            return True  # Elsewhere Twilio ignores where a number is asked to lie.
        area = stock.area_of(number)
        return area is not None and (
            (area_code is None or number[2:5] == area_code)
            and call.asked("InRegion") in {None, area.region}
            and call.asked("InLocality") in {None, area.locality}
        )

    return stock.sample(limit, sold=world.account.sold, wanted=wanted, places=world.places())


def _fits(call: Call, offer: Offer) -> bool:
    """Check what is the same for all numbers of an offer: capabilities and addresses."""
    has = {"SmsEnabled": offer.sms, "MmsEnabled": offer.mms, "VoiceEnabled": True}
    has["FaxEnabled"] = False
    if any(_is_true(call, name) and not able for name, able in has.items()):
        return False
    refused = {
        "ExcludeAllAddressRequired": offer.address_requirement != "none",
        "ExcludeLocalAddressRequired": offer.address_requirement == "local",
        "ExcludeForeignAddressRequired": offer.address_requirement == "foreign",
    }
    return not any(_is_true(call, name) and applies for name, applies in refused.items())


def _is_true(call: Call, name: str) -> bool:
    return (call.asked(name) or "").lower() == "true"


def _contains(text: str | None) -> re.Pattern[str] | None:
    """Read a pattern: digits, `*` or `%` for any one digit, `+` or `^` start, `$` end."""
    if text is None:
        return None
    if not 2 <= len(text) <= 16:
        raise refuse(21402, "Contains must be 2 to 16 characters")
    anchored = re.escape(text).replace(r"\*", r"\d").replace("%", r"\d").replace(r"\$", "$")
    return re.compile(anchored.replace(r"\^", r"^\+"))


def _number(world: World, offer: Offer, phone_number: str) -> dict[str, object]:
    area = world.stock(offer).area_of(phone_number)
    return {
        "friendly_name": national(phone_number),
        "phone_number": phone_number,
        "lata": None,
        "rate_center": None,
        "latitude": None,
        "longitude": None,
        "locality": area.locality if area else None,
        "region": area.region if area else None,
        "postal_code": None,
        "iso_country": offer.country,
        "address_requirements": offer.address_requirement,
        "beta": False,
        # Upper case here, lower case in owned numbers: that is how the live API answers.
        "capabilities": {"voice": True, "SMS": offer.sms, "MMS": offer.mms},
    }


def _country(base: str, country: Country) -> dict[str, object]:
    uris = {
        SUBRESOURCE_KEYS[number_type]: f"{base}/{country.iso}/{name}.json"
        for name, number_type in PATH_NAMES.items()
        if country.offer(number_type) is not None
    }
    return {
        "country_code": country.iso,
        "country": country.name,
        "uri": f"{base}/{country.iso}.json",
        "beta": False,
        "subresource_uris": uris,
    }


def _known(call: Call) -> Country:
    found = COUNTRIES.get(call.params["country"])
    if found is None:
        raise not_found(call)
    return found


def _base(world: World) -> str:
    sid = world.account.credentials.account_sid
    return f"/2010-04-01/Accounts/{sid}/AvailablePhoneNumbers"


_PATH = "/2010-04-01/Accounts/{account}/AvailablePhoneNumbers"
ROUTES: tuple[Route, ...] = (
    route("GET", f"{_PATH}.json", countries),
    route("GET", _PATH + "/{country}.json", country),
    route("GET", _PATH + "/{country}/{type}.json", numbers),
)
