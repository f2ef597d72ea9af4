"""Two projects on one account want the same few numbers: each gets its own, and no other's."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from kapso_twilio_cli.domain.label import parse_label
from tests.projects import ReadyProject, project_content, ready_project
from tests.vendors import RunningSandbox, running_sandbox

from .crews import at_once, refuse_bugs

STOCK = 5
OWNED = "SELECT phone_number FROM numbers WHERE state NOT IN ('missing', 'released')"


often = pytest.mark.parametrize(
    "latency_ms",
    [40, *(pytest.param(ms, marks=pytest.mark.whole) for ms in (0, 2, 5, 10, 20, 30, 60, 80))],
)
"""They seldom meet at the same number: the whole run lets them try at many speeds."""


def neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, **changes: Any
) -> tuple[ReadyProject, ReadyProject]:
    """Two projects of the same account, in one folder."""
    acme = ready_project(tmp_path, monkeypatch, sandbox, **changes)
    path = acme.home / "beta.toml"
    path.write_text(tomli_w.dumps(project_content(sandbox, project="beta", **changes)))
    inventory = acme.inventory.parent.parent / "beta" / "inventory.db"
    beta = replace(acme, path=path, inventory=inventory)
    assert beta.call("inventory", "create", "--config", str(path)).exit_code == 0
    return acme, beta


def labels(sandbox: RunningSandbox) -> dict[str, str]:
    """Whose label is on each number of the account."""
    url = f"{sandbox.url}/2010-04-01/Accounts/{sandbox.credentials['account_sid']}"
    auth = (sandbox.credentials["account_sid"], sandbox.credentials["auth_token"])
    answer = sandbox.session.get(f"{url}/IncomingPhoneNumbers.json", auth=auth, timeout=30)
    names = {
        one["phone_number"]: parse_label(one["friendly_name"])
        for one in answer.json()["incoming_phone_numbers"]
    }
    return {number: label.project for number, label in names.items() if label is not None}


def assert_each_has_its_own(acme: ReadyProject, beta: ReadyProject) -> None:
    """By the inventories, the account and its labels, before and after both reconciled."""
    for _ in range(2):
        ours, theirs = ({number for (number,) in one.rows(OWNED)} for one in (acme, beta))
        assert not ours & theirs
        assert ours | theirs == set(acme.bought())
        assert len(acme.bought()) == len(ours) + len(theirs)
        names = labels(acme.sandbox)
        assert {number for number, name in names.items() if name == "acme"} == ours
        assert {number for number, name in names.items() if name == "beta"} == theirs
        for project in (acme, beta):
            reconciled = project.call("reconcile", "--no-fill", "--config", str(project.path))
            assert reconciled.exit_code == 0, reconciled.err


@often
def test_onboardings_of_two_projects_that_want_the_same_numbers_share_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, latency_ms: int
) -> None:
    with running_sandbox(stock={"CL": STOCK}, latency_ms=latency_ms) as sandbox:
        acme, beta = neighbours(tmp_path, monkeypatch, sandbox)
        tasks = [
            [("resolve", "--country", "CL", "--ref", ref, "--json", "--config", str(project.path))]
            for ref in ("a", "b", "c")
            for project in (acme, beta)
        ]
        answers = [one for answers in at_once(acme, *tasks) for one in answers]
        refuse_bugs(answers)
        print(f"{len(tasks)} onboardings, {STOCK} numbers:", Counter(a.exit_code for a in answers))
        assert {one.exit_code for one in answers} <= {0, 5}
        given = [one.document["phone_number"] for one in answers if one.exit_code == 0]
        assert len(given) == len(set(given))
        assert len(acme.bought()) == len(given)
        assert_each_has_its_own(acme, beta)


@often
def test_pools_of_two_projects_that_want_the_same_numbers_share_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, latency_ms: int
) -> None:
    with running_sandbox(stock={"CL": STOCK}, latency_ms=latency_ms) as sandbox:
        pools = {"CL": {"target_size": 2}}
        acme, beta = neighbours(tmp_path, monkeypatch, sandbox, pools=pools)
        fills = [[("pool", "fill", "--json", "--config", str(one.path))] for one in (acme, beta)]
        answers = [one for answers in at_once(acme, *fills) for one in answers]
        refuse_bugs(answers)
        print("fills:", [one.exit_code for one in answers], acme.states(), beta.states())
        assert_each_has_its_own(acme, beta)
