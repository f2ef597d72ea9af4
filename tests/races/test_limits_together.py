"""Processes that buy in the same moment do not pass a limit together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.projects import ready_project
from tests.vendors import running_sandbox

from .crews import each_once, refuse_bugs

BUYERS, ALLOWED = 6, 3
PRICE_CENTS = 115


@pytest.mark.parametrize(
    "limits",
    [
        {"max_numbers": ALLOWED},
        {"max_monthly_cost": (PRICE_CENTS * (ALLOWED + 1) - 1) / 100},
        {"max_purchases_per_day": ALLOWED},
    ],
    ids=lambda limits: next(iter(limits)),
)
def test_no_more_is_bought_than_a_limit_allows_however_many_buy_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any]
) -> None:
    with running_sandbox(latency_ms=20) as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox, limits=limits)
        words = ("provision", "--country", "US", "--yes", "--json")
        answers = each_once(project, *[words] * BUYERS)
        refuse_bugs(answers)
        print(f"{BUYERS} buyers:", Counter(answer.exit_code for answer in answers))
        assert Counter(one.exit_code for one in answers) == {0: ALLOWED, 6: BUYERS - ALLOWED}
        (name,) = limits
        for refused in (one for one in answers if one.exit_code == 6):
            message = refused.document["error"]["message"]
            assert message.startswith(f"limits.{name} would be exceeded: ")
        assert len(project.bought()) == ALLOWED
        assert project.owes_what_it_knows()
