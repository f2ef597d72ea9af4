"""What all calls to the stand-in for Meta Graph share: errors, the token, parameters, cursors."""

from __future__ import annotations

import re
from uuid import uuid4

from .state import Preverified
from .wire import Answer, Call, Refused
from .world import World

_DEFAULT_LIMIT, _MAX_LIMIT = 25, 100


def request_id() -> dict[str, str]:
    """Two ids of each answer, as Graph sends them."""
    return {"x-fb-request-id": f"A{uuid4().hex[:22]}", "x-fb-trace-id": uuid4().hex[:11]}


def error(
    status: int,
    code: int,
    message: str,
    *,
    subcode: int | None = None,
    kind: str = "GraphMethodException",
) -> Answer:
    """Say no the way Graph does."""
    details: dict[str, object] = {"message": message, "type": kind, "code": code}
    if subcode is not None:
        details["error_subcode"] = subcode
    details["fbtrace_id"] = "AXsgnV2Cm3ZMGF3dF_cfYIn"
    return Answer(status, {"error": details})


def failure(status: int) -> Answer:
    """Give the words for a status that a fault asked for."""
    if status == 401:
        return error(401, 190, "Invalid OAuth access token", subcode=463, kind="OAuthException")
    if status == 403:
        return error(403, 200, "Permissions error", kind="OAuthException")
    if status == 404:
        return error(404, 803, "Some of the aliases you requested do not exist")
    if status == 429:
        return error(429, 4, "Application request limit reached", kind="OAuthException")
    return error(status, 2, "An unexpected error occurred. Please retry your request")


def authenticate(world: World, call: Call) -> Answer:
    """Know the caller by the bearer token."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or token != world.account.credentials.meta_token:
        return failure(401)
    return Answer(200)


def parameter(call: Call, name: str) -> str | None:
    return call.sent(name) or call.asked(name)


def invalid(what: str) -> Answer:
    return error(400, 100, f"Invalid parameter: {what}", kind="OAuthException")


def own_business(world: World, call: Call) -> None:
    if call.params["id"] != world.account.credentials.meta_business_id:
        raise Refused(
            error(
                403,
                200,
                "Business is not accessible to your app",
                subcode=1349175,
                kind="OAuthException",
            )
        )


def page_of(
    call: Call, numbers: list[Preverified]
) -> tuple[list[Preverified], dict[str, object] | None]:
    text = call.asked("limit") or str(_DEFAULT_LIMIT)
    if not text.isdigit() or not 1 <= int(text) <= _MAX_LIMIT:
        raise Refused(invalid("limit must be between 1 and 100"))
    after = _cursor(call.asked("after"))
    rest = [one for one in numbers if one.order > after]
    if call.skip_page:
        rest = rest[int(text) :]
    page = rest[: int(text)]
    if not page:
        return [], None
    cursors = {"before": f"QVFI{page[0].order:012d}", "after": f"QVFI{page[-1].order:012d}"}
    paging: dict[str, object] = {"cursors": cursors}
    if len(rest) > len(page):
        query = call.query_with(after=cursors["after"], limit=text)
        paging["next"] = f"{call.base_url}{call.path}?{query}"
    return page, paging


def _cursor(text: str | None) -> int:
    if text is None:
        return 0
    if re.fullmatch(r"QVFI[0-9]{12}", text) is None:
        raise Refused(invalid("cursor is malformed or expired"))
    return int(text[4:])
