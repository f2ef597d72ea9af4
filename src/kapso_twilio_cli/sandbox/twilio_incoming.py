"""Twilio's owned numbers: buy, list, read, change, release."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from .catalogue import Country, Offer
from .countries import COUNTRIES
from .formats import national, parse_possible
from .state import OwnedNumber
from .twilio_compliance import check_paperwork
from .twilio_http import listing, not_found, refuse, rfc2822
from .twilio_search import search
from .wire import Answer, Call
from .world import Route, World, route

MAX_FRIENDLY_NAME = 64

# Form name to answer field, for all that is kept as it was sent.
_SETTINGS = {
    "SmsApplicationSid": "sms_application_sid",
    "SmsFallbackMethod": "sms_fallback_method",
    "SmsFallbackUrl": "sms_fallback_url",
    "SmsMethod": "sms_method",
    "SmsUrl": "sms_url",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "VoiceApplicationSid": "voice_application_sid",
    "VoiceFallbackMethod": "voice_fallback_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceMethod": "voice_method",
    "VoiceReceiveMode": "voice_receive_mode",
    "VoiceUrl": "voice_url",
    "TrunkSid": "trunk_sid",
    "IdentitySid": "identity_sid",
    "AddressSid": "address_sid",
    "BundleSid": "bundle_sid",
    "EmergencyStatus": "emergency_status",
    "EmergencyAddressSid": "emergency_address_sid",
}


def create(world: World, call: Call) -> Answer:
    """Buy a number, or update it when the account has it already (201 both times)."""
    name = _friendly_name(call)
    phone_number = call.sent("PhoneNumber")
    if phone_number is None:
        phone_number = _by_area_code(world, call)
    if parse_possible(phone_number) != phone_number:
        raise refuse(21421, f"PhoneNumber {phone_number} is not a valid phone number")
    owned = world.account.owned_by_number(phone_number)
    if owned is not None:
        return Answer(201, show(world, _change(world, call, owned, name)))
    sold_as = world.offer_of(phone_number)
    if (
        sold_as is None
        or phone_number in world.account.sold
        or not world.stock(sold_as[1]).holds(phone_number)
    ):
        raise refuse(21422, f"The phone number you have provided, {phone_number}, is not available")
    check_paperwork(sold_as[1], call.sent("BundleSid"), call.sent("AddressSid"))
    return Answer(201, show(world, buy(world, call, phone_number, sold_as, name)))


def buy(
    world: World,
    call: Call,
    phone_number: str,
    sold_as: tuple[Country, Offer] | None,
    friendly_name: str | None,
) -> OwnedNumber:
    """Put a number into the account and on the bill; `sold_as` is None outside the catalogue."""
    account = world.account
    offer = sold_as[1] if sold_as else None
    number = OwnedNumber(
        sid=account.draw_sid("PN"),
        order=account.next_order(),
        phone_number=phone_number,
        friendly_name=friendly_name or national(phone_number),
        country=offer.country if offer else "",
        number_type=offer.number_type if offer else "local",
        sms=offer.sms if offer else True,
        mms=offer.mms if offer else False,
        address_requirement=offer.address_requirement if offer else "none",
        monthly_price=str(offer.monthly_price) if offer else "1.00",
        created_at=call.now,
        updated_at=call.now,
        listed_at=call.now + timedelta(milliseconds=call.lag_ms),
        settings=_settings(call),
    )
    account.keep(number)
    account.bill("purchase", number, call.now)
    return number


def owned(world: World, call: Call) -> Answer:
    """List owned numbers; `PhoneNumber` matches parts and wildcards, `FriendlyName` exactly."""
    young = call.now - timedelta(milliseconds=call.lag_ms)
    numbers = [
        number
        for number in world.account.owned.values()
        if number.listed_at <= call.now and (not call.lag_ms or number.created_at <= young)
    ]
    if (name := call.asked("FriendlyName")) is not None:
        numbers = [number for number in numbers if number.friendly_name == name]
    if (text := call.asked("PhoneNumber")) is not None:
        pattern = re.compile(re.escape(text).replace(r"\*", "[0-9]").replace("%", "[0-9]"))
        numbers = [number for number in numbers if pattern.search(number.phone_number)]
    return listing(call, "incoming_phone_numbers", numbers, lambda number: show(world, number))


def read(world: World, call: Call) -> Answer:
    """Show one owned number."""
    return Answer(200, show(world, _find(world, call)))


def update(world: World, call: Call) -> Answer:
    """Change an owned number."""
    name = _friendly_name(call)
    return Answer(200, show(world, _change(world, call, _find(world, call), name)))


def release(world: World, call: Call) -> Answer:
    """Give a number back; one with an emergency address has to be freed of it first."""
    number = _find(world, call)
    if _has_emergency_address(number):
        # Twilio names no code for this; the rule is in its prose.
        raise refuse(20001, "Remove the emergency address before releasing this number")
    world.account.let_go(number, call.now)
    return Answer(204)


def show(world: World, number: OwnedNumber) -> dict[str, object]:
    """Write an owned number as Twilio does."""
    sid = world.account.credentials.account_sid
    emergency = _has_emergency_address(number)
    return {
        "account_sid": sid,
        "address_sid": None,
        "address_requirements": number.address_requirement,
        "api_version": "2010-04-01",
        "beta": False,
        "bundle_sid": None,
        "capabilities": {"voice": True, "sms": number.sms, "mms": number.mms, "fax": False},
        "date_created": rfc2822(number.created_at),
        "date_updated": rfc2822(number.updated_at),
        "emergency_address_sid": None,
        "emergency_address_status": "registered" if emergency else "unregistered",
        "emergency_status": "Active" if emergency else "Inactive",
        "friendly_name": number.friendly_name,
        "identity_sid": None,
        "origin": "twilio",
        "phone_number": number.phone_number,
        "sid": number.sid,
        "sms_application_sid": "",
        "sms_fallback_method": "POST",
        "sms_fallback_url": "",
        "sms_method": "POST",
        "sms_url": "",
        "status": "in-use",
        "status_callback": "",
        "status_callback_method": "POST",
        "trunk_sid": None,
        "type": number.number_type,
        "uri": f"/2010-04-01/Accounts/{sid}/IncomingPhoneNumbers/{number.sid}.json",
        "voice_application_sid": "",
        "voice_caller_id_lookup": False,
        "voice_fallback_method": "POST",
        "voice_fallback_url": "",
        "voice_method": "POST",
        "voice_receive_mode": "voice",
        "voice_url": "",
        **number.settings,
    }


def _has_emergency_address(number: OwnedNumber) -> bool:
    settings = number.settings
    return bool(
        settings.get("emergency_address_sid") and settings.get("emergency_status") != "Inactive"
    )


def _change(world: World, call: Call, number: OwnedNumber, name: str | None) -> OwnedNumber:
    changed = replace(
        number,
        friendly_name=name or number.friendly_name,
        updated_at=call.now,
        settings=number.settings | _settings(call),
    )
    world.account.keep(changed)
    return changed


def _settings(call: Call) -> dict[str, str]:
    sent = ((field, call.sent(name)) for name, field in _SETTINGS.items())
    return {field: value for field, value in sent if value is not None}


def _friendly_name(call: Call) -> str | None:
    name = call.sent("FriendlyName")
    if name is not None and not 1 <= len(name) <= MAX_FRIENDLY_NAME:
        raise refuse(20002, "FriendlyName must be between 1 and 64 characters")
    return name


def _by_area_code(world: World, call: Call) -> str:
    code = call.sent("AreaCode")
    if code is None:
        raise refuse(21450, "PhoneNumber or AreaCode is required")
    if re.fullmatch(r"[2-9]\d{2}", code) is None:
        raise refuse(21451, f"AreaCode {code} is not valid")
    for country in ("US", "CA"):
        offer = COUNTRIES[country].offer("local")
        if offer is not None and (numbers := search(world, call, offer, 1)):
            return numbers[0]
    raise refuse(21452, f"No phone numbers found in area code {code}")


def _find(world: World, call: Call) -> OwnedNumber:
    number = world.account.owned.get(call.params["sid"])
    if number is None:
        raise not_found(call)
    return number


_PATH = "/2010-04-01/Accounts/{account}/IncomingPhoneNumbers"
ROUTES: tuple[Route, ...] = (
    route("GET", f"{_PATH}.json", owned),
    route("POST", f"{_PATH}.json", create),
    route("GET", _PATH + "/{sid}.json", read),
    route("POST", _PATH + "/{sid}.json", update),
    route("DELETE", _PATH + "/{sid}.json", release),
)
