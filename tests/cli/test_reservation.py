"""`reservation`: who holds which number, and how that ends."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.crash.books import check_books
from tests.crash.scenarios import run_dying, was_killed
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox


def handed_out(project: ReadyProject, ref: str = "a") -> dict[str, Any]:
    project.answer("pool", "fill")
    return project.answer("resolve", "--ref", ref, "--customer", "c-1")


def test_list_shows_what_is_held_soonest_to_end_first(project: ReadyProject) -> None:
    held = handed_out(project)
    live = project.answer("resolve", "--country", "CL", "--ref", "b")
    rows = project.answer("reservation", "list")["reservations"]
    assert [(row["ref"], row["path"]) for row in rows] == [("a", "pool"), ("b", "live")]
    assert rows[0]["phone_number"] == held["phone_number"]
    assert rows[0]["customer"] == "c-1"
    assert rows[1]["reserved_until"] == live["reserved_until"]


def test_nothing_reserved_is_said_on_stderr(project: ReadyProject) -> None:
    called = project.call("reservation", "list")
    assert (called.exit_code, called.out, called.err) == (0, "", "nothing is reserved\n")


def test_a_cancelled_pool_number_leaves_meta_first_and_is_verified_under_a_new_id(
    project: ReadyProject,
) -> None:
    held = handed_out(project)
    project.sandbox.forget_requests()
    document = project.answer("reservation", "cancel", "--ref", "a")
    assert (document["phone_number"], document["state"]) == (held["phone_number"], "provisioned")
    assert project.sandbox.requests() == [f"DELETE /v25.0/{held['preverified_id']}"]
    project.answer("reconcile")
    shown = project.answer("number", "show", held["phone_number"])
    assert shown["state"] == "ready"
    assert shown["preverified_id"] != held["preverified_id"]


def test_a_run_that_is_killed_while_it_ends_a_reservation_leaves_attention(
    project: ReadyProject,
) -> None:
    """Whether Meta's object was deleted is not known then: nobody gets the number meanwhile."""
    held = handed_out(project)
    assert was_killed(run_dying(project, "DELETE", "reservation", "cancel", "--ref", "a"))
    (attention,) = project.answer("status")["attention"][:1]
    assert (attention["kind"], attention["phone_number"]) == (
        "reservation_not_ended",
        held["phone_number"],
    )
    assert "was begun, and broken off" in attention["message"]
    project.answer("reconcile")
    assert project.states() == {"reserved": 1, "ready": 2}
    check_books(project)


def test_a_cancelled_live_number_waits_for_the_next_onboarding(project: ReadyProject) -> None:
    live = project.answer("resolve", "--country", "CL", "--ref", "a")
    assert project.answer("reservation", "cancel", live["phone_number"])["state"] == "provisioned"
    again = project.answer("resolve", "--country", "CL", "--ref", "b")
    assert again["phone_number"] == live["phone_number"]
    assert len(project.bought()) == 1


def test_what_a_customer_may_have_claimed_stays_reserved_with_attention(
    project: ReadyProject,
) -> None:
    held = handed_out(project)
    project.sandbox.claim(preverified_id=held["preverified_id"])
    called = project.call("reservation", "cancel", "--ref", "a")
    assert called.exit_code == 3
    assert "the customer may have claimed it" in called.err
    assert f"kapso-twilio connect {held['phone_number']}" in called.err
    (row,) = project.answer("reservation", "list")["reservations"]
    assert row["ref"] == "a"
    attention = project.answer("status")["attention"][0]
    assert (attention["kind"], attention["phone_number"]) == (
        "reservation_not_ended",
        held["phone_number"],
    )
    project.answer("connect", "--ref", "a")
    kinds = [one["kind"] for one in project.answer("status")["attention"]]
    assert "reservation_not_ended" not in kinds


def test_while_meta_does_not_answer_a_reservation_does_not_end(project: ReadyProject) -> None:
    handed_out(project)
    project.sandbox.fault(method="DELETE", path="/v25.0/", fault="drop_before")
    assert project.call("reservation", "cancel", "--ref", "a").exit_code == 75
    assert project.states() == {"reserved": 1, "ready": 1}
    assert project.answer("status")["attention"][0]["kind"] == "reservation_not_ended"
    assert project.answer("reservation", "cancel", "--ref", "a")["state"] == "provisioned"


