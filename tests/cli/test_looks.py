"""How often the inbox is looked into: seldom enough for Twilio, and soon enough for the user."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.projects import ready_project
from tests.vendors import RunningSandbox, running_sandbox

FIFTY: dict[str, Any] = {
    "pools": {"US": {"target_size": 50}},
    "limits": {"max_purchases_per_run": "none", "max_purchases_per_day": "none"},
}


def looked_at(sandbox: RunningSandbox, what: str) -> list[datetime]:
    """When a list was asked for."""
    url = f"{sandbox.url}/_sandbox/requests/detail"
    asked = sandbox.session.get(url, timeout=30).json()["requests"]
    paths = f"/{what}.json"
    return [datetime.fromisoformat(one["at"]) for one in asked if one["path"].endswith(paths)]


@pytest.mark.parametrize(("code", "what"), [("sms", "Messages"), ("voice", "Calls")])
def test_of_fifty_numbers_at_once_the_inbox_is_looked_into_once_a_second_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, what: str
) -> None:
    with running_sandbox(code=code) as sandbox:
        meta = {"code_method": code}
        project = ready_project(tmp_path, monkeypatch, sandbox, meta=meta, **FIFTY)
        (pool,) = project.answer("pool", "fill", "--concurrency", "32")["pools"]
        assert pool["ready"] == 50
        looks = looked_at(sandbox, what)
        seconds = (looks[-1] - looks[0]).total_seconds()
        assert len(looks) - 1 <= seconds + 0.5, looks
        assert all((b - a).total_seconds() > 0.7 for a, b in pairwise(looks)), looks


def test_the_inbox_is_looked_into_soon_and_then_ever_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(code="late", code_delay_seconds=6.0) as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox, pools={"US": {"target_size": 1}})
        began = time.monotonic()
        project.answer("pool", "fill")
        assert time.monotonic() - began < 14
        looks = looked_at(sandbox, "Messages")
        pauses = [(b - a).total_seconds() for a, b in pairwise(looks)]
        assert pauses == sorted(pauses)
        assert pauses[0] < 1.5
        assert max(pauses) < 5.5
