"""The kinds of call that the program makes: each has a name, and rows in the fault matrix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

TWILIO = r"/2010-04-01/Accounts/AC[0-9a-f]{32}"
PAPERS = r"/v2/RegulatoryCompliance"
KAPSO = r"/platform/v1"
META = r"/v\d+\.\d+/\d+"


@dataclass(frozen=True)
class Kind:
    """One kind of call: a method, and a path without its query."""

    method: str
    path: str
    query: str | None = None
    """A regular expression that the query holds; None says nothing."""
    lists: bool = False
    """Its answer has pages, and may lag behind."""

    @property
    def is_read(self) -> bool:
        """Whether it may be repeated."""
        return self.method == "GET"

    def is_of(self, request: str) -> bool:
        """Whether this request, `METHOD path?query`, is one of the kind."""
        method, _, target = request.partition(" ")
        path, _, query = target.partition("?")
        meant = method == self.method and re.fullmatch(self.path, path) is not None
        return meant and (self.query is None or re.search(self.query, query) is not None)


KINDS: Mapping[str, Kind] = {
    "look a number up": Kind(
        "GET", rf"{TWILIO}/IncomingPhoneNumbers\.json", r"(^|&)PhoneNumber=", lists=True
    ),
    "look a label up": Kind(
        "GET", rf"{TWILIO}/IncomingPhoneNumbers\.json", r"(^|&)FriendlyName=", lists=True
    ),
    "list the numbers": Kind(
        "GET", rf"{TWILIO}/IncomingPhoneNumbers\.json", r"^PageSize=", lists=True
    ),
    "buy": Kind("POST", rf"{TWILIO}/IncomingPhoneNumbers\.json"),
    "read a number": Kind("GET", rf"{TWILIO}/IncomingPhoneNumbers/PN[0-9a-f]{{32}}\.json"),
    "name a number": Kind("POST", rf"{TWILIO}/IncomingPhoneNumbers/PN[0-9a-f]{{32}}\.json"),
    "release a number": Kind("DELETE", rf"{TWILIO}/IncomingPhoneNumbers/PN[0-9a-f]{{32}}\.json"),
    "balance": Kind("GET", rf"{TWILIO}/Balance\.json"),
    "address": Kind("GET", rf"{TWILIO}/Addresses/AD[0-9a-f]{{32}}\.json"),
    "regulations": Kind("GET", rf"{PAPERS}/Regulations"),
    "regulation": Kind("GET", rf"{PAPERS}/Regulations/RN[0-9a-f]{{32}}"),
    "bundle": Kind("GET", rf"{PAPERS}/Bundles/BU[0-9a-f]{{32}}"),
    "items of a bundle": Kind("GET", rf"{PAPERS}/Bundles/BU[0-9a-f]{{32}}/ItemAssignments"),
    "document": Kind("GET", rf"{PAPERS}/SupportingDocuments/RD[0-9a-f]{{32}}"),
    "types on sale": Kind("GET", rf"{TWILIO}/AvailablePhoneNumbers/[A-Z]{{2}}\.json"),
    "search": Kind("GET", rf"{TWILIO}/AvailablePhoneNumbers/[A-Z]{{2}}/[A-Za-z]+\.json"),
    "price": Kind("GET", r"/v1/PhoneNumbers/Countries/[A-Z]{2}"),
    "messages": Kind("GET", rf"{TWILIO}/Messages\.json", lists=True),
    "calls": Kind("GET", rf"{TWILIO}/Calls\.json", lists=True),
    "recordings": Kind("GET", rf"{TWILIO}/Recordings\.json", lists=True),
    "transcriptions": Kind("GET", rf"{TWILIO}/Transcriptions\.json", lists=True),
    "Meta: list": Kind("GET", rf"{META}/preverified_numbers", lists=True),
    "Meta: add": Kind("POST", rf"{META}/add_phone_numbers"),
    "Meta: request_code": Kind("POST", rf"{META}/request_code"),
    "Meta: verify_code": Kind("POST", rf"{META}/verify_code"),
    "Meta: read": Kind("GET", META),
    "Meta: delete": Kind("DELETE", META),
    "Kapso: list": Kind("GET", rf"{KAPSO}/whatsapp/phone_numbers", lists=True),
    "Kapso: number": Kind("GET", rf"{KAPSO}/whatsapp/phone_numbers/\d+"),
    "Kapso: customer": Kind("GET", rf"{KAPSO}/customers/[0-9a-f-]{{36}}"),
    "Kapso: links": Kind("GET", rf"{KAPSO}/customers/[0-9a-f-]{{36}}/setup_links", lists=True),
    "Kapso: webhooks": Kind("GET", rf"{KAPSO}/whatsapp/webhooks", lists=True),
    "Kapso: make a webhook": Kind("POST", rf"{KAPSO}/whatsapp/webhooks"),
    "Kapso: change a webhook": Kind("PATCH", rf"{KAPSO}/whatsapp/webhooks/[0-9a-f-]{{36}}"),
    "Kapso: make a link": Kind("POST", rf"{KAPSO}/customers/[0-9a-f-]{{36}}/setup_links"),
    "Kapso: revoke a link": Kind(
        "PATCH", rf"{KAPSO}/customers/[0-9a-f-]{{36}}/setup_links/[0-9a-f-]{{36}}"
    ),
}


def kind_of(request: str) -> str | None:
    """The name of a request's kind; None where there is none."""
    return next((name for name, kind in KINDS.items() if kind.is_of(request)), None)


def kinds_in(requests: Iterable[str]) -> dict[str, int]:
    """The kinds that were sent, each with how many requests of its method and path came before."""
    found: dict[str, int] = {}
    earlier: list[str] = []
    for request in requests:
        name = kind_of(request)
        assert name is not None, f"the fault matrix knows no such call: {request}"
        kind = KINDS[name]
        found.setdefault(name, sum(_meets(kind, one) for one in earlier))
        earlier.append(request)
    return found


def _meets(kind: Kind, request: str) -> bool:
    method, _, target = request.partition(" ")
    return method == kind.method and re.fullmatch(kind.path, target.partition("?")[0]) is not None
