"""A reconcile beside a purchase that is under way takes nothing for settled that is not."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import running_sandbox

BUY = r"IncomingPhoneNumbers\.json"
RESOLVE = ("resolve", "--country", "CL", "--ref", "one", "--json")


def reconcile_until(project: ReadyProject, seconds: float) -> int:
    """Reconcile again and again until a purchase was made and settled; count the runs."""
    deadline = time.monotonic() + seconds
    runs = 0
    while True:
        called = project.call("reconcile", "--no-fill", "--json")
        runs += 1
        assert called.exit_code in (0, 9), called.err
        assert "not_bought" not in project.purchase_states()
        if project.purchase_states() == {"bought": 1}:
            return runs
        assert time.monotonic() < deadline, "it was never settled"
        time.sleep(0.05)


def is_recorded_once(project: ReadyProject) -> None:
    (bought,) = project.bought()
    assert project.owes_what_it_knows()
    assert project.purchase_states() == {"bought": 1}
    assert project.rows(
        "SELECT ref, phone_number, state FROM reservations JOIN numbers ON numbers.id = number_id"
    ) == [("one", bought, "reserved")]
    assert project.answer(*RESOLVE[:-1])["phone_number"] == bought
    assert project.bought() == [bought]


def test_a_purchase_under_way_is_not_given_up_while_its_process_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number comes into the account long after a reconcile has looked for it."""
    with running_sandbox(latency_ms=400) as sandbox:
        limits = {"settle_after": "0s"}
        project = ready_project(tmp_path, monkeypatch, sandbox, limits=limits)
        buyer = project.start(*RESOLVE)
        try:
            wait_until(lambda: project.purchase_states() == {"open": 1})
            called = project.call("reconcile", "--no-fill", "--json")
            assert called.exit_code == 0, called.err
            (unresolved,) = called.document["unresolved"]
            assert f"still at work (pid {buyer.pid} on " in unresolved["reason"]
            assert "not_bought" not in project.purchase_states()
        finally:
            out, err = buyer.communicate(timeout=30)
        assert buyer.returncode == 0, err
        assert [json.loads(out)["phone_number"]] == project.bought()
        is_recorded_once(project)


def test_a_purchase_that_comes_late_is_not_given_up_before_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks at once, and Twilio carries the purchase out 1.2 s later."""
    with running_sandbox() as sandbox:
        limits = {"settle_after": "30s"}
        project = ready_project(tmp_path, monkeypatch, sandbox, limits=limits)
        sandbox.fault(method="POST", path=BUY, fault="late", delay_ms=1200)
        buyer = project.start(*RESOLVE)
        try:
            wait_until(lambda: project.purchase_states() == {"unknown": 1})
            runs = reconcile_until(project, 20)
        finally:
            out, err = buyer.communicate(timeout=30)
        print(f"settled by reconcile number {runs}")
        assert runs > 1, "the first one came before the purchase"
        assert buyer.returncode == 9, out + err
        is_recorded_once(project)


def test_a_purchase_whose_process_was_killed_is_not_given_up_before_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(latency_ms=400) as sandbox:
        limits = {"settle_after": "30s"}
        project = ready_project(tmp_path, monkeypatch, sandbox, limits=limits)
        buyer = project.start(*RESOLVE)
        wait_until(lambda: any("POST /2010-04-01/Accounts" in one for one in sandbox.requests()))
        buyer.kill()
        buyer.communicate()
        reconcile_until(project, 20)
        is_recorded_once(project)
