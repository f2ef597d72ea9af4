"""`number`: list, show, history, verify, add-to-pool."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

from .releasing import ready, release

PROMISED = {
    "setup_link",
    "phone_number_id",
    "business_account_id",
    "phone_number",
    "sid",
    "country",
    "number_type",
    "state",
    "reason",
    "pool",
    "preverified_id",
    "verification_expiry_time",
    "ref",
    "customer",
    "reserved_until",
    "monthly_price",
    "currency",
    "bought_at",
    "updated_at",
}


def numbers(project: ReadyProject, *words: str) -> list[str]:
    listed = project.answer("number", "list", *words)["numbers"]
    return [number["phone_number"] for number in listed]


def test_list_filters_by_country_state_customer_and_ref(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    held = project.answer("resolve", "--ref", "a", "--customer", "c-1")["phone_number"]
    live = project.answer("resolve", "--country", "CL", "--ref", "b")["phone_number"]
    assert len(numbers(project)) == 3
    assert numbers(project, "--country", "cl") == [live]
    assert numbers(project, "--state", "reserved") == [held, live]
    assert numbers(project, "--customer", "c-1") == [held]
    assert numbers(project, "--ref", "b") == [live]
    assert numbers(project, "--country", "CL", "--state", "ready") == []
    assert project.call("number", "list", "--state", "missing").err == "no number matches\n"


def test_list_in_a_pipe_is_tab_separated(project: ReadyProject) -> None:
    number = project.answer("resolve", "--country", "CL", "--ref", "a")["phone_number"]
    assert project.call("number", "list").out == f"{number}\tCL\tlocal\treserved\t-\ta\t-\n"


def test_foreign_numbers_are_shown_and_never_touched(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    sid = project.sandbox.buy_in_console("+56225550123", "somebody's own")
    document = project.answer("number", "list", "--foreign")
    assert document["numbers"] == [
        {"phone_number": "+56225550123", "sid": sid, "friendly_name": "somebody's own"}
    ]
    assert "+56225550123" not in numbers(project)


def test_show_has_every_promised_key_and_the_history(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    number = project.answer("resolve", "--ref", "a")["phone_number"]
    shown = project.answer("number", "show", number)
    assert shown.keys() - {"schema", "history"} == PROMISED
    (listed,) = project.answer("number", "list", "--ref", "a")["numbers"]
    assert listed == {key: shown[key] for key in PROMISED}
    events = project.answer("number", "history", number)["events"]
    assert events == shown["history"]
    assert [event["kind"] for event in events] == [
        "bought",
        "begin_verification",
        "code_requested",
        "verified",
        "claim",
    ]
    assert events[0].keys() == {
        "at",
        "kind",
        "from_state",
        "to_state",
        "run_id",
        "host",
        "detail",
    }


def test_verify_makes_one_number_ready_and_does_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(code="none") as sandbox:
        soon = {"code_timeout": "1s"}
        pools = {"US": {"target_size": 1}}
        project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools, meta=soon)
        assert project.call("pool", "fill").exit_code == 5
        (number,) = numbers(project)
        before = project.everything()
        called = project.call("number", "verify", number, "--json")
        assert called.exit_code == 3
        assert called.document["error"]["hint"].endswith(f"number verify {number} --force")
        assert project.everything() == before
        called = project.call("number", "verify", number, "--force", "--json")
        assert called.exit_code == 5
        assert "without a call" in called.document["error"]["reason"]
        assert project.states() == {"provisioned": 1}
        sandbox.codes_come(number, "sms")
        assert project.answer("number", "verify", number, "--force")["state"] == "ready"


def test_a_number_that_is_ready_already_is_left_alone(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    before = project.everything()
    project.sandbox.forget_requests()
    assert project.answer("number", "verify", numbers(project)[0])["state"] == "ready"
    assert project.everything() == before
    assert project.sandbox.requests() == []


def test_only_members_of_a_pool_are_verified(project: ReadyProject) -> None:
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    called = project.call("number", "verify", number)
    assert called.exit_code == 3
    assert f"hint: kapso-twilio number add-to-pool {number}" in called.err
    added = project.answer("number", "add-to-pool", number)
    assert (added["pool"], added["state"]) == ("US", "provisioned")
    assert project.answer("number", "verify", number)["state"] == "ready"
    assert len(project.bought()) == 1


def test_a_number_joins_the_pool_of_its_own_country_only(project: ReadyProject) -> None:
    number = project.answer("provision", "--country", "CL", "--yes")["phone_number"]
    called = project.call("number", "add-to-pool", number)
    assert called.exit_code == 3
    assert "there is no pool for Chile (CL)" in called.err
    assert "hint: kapso-twilio pool set CL --target-size N" in called.err


def test_a_member_that_was_added_counts_towards_the_target(project: ReadyProject) -> None:
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    before = project.everything()
    project.answer("number", "add-to-pool", number, "--dry-run")
    assert project.everything() == before
    project.answer("number", "add-to-pool", number)
    (pool,) = project.answer("pool", "fill")["pools"]
    assert (pool["bought"], pool["verified"]) == (1, 2)
    assert project.owes_what_it_knows()


def test_a_number_of_an_earlier_project_is_not_this_ones(
    project: ReadyProject, sandbox: RunningSandbox
) -> None:
    sandbox.buy_in_console("+12145550123", "kt:acme:aaaaaaaa:bbbbbbbbbbbbbbbb")
    assert numbers(project, "--foreign") == [], "it bears this project's label"
    assert numbers(project) == []


def quarantined(project: ReadyProject) -> str:
    """A pool's number that was put aside."""
    project.answer("pool", "fill")
    (number, _) = numbers(project)
    project.change(
        "UPDATE numbers SET state = 'quarantined', reason = 'adopted', verification_failures = 3"
        " WHERE phone_number = ?",
        number,
    )
    return number


