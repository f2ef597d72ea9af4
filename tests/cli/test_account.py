"""`reconcile` holds the inventory against the account: what it forgot, and what is gone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox

from .account import LISTING, ONE, OURS, STRAY, actions, kinds, name_of, number, rename


@pytest.fixture
def filled(project: ReadyProject) -> ReadyProject:
    """A pool of two ready numbers."""
    project.answer("pool", "fill")
    return project


def test_a_stray_is_taken_in_and_waits_for_a_person(filled: ReadyProject) -> None:
    filled.sandbox.buy_in_console(OURS, STRAY)
    assert actions(filled) == [("adopted", OURS)]
    taken = number(filled, OURS)
    assert (taken["state"], taken["reason"], taken["pool"]) == ("quarantined", "adopted", None)
    assert (taken["country"], taken["monthly_price"]) == ("US", "1.15")
    assert "adopted" in kinds(filled)
    assert actions(filled) == []
    assert name_of(filled, OURS) == STRAY


def test_a_stray_that_kapso_lists_is_connected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    project.answer("pool", "fill")
    sandbox.buy_in_console(OURS, STRAY)
    sandbox.claim(phone_number=OURS, customer_id="c")
    assert actions(project) == [("adopted", OURS)]
    assert number(project, OURS)["state"] == "connected"


def test_what_was_adopted_counts_as_bought_until_somebody_decides(filled: ReadyProject) -> None:
    filled.sandbox.buy_in_console(OURS, STRAY)
    actions(filled)
    filled.answer("pool", "set", "US", "--target-size", "3")
    assert actions(filled) == []
    assert len(filled.bought()) == 3


def test_foreign_numbers_are_shown_and_never_touched(filled: ReadyProject) -> None:
    filled.sandbox.buy_in_console(OURS, "the sales line")
    filled.sandbox.buy_in_console("+14155550124", "kt:another:abcdefgh:aaaaaaaaaaaaaaaa")
    assert actions(filled) == []
    (found,) = [
        one for one in filled.answer("status")["attention"] if one["kind"] == "foreign_numbers"
    ]
    assert found["severity"] == "info"
    assert found["message"] == "2 numbers of the account are not this project's"
    assert name_of(filled, OURS) == "the sales line"


def test_a_number_that_is_gone_is_missing_and_its_place_is_filled(filled: ReadyProject) -> None:
    gone, _ = filled.bought()
    filled.sandbox.remove(gone)
    done = actions(filled)
    assert done[0] == ("missing", gone)
    assert [kind for kind, _ in done] == ["missing", "bought", "verified"]
    lost = number(filled, gone)
    assert (lost["state"], lost["reason"]) == ("missing", "it was ready")
    assert "missing" in kinds(filled)


def test_a_missing_number_that_is_back_has_the_state_it_had_but_no_verification(
    filled: ReadyProject,
) -> None:
    reserved = filled.answer("resolve", "--ref", "a")["phone_number"]
    ready = next(one for one in filled.bought() if one != reserved)
    held = {one: name_of(filled, one) for one in (reserved, ready)}
    for one in held:
        filled.sandbox.remove(one)
    assert sorted(actions(filled, "--no-fill")) == sorted(("missing", one) for one in held)
    refused = filled.call("resolve", "--ref", "a")
    assert refused.exit_code == 3
    assert "is not in the account any more" in refused.err
    for one, label in held.items():
        filled.sandbox.buy_in_console(one, label)
    assert sorted(actions(filled, "--no-fill")) == sorted(("found", one) for one in held)
    assert filled.states() == {"reserved": 1, "provisioned": 1}
    assert filled.answer("resolve", "--ref", "a")["phone_number"] == reserved
    assert kinds(filled) & {"missing", "adopted"} == set()


def test_what_a_listing_leaves_out_is_asked_for_before_it_is_missing(filled: ReadyProject) -> None:
    filled.sandbox.fault(fault="skip_page", method="GET", path=LISTING)
    assert actions(filled) == []
    assert filled.states() == {"ready": 2}


def test_too_many_absent_at_once_are_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, pools={"US": {"target_size": 6}})
    project.answer("pool", "fill")
    for one in project.bought():
        sandbox.remove(one)
    sandbox.forget_requests()
    assert actions(project) == []
    assert [one for one in sandbox.requests() if ONE in one] == []
    assert project.states() == {"ready": 6}
    assert "too_many_absent" in kinds(project)


def test_an_edited_label_is_attention_and_no_more(filled: ReadyProject) -> None:
    one, _ = filled.bought()
    label = name_of(filled, one)
    rename(filled, one, "the sales line")
    assert actions(filled) == []
    assert filled.states() == {"ready": 2}
    (found,) = [x for x in filled.answer("status")["attention"] if x["kind"] == "label_edited"]
    assert found["phone_number"] == one
    assert "'the sales line'" in found["message"]
    rename(filled, one, label)
    assert actions(filled) == []
    assert "label_edited" not in kinds(filled)


def test_a_connection_that_kapso_lists_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    project.answer("pool", "fill")
    held = project.answer("resolve", "--ref", "a")
    sandbox.claim(preverified_id=held["preverified_id"], customer_id="c")
    assert ("connected", held["phone_number"]) in actions(project)
    assert project.answer("resolve", "--ref", "a")["phone_number"] == held["phone_number"]


def test_numbers_of_another_account_stop_everything_and_nothing_is_marked(
    filled: ReadyProject,
) -> None:
    another = "AC" + "9" * 32
    listed = {
        "sid": "PN" + "9" * 32,
        "account_sid": another,
        "phone_number": OURS,
        "friendly_name": "theirs",
        "capabilities": {"sms": True, "voice": True, "mms": True},
    }
    body = {"incoming_phone_numbers": [listed], "next_page_uri": None, "page": 0}
    filled.sandbox.fault(fault="status", status=200, body=body, method="GET", path=LISTING)
    called = filled.call("reconcile", "--json")
    assert called.exit_code == 3
    assert called.document["error"]["message"] == (
        f"Twilio lists numbers of another account: {another}"
    )
    assert filled.states() == {"ready": 2}


def test_a_dry_run_tells_what_the_run_then_does(filled: ReadyProject) -> None:
    filled.answer("config", "set", "onboarding.reservation_ttl", "1s")
    kept = filled.answer("resolve", "--ref", "a")["phone_number"]
    filled.sandbox.remove(next(one for one in filled.bought() if one != kept))
    filled.sandbox.buy_in_console(OURS, STRAY)
    time.sleep(1.1)
    before, ledger = filled.everything(), filled.sandbox.ledger()
    told = filled.answer("reconcile", "--dry-run")["actions"]
    assert filled.call("reconcile", "--dry-run", "--detailed-exitcode").exit_code == 10
    assert filled.everything() == before
    assert filled.sandbox.ledger() == ledger
    done = filled.answer("reconcile")["actions"]
    assert {"adopted", "missing", "reservation_expired"} <= {one["kind"] for one in told}
    by_the_fill = ("bought", "verified")  # which numbers are for sale is not known before
    assert [one for one in told if one["kind"] not in by_the_fill] == [
        one for one in done if one["kind"] not in by_the_fill
    ]
    many = [[one["kind"] for one in some].count("bought") for some in (told, done)]
    assert many[0] == many[1]
    assert kept in {one["phone_number"] for one in filled.answer("number", "list")["numbers"]}


def test_a_number_that_another_project_labelled_is_left_to_it(filled: ReadyProject) -> None:
    reserved = filled.answer("resolve", "--ref", "a")["phone_number"]
    free = next(one for one in filled.bought() if one != reserved)
    for one in (reserved, free):
        rename(filled, one, "kt:another:abcdefgh:aaaaaaaaaaaaaaaa")
    called = filled.call("reconcile", "--no-fill")
    assert called.exit_code == 0
    assert f"missing: {free} it is project another's now" in called.out
    assert "project another has its label on it" in called.err
    assert filled.states() == {"reserved": 1, "missing": 1}
    (found,) = [x for x in filled.answer("status")["attention"] if x["kind"] == "two_projects"]
    assert (found["phone_number"], found["severity"]) == (reserved, "critical")
    assert actions(filled, "--no-fill") == []


def test_a_number_that_was_bought_again_under_another_sid_is_found_in_one_run(
    filled: ReadyProject,
) -> None:
    one, _ = filled.bought()
    label = name_of(filled, one)
    filled.sandbox.remove(one)
    sid = filled.sandbox.buy_in_console(one, label)
    released = filled.call("number", "release", one, "--confirm", one)
    assert released.exit_code == 3
    assert "it was bought again outside this program" in released.err
    assert actions(filled, "--no-fill") == [("missing", one), ("found", one)]
    back = number(filled, one)
    assert (back["sid"], back["state"]) == (sid, "provisioned")


def test_what_an_adopted_number_costs_is_asked_for_until_it_is_known(filled: ReadyProject) -> None:
    filled.sandbox.buy_in_console(OURS, STRAY)
    no_key = {"code": 70051, "message": "no", "status": 401}
    filled.sandbox.fault(
        fault="status",
        status=401,
        body=no_key,
        method="GET",
        path="PhoneNumbers/Countries",
        times=2,
    )
    assert actions(filled, "--no-fill") == [("adopted", OURS)]
    (found,) = [x for x in filled.answer("status")["attention"] if x["kind"] == "adopted"]
    assert found["message"].endswith("its price is not known")
    refused = filled.call("provision", "--country", "CL", "--yes")
    assert refused.exit_code == 6
    assert "what some numbers cost is not known" in refused.err
    filled.answer("reconcile", "--no-fill")
    assert number(filled, OURS)["monthly_price"] == "1.15"
    filled.answer("provision", "--country", "CL", "--yes")


def test_a_person_may_accept_that_many_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, pools={"US": {"target_size": 6}})
    project.answer("pool", "fill")
    for one in project.bought():
        sandbox.remove(one)
    called = project.call("reconcile", "--no-fill")
    assert (called.exit_code, called.out) == (0, "")
    assert "6 of 6 numbers were not listed by Twilio" in called.err
    project.answer("reconcile", "--no-fill", "--accept-missing")
    assert project.states() == {"missing": 6}
    assert "too_many_absent" not in kinds(project)


def test_adopted_numbers_that_hold_purchases_back_are_named(filled: ReadyProject) -> None:
    filled.sandbox.buy_in_console(OURS, STRAY)
    actions(filled)
    filled.answer("pool", "set", "US", "--target-size", "3")
    (pool,) = filled.answer("pool", "fill")["pools"]
    assert pool["bought"] == 0
    (reason,) = pool["reasons"]
    assert reason.startswith("1 adopted number counts as bought until you decide: kapso-twilio")
    assert reason.endswith("number list --country US --state quarantined")
    status = filled.answer("status")
    assert status["monthly_cost_at_target"] == status["monthly_cost"]
