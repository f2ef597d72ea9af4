"""Twilio's prices: strings, and `toll free` written with a space."""

from __future__ import annotations

from .countries import COUNTRIES
from .twilio_http import not_found
from .wire import Answer, Call
from .world import Route, World, route


def country(_world: World, call: Call) -> Answer:
    """Show what a month of each type costs in one country."""
    found = COUNTRIES.get(call.params["country"])
    if found is None:
        raise not_found(call)
    return Answer(
        200,
        {
            "country": found.name,
            "iso_country": found.iso,
            "phone_number_prices": [
                {
                    "number_type": offer.number_type.replace("-", " "),
                    "base_price": str(offer.monthly_price),
                    "current_price": str(offer.monthly_price),
                }
                for offer in found.offers
            ],
            "price_unit": "USD",
            "url": f"{call.base_url}{call.path}",
        },
    )


ROUTES: tuple[Route, ...] = (route("GET", "/v1/PhoneNumbers/Countries/{country}", country),)
