"""`pool fill`: bring pools to their target, and stop before money is spent in vain."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import RunningSandbox, running_sandbox

BUY = r"IncomingPhoneNumbers\.json"
COOL_DOWN = {
    "error": {
        "message": "You asked too many times",
        "type": "OAuthException",
        "code": 136024,
        "error_subcode": 2388367,
    }
}


def fill(project: ReadyProject, *words: str) -> dict[str, Any]:
    """Fill, and give the only pool's part of the answer."""
    (pool,) = project.call("pool", "fill", *words, "--json").document["pools"]
    found: dict[str, Any] = pool
    return found


def test_a_fill_brings_every_enabled_pool_to_its_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    pools = {
        "US": {"target_size": 3},
        "CL": {"target_size": 2},
        "GB": {"target_size": 5, "enabled": False},
    }
    project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools)
    document = project.answer("pool", "fill")
    assert [(pool["country"], pool["ready"]) for pool in document["pools"]] == [
        ("US", 3),
        ("CL", 2),
    ]
    assert (document["monthly_cost_added"], document["currency"]) == ("8.45", "USD")
    assert project.states() == {"ready": 5}
    assert project.owes_what_it_knows()
    expiries = project.rows("SELECT DISTINCT verification_expiry_time IS NOT NULL FROM numbers")
    assert expiries == [(1,)]


def test_a_full_pool_costs_no_request(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.sandbox.forget_requests()
    pool = fill(project)
    assert (pool["bought"], pool["ready_before"], pool["ready"]) == (0, 2, 2)
    assert project.sandbox.requests() == []


def test_fill_in_a_pipe_is_one_line_a_pool(project: ReadyProject) -> None:
    called = project.call("pool", "fill")
    assert called.out == "US: 2 of 2 ready; bought 2, verified 2, failed 0\n"
    assert (called.exit_code, called.err) == (0, "")


def test_only_the_pools_that_are_named_are_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    pools = {"US": {"target_size": 2}, "CL": {"target_size": 1}}
    project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools)
    assert fill(project, "cl")["country"] == "CL"
    assert len(project.bought()) == 1


@pytest.mark.parametrize(
    ("words", "told", "hint"),
    [
        (("GB",), "there is no pool for United Kingdom (GB)", "kapso-twilio pool set GB"),
        (("CL",), "the pool for Chile (CL) is disabled", "kapso-twilio pool set CL --enable"),
    ],
)
def test_a_pool_that_cannot_be_filled_is_refused_by_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: RunningSandbox,
    words: tuple[str, ...],
    told: str,
    hint: str,
) -> None:
    pools = {"US": {"target_size": 2}, "CL": {"target_size": 1, "enabled": False}}
    project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools)
    called = project.call("pool", "fill", *words)
    assert called.exit_code == 3
    assert told in called.err
    assert hint in called.err
    assert sandbox.requests() == []


def test_a_disabled_project_fills_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, enabled=False)
    called = project.call("pool", "fill")
    assert called.exit_code == 3
    assert "custom Twilio is switched off" in called.err
    assert sandbox.requests() == []


def test_three_codes_that_never_come_stop_the_purchases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(code="none") as sandbox:
        project = ready_project(
            tmp_path,
            monkeypatch,
            sandbox,
            pools={"US": {"target_size": 8}},
            meta={"code_timeout": "1s"},
        )
        called = project.call("pool", "fill", "--json")
        assert called.exit_code == 5
        (pool,) = called.document["pools"]
        assert (pool["bought"], pool["verified"], pool["failed"]) == (3, 0, 3)
        assert pool["reasons"][0].startswith("no code came in for +1")
        assert "meta.code_timeout" in called.document["error"]["hint"]
        assert project.states() == {"provisioned": 3}
        again = fill(project)
        assert again["bought"] == 0, "what is there is verified before more is bought"
        assert again["reasons"][0].startswith("3 wait for their next attempt, the first at ")
        assert len(project.bought()) == 3
        assert project.owes_what_it_knows()


def test_codes_that_come_late_are_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(code="late", code_delay_seconds=2.0) as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox)
        assert project.answer("pool", "fill")["pools"][0]["ready"] == 2


def test_one_number_that_fails_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, pools={"US": {"target_size": 5}})
    sandbox.fault(method="POST", path="request_code", fault="status", status=400, body=COOL_DOWN)
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 7
    (pool,) = called.document["pools"]
    assert (pool["bought"], pool["verified"], pool["failed"], pool["shortfall"]) == (5, 4, 1, 1)
    assert "You asked too many times (Meta 136024/2388367)" in pool["reasons"][0]
    assert called.document["error"]["kind"] == "partial"
    (attention, _) = project.answer("status")["attention"]
    assert attention["kind"] == "verification_failing"
    number = attention["phone_number"]
    assert attention["hint"] == f"kapso-twilio number verify {number} --force"
    assert project.answer("number", "verify", number, "--force")["state"] == "ready"
    assert project.owes_what_it_knows()


