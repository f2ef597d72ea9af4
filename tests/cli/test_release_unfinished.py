"""A release that is broken off: nothing is lost, and it goes on, or the number is kept."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from tests.projects import ReadyProject, wait_until

from .releasing import META, TWILIO, attention, ready, release, released, row, writes


@pytest.mark.parametrize("fault", ["drop_after", "truncate", "garble"])
def test_an_answer_of_meta_that_is_lost_is_looked_up_and_the_release_goes_on(
    project: ReadyProject, fault: str
) -> None:
    number = ready(project)
    project.sandbox.fault(method="DELETE", path=META, fault=fault)
    assert release(project, number).exit_code == 0
    assert released(project) == [number]


@pytest.mark.parametrize(
    "fault", [{"fault": "drop_before"}, {"fault": "status"}, {"fault": "late", "delay_ms": 600}]
)
def test_while_meta_does_not_delete_the_number_is_kept_out_of_use(
    project: ReadyProject, fault: dict[str, Any]
) -> None:
    number = ready(project)
    project.sandbox.fault(method="DELETE", path=META, **fault)
    called = release(project, number)
    assert called.exit_code == 75
    command = f"kapso-twilio number release {number} --confirm {number}"
    assert f"hint: run it again, it goes on from here: {command}" in called.err
    assert (released(project), row(project, number)) == ([], ["provisioned", 1, 1])
    assert attention(project) == [("release_unfinished", command)]
    if fault["fault"] == "late":
        wait_until(lambda: number not in project.portfolio())
    assert release(project, number).exit_code == 0
    assert (released(project), attention(project)) == ([number], [])


def test_an_answer_of_twilio_that_is_lost_is_looked_up(project: ReadyProject) -> None:
    number = ready(project)
    project.sandbox.fault(method="DELETE", path=TWILIO, fault="drop_after")
    assert release(project, number).exit_code == 0
    assert (released(project), row(project, number)[0]) == ([number], "released")


@pytest.mark.parametrize(
    "fault", [{"fault": "drop_before"}, {"fault": "status"}, {"fault": "late", "delay_ms": 600}]
)
def test_while_twilio_does_not_take_it_back_it_is_paid_for_and_run_again_it_goes_on(
    project: ReadyProject, fault: dict[str, Any]
) -> None:
    number = ready(project)
    project.sandbox.fault(method="DELETE", path=TWILIO, **fault)
    called = release(project, number)
    assert called.exit_code == 75
    assert "run it again, it goes on from here" in called.err
    assert row(project, number) == ["provisioned", 0, 1]
    assert project.answer("status")["monthly_cost"] == "2.30"
    if fault["fault"] == "late":
        wait_until(lambda: released(project) == [number])
    assert release(project, number).exit_code == 0
    assert (released(project), row(project, number)[0]) == ([number], "released")
    assert project.answer("status")["monthly_cost"] == "1.15"


def test_a_404_proves_nothing_while_twilio_still_shows_the_number(project: ReadyProject) -> None:
    number = ready(project)
    body = {"code": 20404, "message": "not found", "status": 404}
    project.sandbox.fault(method="DELETE", path=TWILIO, fault="status", status=404, body=body)
    called = release(project, number)
    assert called.exit_code == 75
    assert "still shows it" in called.err
    assert row(project, number) == ["provisioned", 0, 1]


def test_when_twilio_refuses_the_reason_is_told_and_the_wish_stays(project: ReadyProject) -> None:
    number = ready(project)
    body = {"code": 21000, "message": "a trunk uses it", "status": 400}
    project.sandbox.fault(method="DELETE", path=TWILIO, fault="status", status=400, body=body)
    called = release(project, number)
    assert called.exit_code == 5
    assert "a trunk uses it (Twilio 21000)" in called.err
    assert attention(project)[0][0] == "release_unfinished"


@pytest.mark.parametrize("path", [META, TWILIO])
@pytest.mark.parametrize("does_it", [True, False])
def test_a_release_that_is_killed_at_any_point_goes_on_when_it_is_run_again(
    project: ReadyProject, path: str, does_it: bool
) -> None:
    number = ready(project)
    fault, delay_ms = ("delay", 60_000) if does_it else ("late", 500)
    project.sandbox.forget_requests()
    project.sandbox.fault(method="DELETE", path=path, fault=fault, delay_ms=delay_ms)
    process = project.start("number", "release", number, "--confirm", number)
    wait_until(lambda: any(path.strip("^") in one for one in writes(project)))
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    assert row(project, number) == ["provisioned", int(path == META), 1]
    called = release(project, number)
    if called.exit_code == 75:  # the deletion is still to come
        wait_until(lambda: release(project, number).exit_code == 0)
    assert (released(project), row(project, number)[0]) == ([number], "released")
    assert number not in project.portfolio()


def test_who_wants_to_keep_it_while_it_is_released_keeps_it(project: ReadyProject) -> None:
    number = ready(project)
    project.sandbox.fault(method="DELETE", path=META, fault="delay", delay_ms=1500)
    process = project.start("number", "release", number, "--confirm", number)
    wait_until(lambda: row(project, number)[2] == 1)
    project.answer("number", "add-to-pool", number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 75
    assert "was changed by another process" in err
    assert (released(project), row(project, number)[2]) == ([], 0)


def test_who_wants_to_keep_it_while_a_release_is_taken_up_again_keeps_it(
    project: ReadyProject,
) -> None:
    number = ready(project)
    project.sandbox.fault(method="DELETE", path=TWILIO, fault="drop_before")
    assert release(project, number).exit_code == 75
    project.sandbox.forget_requests()
    project.sandbox.fault(method="GET", path=TWILIO, fault="delay", delay_ms=1500)
    process = project.start("number", "release", number, "--confirm", number)
    wait_until(lambda: any("IncomingPhoneNumbers/PN" in one for one in project.sandbox.requests()))
    project.answer("number", "add-to-pool", number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 75
    assert f"{number} was changed by another process, and is not released" in err
    assert (released(project), row(project, number)[2]) == ([], 0)


def test_a_number_that_is_to_be_released_is_not_used_again(project: ReadyProject) -> None:
    number = ready(project)
    loose = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    project.sandbox.fault(method="DELETE", path=TWILIO, fault="drop_before", times=2)
    for one in (number, loose):
        assert release(project, one).exit_code == 75
    bought = len(project.bought())
    plan = project.answer("pool", "fill", "--dry-run")["pools"][0]
    assert (plan["to_verify"], plan["to_buy"]) == (0, 1)
    assert project.answer("status")["monthly_cost_at_target"] == "4.60"
    project.answer("pool", "fill")
    assert len(project.bought()) == bought + 1
    held = {project.answer("resolve", "--ref", ref)["phone_number"] for ref in ("a", "b", "c")}
    assert held.isdisjoint({number, loose})
    assert row(project, number) == ["provisioned", 0, 1]


@pytest.mark.parametrize("command", ["add-to-pool", "verify"])
def test_a_person_who_changes_their_mind_keeps_the_number(
    project: ReadyProject, command: str
) -> None:
    number = ready(project)
    project.sandbox.fault(method="DELETE", path=TWILIO, fault="drop_before")
    assert release(project, number).exit_code == 75
    project.answer("number", command, number)
    assert row(project, number)[2] == 0
    assert attention(project) == []
    project.answer("pool", "fill")
    assert (row(project, number), released(project)) == (["ready", 1, 0], [])


def test_a_number_that_turns_out_to_be_connected_is_not_to_be_released_any_more(
    project: ReadyProject,
) -> None:
    number = ready(project)
    project.sandbox.fault(method="DELETE", path=TWILIO, fault="drop_before")
    release(project, number)
    project.answer("connect", number)
    assert row(project, number)[2] == 0
    assert attention(project) == []
