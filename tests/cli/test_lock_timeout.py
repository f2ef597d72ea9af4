"""`--lock-timeout`: wait for another run, and leave at once when that is asked for."""

from __future__ import annotations

import signal
import time

import pytest

from kapso_twilio_cli.operations.lock import mass_work
from kapso_twilio_cli.project import Project
from tests.projects import ReadyProject

COMMANDS = [
    ("pool", "fill"),
    ("reconcile",),
    ("pool", "trim", "US", "--confirm", "US:1"),
    ("number", "verify", "+12025550143"),
]
each_command = pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))


def holder(project: ReadyProject) -> Project:
    """The project as another run has it."""
    return Project.locate(name=None, config_path=project.path)


@each_command
def test_without_it_a_run_leaves_at_once_and_names_the_option(
    project: ReadyProject, words: tuple[str, ...]
) -> None:
    with mass_work(holder(project), "pool fill"):
        began = time.monotonic()
        called = project.call(*words)
        assert time.monotonic() - began < 5
    assert called.exit_code == 75
    assert "reason: pool fill, pid " in called.err
    assert "--lock-timeout 10m" in called.err


@each_command
def test_it_waits_so_long_and_no_longer(project: ReadyProject, words: tuple[str, ...]) -> None:
    with mass_work(holder(project), "pool fill"):
        began = time.monotonic()
        called = project.call(*words, "--lock-timeout", "1")
        assert 1 <= time.monotonic() - began < 10
    assert called.exit_code == 75


def test_it_goes_on_when_the_other_run_has_ended(project: ReadyProject) -> None:
    with mass_work(holder(project), "reconcile"):
        process = project.start("pool", "fill", "--lock-timeout", "1m", "-v")
        assert process.stderr is not None
        lines = [process.stderr.readline() for _ in range(2)]
        assert "Z waiting for another run: reconcile, pid " in lines[1], lines
        assert project.bought() == []
    process.communicate(timeout=60)
    assert (process.returncode, project.states()) == (0, {"ready": 2})


def test_it_is_silent_where_nobody_looks(project: ReadyProject) -> None:
    with mass_work(holder(project), "reconcile"):
        called = project.call("pool", "fill", "--lock-timeout", "1s")
    assert "waiting" not in called.err


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
)
def test_a_signal_ends_the_wait_at_once(project: ReadyProject, number: int, exit_code: int) -> None:
    with mass_work(holder(project), "reconcile"):
        process = project.start("pool", "fill", "--lock-timeout", "5m", "-v")
        assert process.stderr is not None
        for _ in range(2):
            process.stderr.readline()
        process.send_signal(number)
        _, err = process.communicate(timeout=5)
    assert (process.returncode, "Traceback" in err) == (exit_code, False)
    assert project.bought() == []


@pytest.mark.parametrize("text", ["", "-1", "1.5", "soon", "10 m"])
def test_what_is_no_duration_is_wrong_usage(project: ReadyProject, text: str) -> None:
    called = project.call("pool", "fill", "--lock-timeout", text)
    assert called.exit_code == 2
    assert "is not a duration" in called.err
    assert project.bought() == []
