"""The receiver's log: every line is of its run, and so are the events that it writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import RunningSandbox

from .kapso_side import reachable, state
from .receivers import running_receiver, sms, stopped

LINE = re.compile(r"([a-z2-7]{8}) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (.+)")


def told(err: str) -> tuple[set[str], list[str]]:
    """The runs that the lines name, and what each says."""
    lines = [LINE.fullmatch(line) for line in err.splitlines()]
    assert all(lines), err
    return {line[1] for line in lines if line}, [line[2] for line in lines if line]


def test_its_warnings_are_lines_of_its_run(project: ReadyProject, number: str) -> None:
    with running_receiver(project, "--quiet") as receiver:
        assert receiver.post(sms(number), headers={"X-Twilio-Signature": "no"}).status_code == 403
        assert receiver.post(sms("+12025550143")).status_code == 200
        runs, said = told(stopped(receiver)[1])
    assert len(runs) == 1
    assert said[0].startswith("refused /twilio/sms from 127.0.0.1: ")
    assert "a number that is not the project's" in said[1]


def test_its_events_name_the_run_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    project.answer("pool", "fill")
    handed_out = project.answer("resolve", "--ref", "a", "--customer", "c-1")
    number = str(handed_out["phone_number"])
    with reachable(project, "-vv") as receiver:
        project.sandbox.claim(preverified_id=handed_out["preverified_id"], customer_id="c-1")
        wait_until(lambda: state(project, number) == "connected")
        (run,), said = told(stopped(receiver)[1])
    assert any(re.fullmatch(r"seen connected: \+\d{4}•••\d{4} is connected now.*", s) for s in said)
    assert any(text.startswith("Kapso GET ") for text in said)
    assert number.removeprefix("+") not in "".join(said)
    assert project.rows("SELECT run_id FROM events WHERE kind = 'seen_connected'") == [(run,)]
