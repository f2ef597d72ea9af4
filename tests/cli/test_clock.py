"""The clock: a pool stays ready, as its numbers are verified anew before their time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kapso_twilio_cli.domain.reverification import due_from
from tests.projects import ReadyProject, ready_project
from tests.vendors import running_sandbox

from .inbox import first_code
from .voice_settings import voice_settings

SECONDS = 1 / 86_400
VALID_FOR = 8.0

ASK = r"request_code"
Clocked = Callable[..., AbstractContextManager[ReadyProject]]


@pytest.fixture
def clocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clocked:
    """A project, filled, whose verifications last for seconds."""

    @contextmanager
    def arrange(valid_for: float = VALID_FOR, **changes: Any) -> Iterator[ReadyProject]:
        with running_sandbox(verification_days=valid_for * SECONDS) as sandbox:
            settings = {
                "onboarding": {"min_validity": "0s"},
                "meta": {"code_timeout": "1s"},
                **changes,
            }
            project = ready_project(tmp_path, monkeypatch, sandbox, **settings)
            project.answer("pool", "fill")
            project.sandbox.forget_requests()
            yield project

    return arrange


def expiries(project: ReadyProject) -> dict[str, datetime]:
    """When the verification of each number ends."""
    rows = project.rows(
        "SELECT phone_number, verification_expiry_time FROM numbers WHERE state = 'ready'"
    )
    return {number: datetime.fromisoformat(text) for number, text in rows}


def wait_until_due(project: ReadyProject) -> None:
    """Wait until Meta verifies every ready number anew."""
    rows = project.rows(
        "SELECT verification_expiry_time, verified_at FROM numbers WHERE state = 'ready'"
    )
    moments = [
        due_from(datetime.fromisoformat(expiry), datetime.fromisoformat(verified))
        for expiry, verified in rows
    ]
    time.sleep(max(0.0, (max(moments) - datetime.now(UTC)).total_seconds()) + 0.05)


def actions(project: ReadyProject, *options: str) -> list[tuple[str, str]]:
    """What a reconcile did, by kind and number."""
    found = project.answer("reconcile", *options)["actions"]
    return [(one["kind"], one["phone_number"]) for one in found]


def called_and_put_back(project: ReadyProject) -> bool:
    """Whether every number's code came by voice, and its calls are answered as before."""
    methods = project.rows("SELECT DISTINCT code_method FROM numbers")
    left = project.rows("SELECT 1 FROM numbers WHERE voice_before IS NOT NULL")
    urls = {one["voice_url"] for one in voice_settings(project).values()}
    return (methods, left, urls) == ([("voice",)], [], {""})


def asked(project: ReadyProject) -> int:
    """How many codes Meta was asked for."""
    return sum("request_code" in one for one in project.sandbox.requests())


def test_reconcile_keeps_a_pool_ready_for_three_rounds_and_buys_nothing(clocked: Clocked) -> None:
    with clocked() as project:
        bought = project.bought()
        for _ in range(3):
            before = expiries(project)
            wait_until_due(project)
            assert sorted(actions(project)) == sorted(("reverified", number) for number in bought)
            after = expiries(project)
            assert all(after[number] > before[number] for number in bought)
            assert actions(project) == [], "it is done once"
        assert project.bought() == bought
        assert project.states() == {"ready": 2}
        kinds = project.rows("SELECT DISTINCT kind FROM events WHERE kind = 'lapsed'")
        assert kinds == [], "none of them ended"
        assert project.answer("status")["attention"] == []


def test_nothing_is_asked_before_its_time_and_a_dry_run_shows_what_is_due(
    clocked: Clocked,
) -> None:
    with clocked() as project:
        assert actions(project) == []
        wait_until_due(project)
        before = project.everything()
        due = actions(project, "--dry-run")
        assert sorted(due) == sorted(("reverified", number) for number in project.bought())
        assert asked(project) == 0
        assert project.everything() == before
        assert sorted(actions(project, "--no-fill")) == sorted(due), "it buys nothing"


def test_an_expired_number_is_never_handed_out_and_verified_before_another_is_bought(
    clocked: Clocked,
) -> None:
    with clocked(valid_for=2.0) as project:
        time.sleep(2.1)
        called = project.call("resolve", "--ref", "a", "--no-provision")
        assert called.exit_code == 8
        bought = project.bought()
        found = actions(project)
        assert sorted(found[:2]) == sorted(("verification_lapsed", number) for number in bought)
        assert sorted(found[2:]) == sorted(("verified", number) for number in bought)
        assert project.bought() == bought


def test_surplus_numbers_are_left_to_expire(clocked: Clocked) -> None:
    with clocked() as project:
        project.answer("pool", "set", "US", "--target-size", "1")
        wait_until_due(project)
        ((kind, kept),) = actions(project)
        assert kind == "reverified"
        (surplus,) = set(project.bought()) - {kept}
        assert expiries(project)[kept] > expiries(project)[surplus]


@pytest.mark.parametrize("words", [("pool", "set", "US", "--disable"), ("disable",)])
def test_what_is_not_handed_out_is_not_verified_anew(
    clocked: Clocked, words: tuple[str, ...]
) -> None:
    with clocked(valid_for=6.0) as project:
        project.answer(*words)
        wait_until_due(project)
        assert actions(project) == []
        assert asked(project) == 0


def test_a_number_whose_release_was_asked_for_is_left_alone(clocked: Clocked) -> None:
    with clocked(valid_for=6.0) as project:
        leaving, staying = project.bought()
        project.change(
            "UPDATE numbers SET release_requested_at = updated_at WHERE phone_number = ?", leaving
        )
        wait_until_due(project)
        assert actions(project) == [("reverified", staying)]


