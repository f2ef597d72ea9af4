"""Processes that want a number in the same moment: none gets another's, one ref gets one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

from .crews import Words, at_once, each_once, refuse_bugs
from .stock import put_ready_numbers

PROCESSES, CALLS, READY = 8, 50, 200


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    return ready_project(tmp_path, monkeypatch, sandbox)


def test_no_number_is_in_two_hands_however_many_processes_ask(project: ReadyProject) -> None:
    put_ready_numbers(project, READY)
    tasks = [
        [("resolve", "--ref", f"{one}/{turn}", "--no-provision", "--json") for turn in range(CALLS)]
        for one in range(PROCESSES)
    ]
    answers = [answer for answers in at_once(project, *tasks) for answer in answers]
    refuse_bugs(answers)
    print(f"{PROCESSES} processes, {CALLS} calls each:", Counter(a.exit_code for a in answers))
    assert Counter(answer.exit_code for answer in answers) == {0: READY, 8: len(answers) - READY}
    given = [answer.document for answer in answers if answer.exit_code == 0]
    assert {one["path"] for one in given} == {"pool"}
    assert len({one["phone_number"] for one in given}) == READY
    assert len({one["preverified_id"] for one in given}) == READY
    held = project.rows(
        "SELECT ref, phone_number, preverified_id FROM reservations JOIN numbers"
        " ON numbers.id = number_id WHERE ended_at IS NULL"
    )
    told = [(one["ref"], one["phone_number"], one["preverified_id"]) for one in given]
    assert sorted(held) == sorted(told)
    assert project.states() == {"reserved": READY}
    assert project.sandbox.requests() == []


def test_one_ref_gets_one_number_of_the_pool_however_many_processes_ask(
    project: ReadyProject,
) -> None:
    put_ready_numbers(project, 5)
    answers = each_once(project, *[("resolve", "--ref", "one", "--json")] * PROCESSES)
    assert [answer.exit_code for answer in answers] == [0] * PROCESSES
    assert len({answer.out for answer in answers}) == 1
    assert project.states() == {"ready": 4, "reserved": 1}
    assert project.rows("SELECT count(*) FROM reservations") == [(1,)]


def test_one_ref_buys_one_number_live_however_many_processes_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words: Words = ("resolve", "--country", "CL", "--ref", "one", "--json")
    with running_sandbox(latency_ms=20) as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox)
        answers = each_once(project, *[words] * PROCESSES)
        print(f"{PROCESSES} processes, one ref:", Counter(one.exit_code for one in answers))
        refuse_bugs(answers)
        assert {answer.exit_code for answer in answers} <= {0, 75}
        assert any(answer.exit_code == 0 for answer in answers)
        for lost in (answer for answer in answers if answer.exit_code == 75):
            error = lost.document["error"]
            assert error["message"] == "ref one is being answered by another process"
            assert "the same ref gives the same answer" in error["hint"]
        again = each_once(project, *[words] * 2)
        given = [one.document for one in [*answers, *again] if one.exit_code == 0]
        assert [one.exit_code for one in again] == [0, 0]
        assert {one["phone_number"] for one in given} == set(project.bought())
        assert len(project.bought()) == 1
        assert project.owes_what_it_knows()
        assert project.states() == {"reserved": 1}
