"""Numbers that will not verify: tried later each time, put aside in the end, in nobody's way."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kapso_twilio_cli.sandbox.catalogue import bundle_sid
from tests.crash.scenarios import run_dying
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

from .voice_settings import voice_settings

ASK, VERIFY, ADD = "request_code", "verify_code", "add_phone_numbers"
HOUR = timedelta(hours=1)


def refusal(code: int, subcode: int | None = None, **more: object) -> dict[str, Any]:
    """Meta's own words for no."""
    details: dict[str, object] = {"message": "no", "type": "OAuthException", "code": code, **more}
    if subcode is not None:
        details["error_subcode"] = subcode
    return {"fault": "status", "status": 400, "body": {"error": details}, "method": "POST"}


def facts(project: ReadyProject) -> list[tuple[str, int, float | None]]:
    """State, failures, and in how many seconds each number is tried again."""
    rows = project.rows("SELECT state, verification_failures, next_attempt_at FROM numbers")
    now = datetime.now(UTC)
    return [
        (
            state,
            failures,
            (datetime.fromisoformat(text) - now).total_seconds() if text is not None else None,
        )
        for state, failures, text in rows
    ]


def asked(project: ReadyProject, what: str = ASK) -> int:
    """How many requests of this kind Meta got."""
    return sum(what in one for one in project.sandbox.requests())


def let_time_pass(project: ReadyProject) -> None:
    """Let every number's next attempt be due."""
    project.change("UPDATE numbers SET next_attempt_at = '2026-01-01T00:00:00.000000Z'")


