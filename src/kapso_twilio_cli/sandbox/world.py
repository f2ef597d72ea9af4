"""The running sandbox as a request handler sees it, and the table of routes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from ..domain.loopback import is_loopback
from .catalogue import DEFAULT_STOCK, Country, Offer
from .countries import COUNTRIES
from .faults import Faults
from .options import CodeMode, SandboxOptions
from .state import Account, Message, PhoneCall, stream
from .stock import Stock, capacity
from .wire import Answer, Call, Pairs


@dataclass(frozen=True, slots=True)
class Recorded:
    """One vendor request, as it came in."""

    method: str
    target: str
    path: str
    query: Pairs
    form: Pairs
    json: object
    at: datetime


@dataclass(frozen=True, slots=True)
class Ringing:
    """A call with a code that a URL on this machine is asked about."""

    call: PhoneCall
    url: str
    code: str
    mode: CodeMode


@dataclass(frozen=True, slots=True)
class Posting:
    """An event of Kapso's on its way to one project webhook."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(repr=False)


@dataclass(slots=True)
class World:
    """State, settings, faults and the log; handlers change it between two awaits, never across."""

    account: Account
    options: SandboxOptions
    faults: Faults = field(default_factory=Faults)
    requests: list[Recorded] = field(default_factory=list)
    searches: int = 0
    code_modes: dict[str, CodeMode] = field(default_factory=dict)
    """How the codes of single numbers come, by phone number, instead of as the options say."""
    came_in: list[Message] = field(default_factory=list)
    """What has just come in by SMS, and is to be told to whom it concerns."""
    ringing: list[Ringing] = field(default_factory=list)
    """The calls that have just begun."""
    postings: list[Posting] = field(default_factory=list)
    """What Kapso has just queued for its project webhooks."""

    def stock(self, offer: Offer) -> Stock:
        """Give the stock of an offer: as many as were asked for and as its areas hold."""
        count = self.options.stock.get(offer.country, DEFAULT_STOCK)
        return Stock(offer, min(count, capacity(offer)))

    def offer_of(self, phone_number: str) -> tuple[Country, Offer] | None:
        """Find what a number would be sold as, whether or not it is in stock."""
        for country in COUNTRIES.values():
            for offer in country.offers:
                if self.stock(offer).area_of(phone_number) is not None:
                    return country, offer
        return None

    def code_mode(self, phone_number: str) -> CodeMode:
        """Tell how the codes of this number come."""
        return self.code_modes.get(phone_number, self.options.code)

    def places(self) -> Iterator[int]:
        """Yield the random places of the next search."""
        self.searches += 1
        return stream(self.account.seed, self.searches)


def on_this_machine(url: str) -> bool:
    """Whether a URL that a vendor is told to call is on loopback: all others are left alone."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and is_loopback(host)


Handler = Callable[[World, Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path; `{name}` in the template matches a path segment."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler


def route(method: str, template: str, handler: Handler) -> Route:
    """Make a route from a template such as `/v1/PhoneNumbers/Countries/{country}`."""
    parts = re.split(r"\{(\w+)\}", template)
    pattern = "".join(
        f"(?P<{part}>[^/]+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts)
    )
    return Route(method, re.compile(pattern), handler)


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor: which paths are its own, and how it says no."""

    name: str
    owns: re.Pattern[str]
    routes: tuple[Route, ...]
    authenticate: Handler
    """Answers 2xx to a caller it knows; any other answer is what a stranger gets."""
    failure: Callable[[int], Answer]
    """Words for a status that a fault asked for, and for paths that do not exist."""
    request_id: Callable[[], Mapping[str, str]] = dict
    """The headers by which its support finds a request again."""