def test_a_quarantined_number_joins_only_by_force_and_is_told_why(project: ReadyProject) -> None:
    number = quarantined(project)
    before = project.everything()
    called = project.call("number", "add-to-pool", number)
    assert (called.exit_code, project.everything()) == (3, before)
    assert f"error: {number} is quarantined: adopted" in called.err
    assert "a person must say" in called.err
    assert f"kapso-twilio number add-to-pool {number} --force" in called.err
    added = project.answer("number", "add-to-pool", number, "--force")
    assert (added["state"], added["pool"]) == ("provisioned", "US")
    events = project.answer("number", "history", number)["events"]
    assert (events[-1]["kind"], events[-1]["from_state"]) == ("clear", "quarantined")
    assert project.rows("SELECT max(verification_failures), max(reason) FROM numbers") == [
        (0, None)
    ]
    project.answer("pool", "fill")
    assert project.states() == {"ready": 2}


def kinds(events: list[dict[str, str]]) -> list[str]:
    return [event["kind"] for event in events]


def test_a_released_number_still_shows_what_it_was_and_what_happened_to_it(
    project: ReadyProject,
) -> None:
    number = ready(project)
    assert release(project, number).exit_code == 0
    shown = project.answer("number", "show", number)
    assert (shown["phone_number"], shown["state"]) == (number, "released")
    events = project.answer("number", "history", number)["events"]
    assert events == shown["history"]
    assert (kinds(events)[0], kinds(events)[-1]) == ("bought", "release")
    assert "state: released\n" in project.call("number", "show", number).out
    for words in (("verify",), ("add-to-pool",)):
        called = project.call("number", *words, number)
        assert called.exit_code == 3
        assert f"{number} is not a number of project acme any more\n  reason: it was" in called.err
        assert f"hint: kapso-twilio number history {number}\n" in called.err


def test_a_number_that_was_bought_again_shows_what_it_is_now_and_all_of_its_history(
    project: ReadyProject,
) -> None:
    number = ready(project)
    release(project, number)
    before = project.answer("number", "history", number)["events"]
    sid = project.sandbox.buy_in_console(number)
    assert project.call("number", "import", number).exit_code == 0
    shown = project.answer("number", "show", number)
    assert (shown["sid"], shown["state"]) == (sid, "provisioned")
    assert kinds(shown["history"]) == ["imported"]
    events = project.answer("number", "history", number)["events"]
    assert events == [*before, *shown["history"]]


def test_a_number_that_was_never_the_projects_is_not_shown(project: ReadyProject) -> None:
    for verb in ("show", "history"):
        called = project.call("number", verb, "+13105550199")
        assert called.exit_code == 3
        assert "+13105550199 is not a number of project acme" in called.err
