"""What all parts of the stand-in for Twilio share: errors, credentials, dates, pages.

Facts: reference/twilio.md, and twilio.com/docs/usage/twilios-response, read on 2026-11-22.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import TypeVar
from uuid import uuid4

from .state import Ordered
from .wire import Answer, Call, Refused
from .world import World

MAX_PAGE_SIZE = 1000
DEFAULT_PAGE_SIZE = 50


_Item = TypeVar("_Item", bound=Ordered)


def error(status: int, code: int, message: str) -> Answer:
    """Say no the way Twilio does."""
    return Answer(
        status,
        {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        },
    )


def refuse(code: int, message: str, *, status: int = 400) -> Refused:
    """Make the exception that a handler raises to say no."""
    return Refused(error(status, code, message))


def not_found(call: Call) -> Refused:
    """Say that this resource does not exist, as Twilio words it."""
    return refuse(20404, f"The requested resource {call.path} was not found", status=404)


def failure(status: int) -> Answer:
    """Give the words for a status that a fault asked for."""
    codes = {
        401: (20003, "Authenticate"),
        403: (20008, "Resource not accessible with Test Account Credentials"),
        404: (20404, "The requested resource was not found"),
        429: (20429, "Too Many Requests"),
        500: (20500, "Internal Server Error"),
        503: (20503, "Service Unavailable"),
    }
    return error(status, *codes.get(status, (20001, "Something went wrong")))


def authenticate(world: World, call: Call) -> Answer:
    """Know the account by its token or by its API key pair; another account is not found."""
    credentials = world.account.credentials
    pair = _basic(call.headers.get("authorization", ""))
    if pair not in {
        (credentials.account_sid, credentials.auth_token),
        (credentials.api_key_sid, credentials.api_key_secret),
    }:
        return error(401, 20003, "Authenticate")
    asked = re.match(r"/2010-04-01/Accounts/([^/.]+)", call.path)
    if asked is not None and asked[1] != credentials.account_sid:
        return not_found(call).answer
    return Answer(200)


def request_id() -> dict[str, str]:
    """One id of each answer."""
    return {"Twilio-Request-Id": f"RQ{uuid4().hex}"}


def uses_key(world: World, call: Call) -> bool:
    """Tell whether the caller showed the API key instead of the auth token."""
    pair = _basic(call.headers.get("authorization", ""))
    return pair is not None and pair[0] == world.account.credentials.api_key_sid


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, password


def rfc2822(at: datetime) -> str:
    """Write a time as the 2010 API does: `Thu, 30 Jul 2015 23:19:04 +0000`."""
    return format_datetime(at)


def iso8601(at: datetime) -> str:
    """Write a time as the newer APIs do: `2019-07-31T02:11:52Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def page_size(call: Call) -> int:
    """Read `PageSize`; more than 1000 is refused with 20007."""
    text = call.asked("PageSize") or str(DEFAULT_PAGE_SIZE)
    if not text.isdigit() or not 1 <= int(text) <= MAX_PAGE_SIZE:
        raise refuse(20007, "Page size must be between 1 and 1000")
    return int(text)


def listing(
    call: Call, key: str, items: Sequence[_Item], show: Callable[[_Item], object]
) -> Answer:
    """Page through items, newest first, with relative URIs as the 2010 API does."""
    shown, size, page, token = _page(call, items)
    uri = f"{call.path}?{call.query_with(PageSize=str(size), Page=str(page))}"
    next_query = call.query_with(PageSize=str(size), Page=str(page + 1), PageToken=token)
    first_query = call.query_with(PageSize=str(size), Page="0", PageToken="")
    return Answer(
        200,
        {
            "first_page_uri": f"{call.path}?{first_query}",
            "end": page * size + max(len(shown) - 1, 0),
            "start": page * size,
            "previous_page_uri": None if page == 0 else f"{call.path}?{first_query}",
            "next_page_uri": f"{call.path}?{next_query}" if token else None,
            "page": page,
            "page_size": size,
            "uri": uri,
            key: [show(item) for item in shown],
        },
    )


def meta_listing(call: Call, items: Sequence[_Item], show: Callable[[_Item], object]) -> Answer:
    """Page through items with absolute URLs in `meta`, as the newer APIs do."""
    shown, size, page, token = _page(call, items)
    base = f"{call.base_url}{call.path}"
    first = f"{base}?{call.query_with(PageSize=str(size), Page='0', PageToken='')}"
    following = call.query_with(PageSize=str(size), Page=str(page + 1), PageToken=token)
    return Answer(
        200,
        {
            "results": [show(item) for item in shown],
            "meta": {
                "page": page,
                "page_size": size,
                "first_page_url": first,
                "previous_page_url": None if page == 0 else first,
                "next_page_url": f"{base}?{following}" if token else None,
                "url": f"{base}?{call.query_with(PageSize=str(size), Page=str(page))}",
                "key": "results",
            },
        },
    )


def _page(call: Call, items: Sequence[_Item]) -> tuple[list[_Item], int, int, str]:
    """Cut one page; the token names the last item shown, so that later arrivals shift nothing."""
    size = page_size(call)
    page_text = call.asked("Page") or "0"
    if not page_text.isdigit():
        raise refuse(20001, f"Page {page_text} is not a number")
    page = int(page_text)
    ordered = sorted(items, key=lambda item: item.order, reverse=True)
    token = call.asked("PageToken")
    if token is not None:
        last_shown = _read_token(token)
        rest = [item for item in ordered if item.order < last_shown]
    else:
        rest = ordered[page * size :]
    if call.skip_page:
        rest = rest[size:]
    shown = rest[:size]
    return shown, size, page, f"PA{shown[-1].order:032x}" if len(rest) > size else ""


def _read_token(token: str) -> int:
    if re.fullmatch(r"PA[0-9a-f]{32}", token) is None:
        raise refuse(20007, "Invalid PageToken")
    return int(token[2:], 16)
