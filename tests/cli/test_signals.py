"""Ctrl-C, SIGTERM and closed pipes: what was paid for is recorded, whenever they come."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.projects import ReadyProject, command_line, ready_project, wait_until
from tests.vendors import RunningSandbox, running_sandbox

SIGNALS = [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
both_signals = pytest.mark.parametrize(
    ("number", "exit_code", "kind"), SIGNALS, ids=[kind for _, _, kind in SIGNALS]
)


@both_signals
def test_a_fill_that_is_stopped_records_what_is_under_way_and_reconcile_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, exit_code: int, kind: str
) -> None:
    with running_sandbox(latency_ms=60) as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox, pools={"US": {"target_size": 5}})
        process = project.start("pool", "fill", "--json")
        wait_until(lambda: len(project.bought()) >= 1)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert process.returncode == exit_code
        document = json.loads(out)
        assert document["schema"] == "kapso-twilio.pool.fill/1"
        assert document["error"]["kind"] == kind
        assert document["pools"][0]["bought"] == len(project.bought()) < 5
        assert "Traceback" not in err
        assert project.owes_what_it_knows()
        assert "verifying" not in project.states()
        project.answer("reconcile")
        assert project.states() == {"ready": 5}
        assert len(project.bought()) == 5
        assert project.owes_what_it_knows()


@both_signals
def test_a_fill_that_waits_for_codes_stops_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, exit_code: int, kind: str
) -> None:
    with running_sandbox(code="none") as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox)
        process = project.start("pool", "fill", "--json")
        wait_until(lambda: project.states() == {"verifying": 2})
        began = time.monotonic()
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
        assert time.monotonic() - began < 5
        assert (process.returncode, json.loads(out)["error"]["kind"]) == (exit_code, kind)
        assert project.states() == {"provisioned": 2}


def test_the_second_signal_exits_at_once_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={"settle_after": "0s"})
    sandbox.fault(
        method="POST", path="IncomingPhoneNumbers", times=None, fault="delay", delay_ms=15_000
    )
    process = project.start("pool", "fill")
    wait_until(lambda: len(project.bought()) == 2)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None, "the purchases under way are waited for"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)
    assert process.returncode == 130
    assert project.purchase_states() == {"open": 2}
    sandbox.clear_faults()
    document = project.answer("reconcile")
    assert [action["kind"] for action in document["actions"]] == [
        "purchase_settled",
        "purchase_settled",
        "verified",
        "verified",
    ]
    assert len(project.bought()) == 2
    assert project.owes_what_it_knows()


@both_signals
@pytest.mark.parametrize("after", [0.1, 0.3, 0.6])
def test_a_purchase_that_is_stopped_at_any_time_ends_as_promised(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    exit_code: int,
    kind: str,
    after: float,
) -> None:
    with running_sandbox(latency_ms=100) as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox, limits={"settle_after": "0s"})
        process = project.start("resolve", "--country", "CL", "--ref", "a", "--json")
        time.sleep(after)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        if process.returncode == -number:
            return  # the signal came while Python itself began, before the program could answer
        assert process.returncode in (exit_code, 0), err
        assert "Traceback" not in err
        if out and process.returncode:
            assert json.loads(out)["error"]["kind"] == kind
        project.answer("reconcile", "--no-fill")
        assert project.owes_what_it_knows()
        project.answer("resolve", "--country", "CL", "--ref", "a")
        assert len(project.bought()) == 1


@both_signals
def test_a_command_that_only_reads_stops_at_once_and_says_so_in_json(
    project: ReadyProject, number: int, exit_code: int, kind: str
) -> None:
    project.sandbox.fault(
        method="GET", path="AvailablePhoneNumbers", times=None, fault="delay", delay_ms=15_000
    )
    process = project.start("search", "--country", "CL", "--json")
    wait_until(lambda: bool(project.sandbox.requests()))
    process.send_signal(number)
    out, err = process.communicate(timeout=5)
    assert process.returncode == exit_code
    document = json.loads(out)
    assert document["schema"] == "kapso-twilio.error/1"
    assert document["error"]["kind"] == kind
    assert err == ""


def test_a_reader_that_leaves_early_is_no_error_to_look_at() -> None:
    with subprocess.Popen(
        command_line("--help"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
