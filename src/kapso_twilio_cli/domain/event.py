"""What happened, in the order in which it happened: only ever appended to."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .lifecycle import NumberState


class Event(msgspec.Struct, frozen=True):
    """One thing that happened to a number or a purchase."""

    at: datetime
    kind: str
    from_state: NumberState | None
    to_state: NumberState | None
    run_id: str
    host: str
    detail: str | None
