"""What all parts of the stand-in for Kapso share: errors, the key, envelopes, pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import TypeVar
from uuid import uuid4

from .state import Ordered
from .wire import Answer, Call, Refused
from .world import World

_DEFAULT_PER_PAGE, _MAX_PER_PAGE = 20, 100

_Item = TypeVar("_Item", bound=Ordered)


def failure(status: int) -> Answer:
    """Give the words for a status that a fault asked for."""
    words = {
        401: "Invalid API key",
        402: "Payment required",
        404: "Not found",
        409: "Conflict",
        422: "Unprocessable entity",
        429: "Rate limit exceeded",
    }
    return Answer(status, {"error": words.get(status, "Internal server error")})


def authenticate(world: World, call: Call) -> Answer:
    """Know the project by its key."""
    is_known = call.headers.get("x-api-key") == world.account.credentials.kapso_api_key
    return Answer(200) if is_known else failure(401)


def request_id() -> dict[str, str]:
    """One id of each answer."""
    return {"X-Request-Id": str(uuid4())}


def listing(
    call: Call, items: Sequence[_Item], show: Callable[[_Item], dict[str, object]]
) -> Answer:
    page = _whole(call, "page", 1)
    per_page = min(_whole(call, "per_page", _DEFAULT_PER_PAGE), _MAX_PER_PAGE)
    ordered = sorted(items, key=lambda item: item.order)
    start = (page - 1 + int(call.skip_page)) * per_page
    meta = {
        "page": page,
        "per_page": per_page,
        "total_pages": -(-len(ordered) // per_page),
        "total_count": len(ordered),
    }
    shown = [show(item) for item in ordered[start : start + per_page]]
    return Answer(200, {"data": shown, "meta": meta})


def _whole(call: Call, name: str, default: int) -> int:
    text = call.asked(name) or str(default)
    if not text.isdigit() or int(text) < 1:
        raise refuse(422, f"{name} is invalid")
    return int(text)


def read_body(call: Call, root: str) -> dict[str, object]:
    body = (call.json or {}).get(root)
    if not isinstance(body, dict):
        raise refuse(422, f"param is missing or the value is empty: {root}")
    return body


def refuse(status: int, message: str) -> Refused:
    return Refused(Answer(status, {"error": message}))


def show_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def new_uuid(world: World) -> str:
    return _as_uuid(world.account.draw_hex())


def project_id(world: World) -> str:
    """Give the id of the project that the key belongs to."""
    return _as_uuid(sha256(f"{world.account.seed}:kapso project".encode()).hexdigest())


def _as_uuid(text: str) -> str:
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"
