"""`reconcile`: the cron run. What it settles is in test_faults, what it expires in
test_reservation."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox


def test_it_fills_and_a_second_run_is_silent_and_only_lists(
    project: ReadyProject,
) -> None:
    called = project.call("reconcile")
    first, second = project.bought()
    assert (called.exit_code, called.err) == (0, "")
    assert sorted(called.out.splitlines()) == sorted(
        f"{done}: {number}" for done in ("bought", "verified") for number in (first, second)
    )
    project.sandbox.forget_requests()
    called = project.call("reconcile")
    assert (called.exit_code, called.out, called.err) == (0, "", "")
    of_twilio, of_meta = project.sandbox.requests()
    assert re.fullmatch(r"GET .*IncomingPhoneNumbers\.json\?PageSize=1000", of_twilio)
    assert re.match(r"GET .*/preverified_numbers\?", of_meta)


def test_no_fill_buys_and_verifies_nothing(project: ReadyProject) -> None:
    document = project.answer("reconcile", "--no-fill")
    assert (document["actions"], document["pools"]) == ([], [])
    assert project.bought() == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"enabled": False}, "custom Twilio is switched off"),
        ({"plan": "free"}, "free plan"),
        ({"meta": {"credentials": "custom"}}, 'meta.credentials is "custom"'),
    ],
    ids=["disabled", "plan", "custom Meta"],
)
def test_where_pools_cannot_be_it_says_so_and_is_no_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: RunningSandbox,
    changes: dict[str, Any],
    why: str,
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, **changes)
    silent = project.call("reconcile")
    assert (silent.exit_code, silent.out, silent.err) == (0, "", ""), "cron would mail it each time"
    for words in (["-v"], ["--dry-run"]):
        called = project.call("reconcile", *words)
        assert called.exit_code == 0
        assert why in called.err
    assert project.bought() == []


def test_a_verification_that_has_ended_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under an id of its own: the old object was never shown, but it is of no use."""
    with running_sandbox(verification_days=2 / 86400) as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox, onboarding={"min_validity": "0s"})
        project.answer("pool", "fill")
        time.sleep(2.2)
        assert project.call("resolve", "--ref", "a", "--no-provision").exit_code == 8
        attention = {one["kind"] for one in project.answer("status")["attention"]}
        assert attention >= {"verification_expired"}
        document = project.answer("reconcile")
        kinds = [action["kind"] for action in document["actions"]]
        assert kinds == ["verification_lapsed", "verification_lapsed", "verified", "verified"]
        assert len(project.bought()) == 2


def test_a_dry_run_lists_what_is_due_and_changes_nothing(project: ReadyProject) -> None:
    before = project.everything()
    called = project.call("reconcile", "--dry-run")
    assert called.out == "to do: bought: 2 for the US pool at 1.15 USD a month each\n"
    document = project.answer("reconcile", "--dry-run")
    assert (document["dry_run"], document["actions"][0]["kind"]) == (True, "bought")
    assert project.call("reconcile", "--dry-run", "--detailed-exitcode").exit_code == 10
    assert project.everything() == before
    assert project.bought() == []
    project.answer("reconcile")
    assert project.call("reconcile", "--dry-run", "--detailed-exitcode").exit_code == 0
    called = project.call("reconcile", "--detailed-exitcode")
    assert called.exit_code == 2
    assert "--detailed-exitcode needs --dry-run" in called.err


def test_how_it_ended_is_kept_for_status(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project.answer("status")["last_reconcile"] is None
    project.answer("reconcile")
    good = project.answer("status")["last_reconcile"]
    assert (good["exit_code"], good["error_kind"]) == (0, None)
    assert good["last_success_at"] == good["finished_at"]
    project.answer("pool", "set", "US", "--target-size", "3")
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN", "0" * 32)
    called = project.call("reconcile", "--json")
    assert called.exit_code == 4
    bad = project.answer("status")["last_reconcile"]
    assert (bad["exit_code"], bad["error_kind"]) == (4, "credentials")
    assert bad["last_success_at"] == good["last_success_at"]


def test_what_was_done_before_an_error_is_told_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={"settle_after": "0s"})
    sandbox.fault(method="POST", path="IncomingPhoneNumbers", fault="drop_before")
    assert project.call("resolve", "--country", "CL", "--ref", "a").exit_code == 9
    monkeypatch.setenv("KAPSO_TWILIO_META_TOKEN", "wrong")
    called = project.call("reconcile", "--json")
    assert called.exit_code == 4
    assert called.document["schema"] == "kapso-twilio.reconcile/1"
    (action,) = called.document["actions"]
    assert action["kind"] == "purchase_settled"
    assert called.document["error"]["kind"] == "credentials"


def test_the_numbers_of_a_removed_pool_stay_and_are_not_touched(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("pool", "remove", "US")
    assert project.answer("reconcile")["actions"] == []
    assert project.states() == {"ready": 2}
    (pool,) = project.answer("status")["pools"]
    assert (pool["enabled"], pool["ready"], pool["surplus"]) == (False, 2, 2)
    assert project.answer("resolve", "--country", "US", "--ref", "a")["path"] == "live"