@pytest.fixture
def single(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A pool of one."""
    return ready_project(
        tmp_path,
        monkeypatch,
        sandbox,
        pools={"US": {"target_size": 1}},
        meta={"code_timeout": "1s", "max_attempts": 2},
    )


@pytest.mark.parametrize(
    ("fault", "exit_code", "least"),
    [
        (refusal(136024), 5, HOUR),
        (refusal(136024, 2388367), 5, 24 * HOUR),
        (refusal(136024, 2388091), 5, 2 * HOUR),
        (refusal(100), 5, timedelta(minutes=4)),
        (refusal(133015), 5, timedelta(minutes=5)),
        (refusal(133016), 5, 72 * HOUR),
    ],
    ids=["136024", "136024/2388367", "136024/2388091", "100", "133015", "133016"],
)
def test_what_meta_refuses_is_the_numbers_failure_and_puts_it_off(
    single: ReadyProject, fault: Mapping[str, Any], exit_code: int, least: timedelta
) -> None:
    single.sandbox.fault(path=ASK, times=1, **fault)
    called = single.call("pool", "fill", "--json")
    assert called.exit_code == exit_code
    ((state, failures, wait),) = facts(single)
    assert (state, failures) == ("provisioned", 1)
    assert wait is not None
    assert wait > least.total_seconds() - 60
    single.sandbox.forget_requests()
    (pool,) = single.answer("pool", "fill")["pools"]
    assert (pool["bought"], pool["verified"], pool["shortfall"]) == (0, 0, 1)
    assert pool["reasons"][0].startswith("1 waits for its next attempt, at ")
    assert asked(single) == 0
    let_time_pass(single)
    assert single.answer("pool", "fill")["pools"][0]["ready"] == 1
    assert facts(single) == [("ready", 0, None)]


@pytest.mark.parametrize(
    ("fault", "exit_code"),
    [
        (refusal(190), 4),
        (refusal(10), 4),
        (refusal(200), 4),
        *((refusal(code), 75) for code in (2, 4, 17, 613, 80007, 80008, 133004)),
        (refusal(1, is_transient=True), 75),
    ],
    ids=lambda value: str(value["body"]["error"]["code"]) if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("path", [ADD, ASK])
def test_what_the_vendor_says_of_itself_is_no_failure_of_the_number(
    single: ReadyProject, fault: Mapping[str, Any], exit_code: int, path: str
) -> None:
    single.sandbox.fault(path=path, times=1, **fault)
    assert single.call("pool", "fill").exit_code == exit_code
    assert facts(single) == [("provisioned", 0, None)]
    assert single.answer("pool", "fill")["pools"][0]["ready"] == 1


def test_a_wrong_code_is_a_failure_and_is_not_given_to_meta_again(single: ReadyProject) -> None:
    single.sandbox.fault(path=VERIFY, times=1, **refusal(100))
    assert single.call("pool", "fill").exit_code == 5
    assert facts(single)[0][:2] == ("provisioned", 1)
    let_time_pass(single)
    single.sandbox.forget_requests()
    assert single.answer("pool", "fill")["pools"][0]["ready"] == 1
    assert (asked(single), asked(single, VERIFY)) == (1, 1)


@pytest.mark.parametrize("listed", [True, False])
def test_already_verified_is_success_after_reading_the_status(
    single: ReadyProject, listed: bool
) -> None:
    """A former run's verification was never recorded; Meta then refuses another code (136024)."""
    single.sandbox.fault(path=VERIFY, method="POST", fault="drop_after", times=1)
    single.sandbox.fault(
        path=r"^/v25\.0/\d+$", method="GET", fault="status", status=503, times=None
    )
    assert single.call("pool", "fill").exit_code == 75
    single.sandbox.clear_faults()
    single.change("UPDATE numbers SET code_requested_at = NULL")
    if not listed:
        single.sandbox.fault(
            path="preverified_numbers", method="GET", fault="status", status=200, body={"data": []}
        )
    single.sandbox.forget_requests()
    assert single.answer("pool", "fill")["pools"][0]["ready"] == 1
    assert asked(single) == (0 if listed else 1)
    assert facts(single) == [("ready", 0, None)]


def test_already_verified_by_voice_leaves_nothing_on_the_number(single: ReadyProject) -> None:
    """As above; what was to answer the call goes at once, before the number can be handed out."""
    single.answer("config", "set", "meta.code_method", "voice")
    single.sandbox.fault(path=VERIFY, method="POST", fault="drop_after", times=1)
    single.sandbox.fault(
        path=r"^/v25\.0/\d+$", method="GET", fault="status", status=503, times=None
    )
    assert single.call("pool", "fill").exit_code == 75
    single.sandbox.clear_faults()
    single.change("UPDATE numbers SET code_requested_at = NULL")
    single.sandbox.fault(
        path="preverified_numbers", method="GET", fault="status", status=200, body={"data": []}
    )
    single.sandbox.forget_requests()
    assert single.answer("pool", "fill")["pools"][0]["ready"] == 1
    assert asked(single) == 1
    assert {one["voice_url"] for one in voice_settings(single).values()} == {""}
    assert single.rows("SELECT 1 FROM numbers WHERE voice_before IS NOT NULL") == []


def test_renewals_that_failed_count_against_purchases_when_their_time_is_over(
    project: ReadyProject,
) -> None:
    owned_members(project, 3)
    project.answer("pool", "fill")
    project.change(
        "UPDATE numbers SET state = 'provisioned', verification_failures = 1,"
        " next_attempt_at = '2027-01-01T00:00:00.000000Z'"
    )
    project.change(
        "INSERT INTO events (number_id, at, kind, to_state, run_id, host)"
        " SELECT id, updated_at, 'renewal_failed', 'provisioned', 'r', 'h' FROM numbers"
    )
    project.answer("pool", "set", "US", "--target-size", "6")
    (pool,) = project.answer("pool", "fill")["pools"]
    assert pool["bought"] == 0
    assert any("nothing is bought until one gets through" in one for one in pool["reasons"])


def test_a_number_that_fails_too_often_is_put_aside_with_its_reason_and_the_choices(
    single: ReadyProject,
) -> None:
    single.sandbox.fault(path=ASK, times=None, **refusal(136024))
    single.call("pool", "fill")
    let_time_pass(single)
    single.call("pool", "fill")
    (number,) = single.bought()
    assert facts(single)[0][:2] == ("quarantined", 2)
    history = single.answer("number", "history", number)["events"]
    assert history[-1]["kind"] == "give_up"
    (attention,) = [
        one for one in single.answer("status")["attention"] if one["phone_number"] == number
    ]
    assert attention["kind"] == "quarantined"
    assert "given up after 2 failures in a row: Meta refused to send a code" in attention["message"]
    assert "1.15 USD a month" in attention["message"]
    assert f"kapso-twilio number verify {number} --force" in attention["hint"]
    assert f"kapso-twilio number release {number} --confirm {number}" in attention["hint"]
    single.sandbox.clear_faults()
    assert single.answer("number", "verify", number, "--force")["state"] == "ready"
    assert facts(single) == [("ready", 0, None)]


def test_a_country_whose_numbers_all_fail_is_not_bought_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(code="none") as sandbox:
        project = ready_project(
            tmp_path,
            monkeypatch,
            sandbox,
            pools={"US": {"target_size": 2}},
            meta={"code_timeout": "1s", "max_attempts": 1},
        )
        for _ in range(2):
            assert project.call("pool", "fill").exit_code == 5
        assert project.states() == {"quarantined": 4}
        (pool,) = project.answer("pool", "fill")["pools"]
        assert (pool["bought"], pool["shortfall"]) == (0, 2)
        (reason,) = pool["reasons"]
        assert reason.startswith(
            "4 are quarantined, and 2 of them not replaced (limits.max_quarantined is 2)"
        )
        assert project.answer("status")["monthly_cost_at_target"] == "4.60"
        project.answer("config", "set", "limits.max_quarantined", "3")
        project.call("pool", "fill")
        assert len(project.bought()) == 5
        assert project.owes_what_it_knows()


def test_failures_of_former_runs_count_until_one_gets_through(
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
        project.answer("pool", "set", "US", "--target-size", "1")
        assert project.call("pool", "fill").exit_code == 5
        project.answer("pool", "set", "US", "--target-size", "8")
        assert project.call("pool", "fill").exit_code == 5
        assert len(project.bought()) == 3, "the one that failed before counts"
        sandbox.forget_requests()
        for _ in range(2):
            (pool,) = project.answer("pool", "fill")["pools"]
            assert (pool["bought"], pool["failed"]) == (0, 0)
            assert pool["reasons"][1].startswith("nothing is bought until one gets through")
        assert sandbox.requests() == []


def owned_members(project: ReadyProject, count: int) -> None:
    """A pool of so many numbers that were never verified."""
    for _ in range(count):
        number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
        project.answer("number", "add-to-pool", number)
    project.answer("pool", "set", "US", "--target-size", str(count))


def test_three_in_a_row_stop_a_country_that_had_a_success_too(project: ReadyProject) -> None:
    owned_members(project, 8)
    project.sandbox.fault(path=ASK, method="POST", fault="delay", times=1)
    project.sandbox.fault(path=ASK, times=None, **refusal(136024))
    project.sandbox.forget_requests()
    assert project.call("pool", "fill", "--concurrency", "1").exit_code == 7
    assert project.states() == {"ready": 1, "provisioned": 7}
    assert 4 <= asked(project) < 8


def test_three_in_a_row_spend_no_more_attempts_on_the_numbers_that_are_there(
    project: ReadyProject,
) -> None:
    owned_members(project, 6)
    project.sandbox.fault(path=ASK, times=None, **refusal(136024))
    project.sandbox.forget_requests()
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 5
    assert asked(project) == 3
    assert "3 more were asked no code for" in called.document["pools"][0]["reasons"][-1]
    project.sandbox.clear_faults()
    (pool,) = project.answer("pool", "fill")["pools"]
    assert (pool["ready"], pool["bought"]) == (3, 0), "those that failed do not stop the others"
    # Their rows change, which is no new failure.
    project.answer("webhook", "configure", "--all", "--public-url", "https://kt.example.com")
    project.answer("pool", "set", "US", "--target-size", "7")
    (pool,) = project.answer("pool", "fill")["pools"]
    assert (pool["ready"], pool["bought"]) == (4, 1), pool["reasons"]


def test_what_two_countries_meet_is_asked_of_no_third(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox() as sandbox:
        pools = {country: {"target_size": 4} for country in ("US", "CL", "GB")}
        mobile = {"GB": {"number_type": "mobile", "bundle_sid": bundle_sid("GB", "mobile")}}
        project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools, countries=mobile)
        sandbox.fault(path=ASK, times=None, **refusal(136024))
        assert project.call("pool", "fill", "--concurrency", "1").exit_code == 5
        assert asked(project) < 9


def test_one_bad_number_blocks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(
        tmp_path,
        monkeypatch,
        sandbox,
        pools={"US": {"target_size": 3}},
        meta={"max_attempts": 2},
    )
    sandbox.fault(path=ASK, times=1, **refusal(136024))
    assert project.call("pool", "fill").exit_code == 7
    assert project.states() == {"ready": 2, "provisioned": 1}
    bad = project.rows("SELECT phone_number FROM numbers WHERE state = 'provisioned'")[0][0]
    let_time_pass(project)
    sandbox.fault(path=ASK, times=1, **refusal(136024))
    project.call("pool", "fill")
    assert project.states() == {"ready": 2, "quarantined": 1}
    (pool,) = project.answer("pool", "fill")["pools"]
    assert (pool["bought"], pool["ready"], pool["reasons"]) == (1, 3, [])
    assert project.answer("number", "show", bad)["state"] == "quarantined"


def test_a_full_portfolio_is_no_failure_of_a_number_and_stops_purchases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(portfolio_limit=2) as sandbox:
        project = ready_project(
            tmp_path,
            monkeypatch,
            sandbox,
            pools={"US": {"target_size": 4}, "CL": {"target_size": 4}},
        )
        called = project.call("pool", "fill", "--concurrency", "1", "--json")
        assert called.exit_code == 7
        assert "portfolio takes no more numbers" in called.document["error"]["reason"]
        left = [row for row in facts(project) if row[0] == "provisioned"]
        assert left == [("provisioned", 0, None)] * len(left)
        assert len(project.bought()) <= 4
        project.call("pool", "fill")
        bought = len(project.bought())
        assert bought <= 2 + 3 + 3, "no more than three of a country are bought in vain"
        for _ in range(2):
            assert project.call("pool", "fill").exit_code == 5
        assert len(project.bought()) == bought, "what is there comes before more is bought"


def test_a_code_that_a_killed_run_asked_for_is_looked_for_before_another_is_asked(
    single: ReadyProject,
) -> None:
    killed = run_dying(single, ASK, "pool", "fill")
    assert killed.exit_code == -9
    assert single.rows("SELECT state, code_requested_at IS NOT NULL FROM numbers") == [
        ("verifying", 1)
    ]
    single.sandbox.forget_requests()
    assert single.answer("pool", "fill")["pools"][0]["ready"] == 1
    assert (asked(single), asked(single, VERIFY)) == (0, 1)


def test_a_code_that_came_too_late_is_used_by_the_next_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(code="late", code_delay_seconds=2.5) as sandbox:
        project = ready_project(
            tmp_path,
            monkeypatch,
            sandbox,
            pools={"US": {"target_size": 1}},
            meta={"code_timeout": "1s"},
        )
        assert project.call("pool", "fill").exit_code == 5
        sandbox.forget_requests()
        (number,) = project.bought()
        time.sleep(2.0)
        assert project.answer("number", "verify", number, "--force")["state"] == "ready"
        assert asked(project) == 0


def test_what_stood_in_the_inbox_is_written_before_another_code_is_asked_for(
    single: ReadyProject,
) -> None:
    single.sandbox.fault(path=ASK, method="POST", fault="drop_before", times=1)
    assert single.call("pool", "fill").exit_code == 75
    (number,) = single.bought()
    sid = single.sandbox.message(number, "32665", "Your order 123-456 is on its way")
    single.sandbox.fault(path=ASK, method="POST", fault="drop_before", times=1)
    assert single.call("pool", "fill").exit_code == 75
    assert single.rows("SELECT inbox_mark FROM numbers") == [(sid,)]
    assert single.answer("pool", "fill")["pools"][0]["ready"] == 1
    assert single.rows("SELECT inbox_mark, code_requested_at FROM numbers") == [(None, None)]


def test_a_reconcile_that_only_waits_is_silent_and_a_dry_run_says_why(
    single: ReadyProject,
) -> None:
    single.sandbox.fault(path=ASK, times=1, **refusal(136024))
    assert single.call("reconcile").exit_code == 7
    quiet = single.call("reconcile")
    assert (quiet.exit_code, quiet.out, quiet.err) == (0, "", "")
    for words in (("pool", "fill"), ("reconcile",)):
        shown = single.call(*words, "--dry-run")
        assert "US: 1 waits for its next attempt, at " in shown.err


def test_a_wrong_code_is_no_success_by_a_verification_that_is_nearly_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meta has the number verified, though not for `min_validity`: that is not this attempt's."""
    with running_sandbox(verification_days=8 / 86_400) as sandbox:
        project = ready_project(
            tmp_path,
            monkeypatch,
            sandbox,
            pools={"US": {"target_size": 1}},
            onboarding={"min_validity": "0s"},
        )
        project.answer("pool", "fill")
        time.sleep(5.1)
        project.answer("config", "set", "onboarding.min_validity", "4s")
        sandbox.fault(path=VERIFY, times=1, **refusal(100))
        called = project.call("pool", "fill", "--json")
        assert called.exit_code == 5
        assert called.document["error"]["message"] == "Meta refused to verify the code"
        assert facts(project)[0][:2] == ("provisioned", 1)
