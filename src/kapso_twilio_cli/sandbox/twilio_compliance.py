"""Twilio's paperwork: bundles, regulations, assignments, documents, and the check at purchase."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from .catalogue import (
    BUNDLE_KINDS,
    BundleKind,
    NumberType,
    Offer,
    address_sid,
    bundle_sid,
    document_sid,
    read_sid,
    regulation_sid,
)
from .countries import COUNTRIES
from .twilio_account import is_address
from .twilio_http import iso8601, meta_listing, not_found, refuse
from .wire import Answer, Call
from .world import Route, World, route

_VALID_DAYS = 365
_OTHER_ACCOUNT = "AC" + "f" * 32


@dataclass(frozen=True, slots=True)
class Bundle:
    """One well-known bundle."""

    sid: str
    country: str
    number_type: NumberType
    kind: BundleKind

    @property
    def is_good(self) -> bool:
        """Tell whether Twilio takes it for a purchase."""
        return self.kind == "approved"


@dataclass(frozen=True, slots=True)
class _Row:
    """A fixed thing in a listing."""

    order: int
    sid: str


def check_paperwork(offer: Offer, bundle: str | None, address: str | None) -> None:
    """Refuse a purchase for the first thing that is missing, in the order Twilio looks."""
    _check_address(offer, address)
    known = find_bundle(bundle) if bundle else None
    if (offer.needs_bundle or bundle) and (
        known is None
        or not known.is_good
        or (known.country, known.number_type) != (offer.country, offer.number_type)
    ):
        raise refuse(
            21649,
            f"Bundle required: '{bundle or ''}' is not an approved bundle for "
            f"{offer.country} {offer.number_type} numbers",
        )
    if known is not None and address is not None and address != address_sid(offer.country):
        raise refuse(21651, f"Address {address} is not contained in bundle {known.sid}")


def _check_address(offer: Offer, address: str | None) -> None:
    if address is None:
        if offer.address_requirement != "none":
            raise refuse(21631, f"Phone Number Requires an Address: {offer.address_requirement}")
        return
    if not is_address(address):
        raise refuse(21628, f"Address {address} was not found in this account")
    at_home = (read_sid(address) or ("",))[0] == offer.country
    if offer.address_requirement == "local" and not at_home:
        raise refuse(21615, f"Phone Number Requires a Local Address in {offer.country}")
    if offer.address_requirement == "foreign" and at_home:
        raise refuse(21613, f"Phone Number Requires an Address outside of {offer.country}")


def find_bundle(sid: str) -> Bundle | None:
    """Give the well-known bundle of that SID."""
    known = read_sid(sid)
    if not sid.startswith("BU") or known is None:
        return None
    country, number_type, last = known
    if country not in COUNTRIES or number_type is None or not 1 <= last <= len(BUNDLE_KINDS):
        return None
    return Bundle(sid, country, number_type, BUNDLE_KINDS[last - 1])


def bundle(world: World, call: Call) -> Answer:
    """Show one bundle."""
    return Answer(200, _show_bundle(world, call, _bundle(call)))


def bundles(world: World, call: Call) -> Answer:
    """List the bundles of this account, filtered by status, country, type and regulation."""
    known = [
        one
        for country in COUNTRIES.values()
        for offer in country.offers
        for kind in BUNDLE_KINDS
        if kind != "other-account"
        and (one := find_bundle(bundle_sid(country.iso, offer.number_type, kind))) is not None
        and call.asked("Status") in {None, _status(one)}
        and call.asked("IsoCountry") in {None, country.iso}
        and call.asked("NumberType") in {None, offer.number_type}
        and call.asked("RegulationSid") in {None, _regulation_of(one)}
    ]
    rows = [_Row(order, one.sid) for order, one in enumerate(known)]
    by_sid = {one.sid: one for one in known}
    return meta_listing(call, rows, lambda row: _show_bundle(world, call, by_sid[row.sid]))


def regulations(_world: World, call: Call) -> Answer:
    """List the regulations that apply: none where a number is sold without paperwork."""
    rows = [
        _Row(order, regulation_sid(country.iso, offer.number_type))
        for order, (country, offer) in enumerate(
            (country, offer) for country in COUNTRIES.values() for offer in country.offers
        )
        if offer.needs_bundle
        and call.asked("IsoCountry") in {None, country.iso}
        and call.asked("NumberType") in {None, offer.number_type}
        and call.asked("EndUserType") in {None, "business"}
    ]
    return meta_listing(call, rows, lambda row: _show_regulation(call, row.sid))


def regulation(_world: World, call: Call) -> Answer:
    """Show one regulation."""
    known = read_sid(call.params["sid"])
    if known is None or known[0] not in COUNTRIES or known[1] is None:
        raise not_found(call)
    return Answer(200, _show_regulation(call, call.params["sid"]))


def item_assignments(world: World, call: Call) -> Answer:
    """List what a bundle holds: the document that names its address, and the address."""
    found = _bundle(call)
    rows = [_Row(2, document_sid(found.country)), _Row(1, address_sid(found.country))]

    def show(row: _Row) -> dict[str, object]:
        sid = f"BV{row.sid[2:6]}{row.order:028d}"
        return {
            "sid": sid,
            "bundle_sid": found.sid,
            "account_sid": _account_sid(world, found),
            "object_sid": row.sid,
            "date_created": iso8601(world.account.started_at),
            "url": f"{call.base_url}{call.path}/{sid}",
        }

    return meta_listing(call, rows, show)


def supporting_document(world: World, call: Call) -> Answer:
    """Show the document that holds a country's address."""
    sid = call.params["sid"]
    known = read_sid(sid)
    if known is None or known[0] not in COUNTRIES or sid != document_sid(known[0]):
        raise not_found(call)
    started = iso8601(world.account.started_at)
    return Answer(
        200,
        {
            "sid": sid,
            "account_sid": world.account.credentials.account_sid,
            "friendly_name": f"{known[0]} proof of address",
            "mime_type": None,
            "status": "approved",
            "failure_reason": None,
            "errors": None,
            "type": "business_address",
            "attributes": {"address_sids": [address_sid(known[0])]},
            "date_created": started,
            "date_updated": started,
            "url": f"{call.base_url}{call.path}",
        },
    )