def test_an_overdue_pool_reservation_is_ended_by_reconcile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, onboarding={"reservation_ttl": "1s"})
    held = handed_out(project)
    live = project.answer("resolve", "--country", "CL", "--ref", "b")
    time.sleep(1.1)
    overdue = [one for one in project.answer("status")["attention"] if one["phone_number"]]
    assert {one["kind"] for one in overdue} == {"reservation_overdue"}
    actions = project.answer("reconcile")["actions"]
    assert actions[0] == {
        "kind": "reservation_expired",
        "phone_number": held["phone_number"],
        "detail": "a",
    }
    assert project.answer("number", "show", held["phone_number"])["state"] == "ready"
    assert project.answer("number", "show", live["phone_number"])["state"] == "reserved"
    (left,) = project.answer("status")["attention"]
    assert (left["kind"], left["phone_number"]) == ("reservation_overdue", live["phone_number"])


def test_a_dry_run_cancels_nothing(project: ReadyProject) -> None:
    held = handed_out(project)
    before = project.everything()
    document = project.answer("reservation", "cancel", "--ref", "a", "--dry-run")
    assert (document["dry_run"], document["phone_number"]) == (True, held["phone_number"])
    assert project.everything() == before


@pytest.mark.parametrize("ref", ["nobody", "a"])
def test_a_ref_that_holds_nothing_is_refused(project: ReadyProject, ref: str) -> None:
    called = project.call("reservation", "cancel", "--ref", ref)
    assert called.exit_code == 3
    assert f"ref {ref} holds no number" in called.err
    assert "hint: kapso-twilio reservation list" in called.err


def gone_at_meta(project: ReadyProject) -> dict[str, Any]:
    """A reserved number whose object was deleted by a run that was killed before it recorded it."""
    held = handed_out(project)
    project.sandbox.fault(method="DELETE", path="/v25.0/", fault="drop_after")
    assert project.call("reservation", "cancel", "--ref", "a").exit_code == 75
    return held


def test_an_object_that_is_gone_ends_a_reservation_only_by_force(project: ReadyProject) -> None:
    held = gone_at_meta(project)
    called = project.call("reservation", "cancel", "--ref", "a")
    assert called.exit_code == 3
    command = f"kapso-twilio reservation cancel {held['phone_number']} --force"
    assert command in called.err
    assert project.states() == {"reserved": 1, "ready": 1}
    document = project.answer("reservation", "cancel", "--ref", "a", "--force")
    assert document["state"] == "provisioned"
    assert project.answer("reservation", "list")["reservations"] == []
    project.answer("reconcile")
    assert project.states() == {"ready": 2}


def test_by_force_too_what_kapso_lists_stays_reserved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    held = handed_out(project)
    number = held["phone_number"]
    project.sandbox.claim(preverified_id=held["preverified_id"])
    called = project.call("reservation", "cancel", "--ref", "a", "--force")
    assert called.exit_code == 3
    assert f"{number} still has a WhatsApp config at Kapso" in called.err
    assert f"hint: kapso-twilio connect {number}" in called.err
    assert project.states() == {"reserved": 1, "ready": 1}
    project.sandbox.unclaim(number)
    project.answer("reservation", "cancel", "--ref", "a", "--force")
    assert project.states() == {"provisioned": 1, "ready": 1}


def test_by_force_too_nothing_ends_while_a_vendor_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    handed_out(project)
    project.sandbox.fault(method="DELETE", path="/v25.0/", fault="drop_after")
    assert project.call("reservation", "cancel", "--ref", "a", "--force").exit_code == 75
    project.sandbox.fault(path="/platform/v1/", fault="drop_before", times=None)
    assert project.call("reservation", "cancel", "--ref", "a", "--force").exit_code == 75
    assert project.states() == {"reserved": 1, "ready": 1}