def test_other_countries_go_on_when_one_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(stock={"CL": 0}) as sandbox:
        pools = {"CL": {"target_size": 1}, "US": {"target_size": 2}}
        project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools)
        called = project.call("pool", "fill", "--json")
        assert called.exit_code == 7
        chile, states = called.document["pools"]
        assert (chile["ready"], states["ready"]) == (0, 2)
        (reason,) = chile["reasons"]
        assert reason == (
            "Twilio has no local numbers for Chile (CL) in stock: "
            'the search found none that receives SMS (code_method = "sms")'
        )
        assert project.owes_what_it_knows()


def test_numbers_are_worked_on_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(latency_ms=100) as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox, pools={"US": {"target_size": 9}})
        began = time.monotonic()
        assert fill(project)["ready"] == 9
        one_after_another = 9 * 6 * 0.1
        assert time.monotonic() - began < one_after_another
        searches = [one for one in sandbox.requests() if "AvailablePhoneNumbers/US/Local" in one]
        assert len(searches) == 1
        polls = r"Messages\.json|IncomingPhoneNumbers\.json\?PageSize"
        others = [one for one in sandbox.requests() if re.search(polls, one) is None]
        assert len(others) == 6 * 9 + 5, "six on each number's path, and five questions before"


def test_an_interrupted_verification_is_taken_up(project: ReadyProject) -> None:
    """As a run leaves it that was killed after Meta was asked for a code."""
    project.sandbox.fault(
        method="POST", path="request_code", times=None, fault="delay", delay_ms=60_000
    )
    process = project.start("pool", "fill")
    wait_until(lambda: project.states() == {"verifying": 2})
    process.kill()
    process.communicate()
    project.sandbox.clear_faults()
    pool = fill(project)
    assert (pool["bought"], pool["verified"], pool["ready"]) == (0, 2, 2)
    assert len(project.bought()) == 2
    assert project.owes_what_it_knows()


@pytest.mark.parametrize("killed_after", [1, 2, 3])
def test_a_fill_that_was_killed_is_completed_and_nothing_is_bought_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_after: int
) -> None:
    with running_sandbox(latency_ms=40) as sandbox:
        project = ready_project(
            tmp_path,
            monkeypatch,
            sandbox,
            pools={"US": {"target_size": 4}},
            limits={"settle_after": "0s"},
        )
        process = project.start("pool", "fill", "--concurrency", "1")
        wait_until(lambda: len(project.bought()) >= killed_after)
        process.kill()
        process.communicate()
        project.answer("reconcile")
        assert project.states() == {"ready": 4}
        assert len(project.bought()) == 4
        assert project.owes_what_it_knows()


def test_a_number_that_meta_has_verified_already_is_taken_as_it_is(project: ReadyProject) -> None:
    project.sandbox.fault(method="POST", path="verify_code", fault="drop_after", times=2)
    project.sandbox.fault(method="GET", path=r"^/v25\.0/\d+$", fault="status", status=400, times=2)
    assert project.call("pool", "fill").exit_code != 0
    assert project.states() == {"provisioned": 2}
    project.sandbox.forget_requests()
    assert fill(project)["ready"] == 2
    assert not [one for one in project.sandbox.requests() if "request_code" in one]


def test_a_returned_number_is_verified_anew_under_a_new_id(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    first = project.answer("resolve", "--ref", "a")
    number = first["phone_number"]
    project.sandbox.claim(preverified_id=first["preverified_id"])
    project.answer("connect", number)
    project.sandbox.unclaim(number)
    assert project.answer("disconnect", number)["state"] == "provisioned"
    pool = fill(project)
    assert (pool["bought"], pool["verified"], pool["ready"]) == (0, 1, 2)
    shown = project.answer("number", "show", number)
    assert shown["state"] == "ready"
    assert shown["preverified_id"] not in (None, first["preverified_id"])


def test_a_second_run_is_turned_away_by_name(project: ReadyProject) -> None:
    project.sandbox.fault(method="GET", path="PhoneNumbers/Countries", fault="delay", delay_ms=3000)
    process = project.start("pool", "fill")
    holder = project.inventory.parent / "run.json"
    wait_until(holder.exists)
    for words in (("pool", "fill"), ("reconcile",)):
        called = project.call(*words, "--json")
        assert called.exit_code == 75
        error = called.document["error"]
        assert error["message"] == "another run is at work on project acme"
        assert error["reason"].startswith(f"pool fill, pid {process.pid} on {os.uname().nodename}")
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert project.owes_what_it_knows()


def test_the_lock_is_free_again_however_its_holder_dies(project: ReadyProject) -> None:
    project.sandbox.fault(
        method="GET", path="PhoneNumbers/Countries", fault="delay", delay_ms=60_000
    )
    process = project.start("reconcile")
    wait_until((project.inventory.parent / "run.json").exists)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    project.sandbox.clear_faults()
    assert fill(project)["ready"] == 2


def test_a_dry_run_says_what_it_would_cost_and_changes_nothing(project: ReadyProject) -> None:
    before = project.everything()
    document = project.answer("pool", "fill", "--dry-run")
    assert document["dry_run"] is True
    (pool,) = document["pools"]
    assert (pool["to_buy"], pool["monthly_price"]) == (2, "1.15")
    assert document["monthly_cost_added"] == "2.30"
    assert project.everything() == before
    assert project.bought() == []