@pytest.mark.parametrize(
    "fault",
    [
        {"path": ASK, "status": 400, "body": {"error": {"code": 136024, "message": "no"}}},
        {"path": "verify_code", "status": 422, "body": {"error": {"code": 100, "message": "no"}}},
    ],
    ids=["no code", "wrong code"],
)
def test_where_it_fails_the_number_stays_ready_until_its_end(
    clocked: Clocked, fault: dict[str, Any]
) -> None:
    with clocked() as project:
        wait_until_due(project)
        project.sandbox.fault(method="POST", fault="status", times=1, **fault)
        called = project.call("reconcile", "--json")
        assert called.exit_code == 7, called.err
        assert project.states() == {"ready": 2}
        (failing,) = project.answer("status")["attention"]
        assert failing["kind"] == "reverification_failing"
        assert "(the next attempt is at " in failing["message"]
        assert project.rows(
            "SELECT phone_number, lease_until, verification_failures FROM numbers"
            " WHERE reason IS NOT NULL"
        ) == [(failing["phone_number"], None, 1)]
        project.sandbox.forget_requests()
        assert actions(project) == [], "it waits for its next attempt"
        assert asked(project) == 0
        answers = [project.answer("resolve", "--ref", ref)["path"] for ref in ("a", "b")]
        assert answers == ["pool", "pool"], "it is handed out all the same"
        kinds = [one["kind"] for one in project.answer("status")["attention"]]
        assert kinds == ["pool_short"]


def test_a_vendor_that_is_away_is_no_failure_and_leaves_no_lease(clocked: Clocked) -> None:
    with clocked() as project:
        wait_until_due(project)
        project.sandbox.fault(method="POST", path=ASK, fault="status", status=503)
        assert project.call("reconcile").exit_code == 75
        project.sandbox.clear_faults()
        assert project.rows(
            "SELECT DISTINCT state, lease_until, verification_failures, reason FROM numbers"
        ) == [("ready", None, 0, None)]
        assert sorted(actions(project)) == sorted(("reverified", n) for n in project.bought())


def test_a_number_under_a_lease_is_not_handed_out_and_one_whose_lease_is_over_is(
    project: ReadyProject,
) -> None:
    project.answer("pool", "fill")
    soon = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    over = (datetime.now(UTC) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    first, second = project.bought()
    change = "UPDATE numbers SET lease_until = ? WHERE phone_number = ?"
    project.change(change, soon, first)
    project.change(change, over, second)
    answer = project.answer("resolve", "--ref", "a", "--no-provision")
    assert answer["phone_number"] == second
    assert project.call("resolve", "--ref", "b", "--no-provision").exit_code == 8
    project.change(change, over, first)
    assert project.answer("resolve", "--ref", "b", "--no-provision")["phone_number"] == first


def test_a_part_of_the_pool_can_be_handed_out_while_others_are_verified_anew(
    clocked: Clocked,
) -> None:
    with clocked(meta={"code_timeout": "3s"}) as project:
        wait_until_due(project)
        project.sandbox.fault(method="POST", path=ASK, fault="delay", delay_ms=1500, times=1)
        running = project.start("reconcile")
        try:
            _wait_for_lease(project)
            answer = project.answer("resolve", "--ref", "a", "--no-provision")
            assert answer["path"] == "pool"
        finally:
            _, err = running.communicate(timeout=30)
        assert running.returncode == 0, err
        assert project.states() == {"ready": 2, "reserved": 1}, "and one was bought in its place"


def _wait_for_lease(project: ReadyProject) -> None:
    until = time.monotonic() + 10
    statement = "SELECT 1 FROM numbers WHERE lease_until IS NOT NULL"
    while not project.rows(statement):
        assert time.monotonic() < until, "no number is verified anew"
        time.sleep(0.01)


def test_status_names_the_next_expiries_soonest_first(project: ReadyProject) -> None:
    project.answer("pool", "set", "US", "--target-size", "6")
    project.answer("pool", "fill")
    document = project.answer("status")
    shown = document["next_expiries"]
    assert len(shown) == 5
    assert shown[0].keys() == {"phone_number", "pool", "verification_expiry_time"}
    times = [one["verification_expiry_time"] for one in shown]
    assert times == sorted(times)
    (line,) = [one for one in project.call("status").out.splitlines() if "next expir" in one]
    assert line.startswith(f"next expiries: {shown[0]['phone_number']} on {times[0][:10]}, ")


def test_numbers_are_verified_anew_by_voice_too(clocked: Clocked) -> None:
    with clocked(valid_for=20.0) as project:
        project.answer("config", "set", "meta.code_method", "voice")
        before = expiries(project)
        wait_until_due(project)
        assert len(actions(project)) == 2
        after = expiries(project)
        assert all(after[number] > before[number] for number in before)
        assert called_and_put_back(project)


def test_a_code_by_hand_serves_a_number_that_is_to_be_verified_anew(clocked: Clocked) -> None:
    with clocked(valid_for=30.0, pools={"US": {"target_size": 1}}) as project:
        (number,) = expiries(project)
        before = expiries(project)[number]
        project.sandbox.codes_come(number, "two-codes")
        take = r"IncomingPhoneNumbers/PN\w+\.json"
        project.sandbox.fault(method="POST", path=take, fault="status", status=400)
        wait_until_due(project)
        assert project.call("reconcile").exit_code == 5
        assert expiries(project)[number] == before
        project.sandbox.clear_faults()
        assert project.call("number", "verify", number, "--code", "000000").exit_code == 5
        code = first_code(project)
        assert project.answer("number", "verify", number, "--code", code)["state"] == "ready"
        assert expiries(project)[number] > before
