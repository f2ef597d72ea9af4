"""Fills and reconciles that begin together: one works, the others say at once who does."""

from __future__ import annotations

import re
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.projects import ready_project, wait_until
from tests.vendors import running_sandbox

from .crews import crew, each_once, finished, refuse_bugs
from .stock import put_ready_numbers

TARGET = 4
HOLDER = re.compile(
    r"pool fill, pid \d+ on \S+, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", re.ASCII
)


def test_of_fills_that_begin_together_one_works_and_the_others_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(latency_ms=30) as sandbox:
        pools = {"US": {"target_size": TARGET}}
        project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools)
        with crew(project, *[[("pool", "fill", "--json")]] * 4) as workers:
            pids = [worker.pid for worker in workers]
            answers = [finished(worker)[0] for worker in workers]
        refuse_bugs(answers)
        assert Counter(answer.exit_code for answer in answers) == {0: 1, 75: 3}
        (worked,) = (pid for pid, one in zip(pids, answers, strict=True) if one.exit_code == 0)
        for lost in (one for one in answers if one.exit_code == 75):
            error = lost.document["error"]
            assert error["kind"] == "locked"
            assert HOLDER.fullmatch(error["reason"]), error
            assert f"pid {worked} on " in error["reason"]
        assert project.states() == {"ready": TARGET}
        assert len(project.bought()) == TARGET
        assert project.owes_what_it_knows()


def test_who_finds_the_lock_taken_says_so_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(code="none") as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox)
        holder = project.start("pool", "fill")
        try:
            wait_until(lambda: project.states() == {"verifying": 2})
            for words in (("pool", "fill"), ("reconcile",), ("reconcile", "--no-fill")):
                began = time.monotonic()
                called = project.call(*words)
                assert time.monotonic() - began < 2
                assert called.exit_code == 75
                assert f"reason: pool fill, pid {holder.pid} on " in called.err
        finally:
            holder.kill()
            holder.communicate()


def test_a_holder_that_is_killed_frees_the_lock_and_is_not_named_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(latency_ms=30) as sandbox:
        pools = {"US": {"target_size": TARGET}}
        limits = {"settle_after": "0s"}
        project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools, limits=limits)
        killed = project.start("pool", "fill")
        wait_until(lambda: len(project.bought()) >= 1)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        answers = each_once(project, *[("pool", "fill", "--json")] * 3)
        refuse_bugs(answers)
        assert Counter(answer.exit_code for answer in answers) == {0: 1, 75: 2}
        for lost in (one for one in answers if one.exit_code == 75):
            assert HOLDER.fullmatch(lost.document["error"]["reason"])
            assert f"pid {killed.pid} on " not in lost.document["error"]["reason"]
        project.answer("reconcile")
        assert project.states() == {"ready": TARGET}
        assert len(project.bought()) == TARGET
        assert project.owes_what_it_knows()


def test_a_claim_does_not_wait_for_a_fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sandbox(latency_ms=200) as sandbox:
        pools = {"US": {"target_size": 9}}
        project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools)
        put_ready_numbers(project, 3)
        began = time.monotonic()
        fill = project.start("pool", "fill")
        try:
            wait_until(lambda: len(project.bought()) >= 1)
            slowest = 0.0
            for turn in range(3):
                asked = time.monotonic()
                answer = project.answer("resolve", "--ref", f"{turn}")
                slowest = max(slowest, time.monotonic() - asked)
                assert answer["path"] == "pool"
            assert fill.poll() is None, "the fill was still at work"
        finally:
            _, err = fill.communicate(timeout=60)
        took = time.monotonic() - began
        print(f"fill {took:.2f} s, slowest claim {slowest:.3f} s")
        assert fill.returncode == 0, err
        assert slowest < took / 3