def _bundle(call: Call) -> Bundle:
    found = find_bundle(call.params["sid"])
    if found is None:
        raise not_found(call)
    return found


def _regulation_of(one: Bundle) -> str:
    return regulation_sid(one.country, one.number_type)


def _status(one: Bundle) -> str:
    approved = {"approved", "expired", "other-account"}
    return "twilio-approved" if one.kind in approved else one.kind


def _account_sid(world: World, one: Bundle) -> str:
    mine = world.account.credentials.account_sid
    return _OTHER_ACCOUNT if one.kind == "other-account" else mine


def _show_bundle(world: World, call: Call, one: Bundle) -> dict[str, object]:
    started = world.account.started_at
    days = -1 if one.kind == "expired" else _VALID_DAYS
    url = f"{call.base_url}/v2/RegulatoryCompliance/Bundles/{one.sid}"
    return {
        "sid": one.sid,
        "account_sid": _account_sid(world, one),
        "regulation_sid": _regulation_of(one),
        "friendly_name": f"{one.country} {one.number_type} ({one.kind})",
        "status": _status(one),
        "valid_until": iso8601(started + timedelta(days=days)),
        "email": "compliance@example.com",
        "status_callback": None,
        "date_created": iso8601(started),
        "date_updated": iso8601(started),
        "url": url,
        "links": {
            "evaluations": f"{url}/Evaluations",
            "item_assignments": f"{url}/ItemAssignments",
            "bundle_copies": f"{url}/Copies",
        },
    }


def _show_regulation(call: Call, sid: str) -> dict[str, object]:
    country, number_type, _ = read_sid(sid) or ("", None, 0)
    return {
        "sid": sid,
        "friendly_name": f"{country}: {number_type} - Business",
        "iso_country": country,
        "number_type": number_type,
        "end_user_type": "business",
        "requirements": {"end_user": [], "supporting_document": [[]]},
        "url": f"{call.base_url}/v2/RegulatoryCompliance/Regulations/{sid}",
    }


_PATH = "/v2/RegulatoryCompliance"
ROUTES: tuple[Route, ...] = (
    route("GET", f"{_PATH}/Bundles", bundles),
    route("GET", _PATH + "/Bundles/{sid}", bundle),
    route("GET", _PATH + "/Bundles/{sid}/ItemAssignments", item_assignments),
    route("GET", f"{_PATH}/Regulations", regulations),
    route("GET", _PATH + "/Regulations/{sid}", regulation),
    route("GET", _PATH + "/SupportingDocuments/{sid}", supporting_document),
)
