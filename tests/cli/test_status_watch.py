"""`status --watch`: what changes is seen, nobody waits for it, and Ctrl-C ends it well."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.projects import ReadyProject, command_line


def test_each_change_is_a_document_a_line_until_it_is_interrupted(project: ReadyProject) -> None:
    watching = project.start("status", "--watch", "--interval", "0.1", "--json")
    try:
        assert watching.stdout is not None
        first = json.loads(watching.stdout.readline())
        assert first["pools"][0]["target_size"] == 2
        assert first.keys() == project.answer("status").keys()
        project.answer("pool", "set", "US", "--target-size", "0")  # of the settings, read anew
        assert json.loads(watching.stdout.readline())["pools"][0]["target_size"] == 0
        project.answer("provision", "--country", "US", "--yes")  # of the inventory, by another
        while json.loads(watching.stdout.readline())["monthly_cost"] != "1.15":
            pass
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=20)
    finally:
        watching.kill()
    assert (watching.returncode, out, err) == (0, "", "")


def test_what_ends_it_is_a_line_too(project: ReadyProject) -> None:
    watching = project.start("status", "--watch", "--interval", "0.1", "--json")
    try:
        assert watching.stdout is not None
        watching.stdout.readline()
        project.inventory.unlink()
        (last,) = watching.communicate(timeout=20)[0].splitlines()
    finally:
        watching.kill()
    assert watching.returncode == 3
    assert json.loads(last)["error"]["kind"] == "state"


def test_on_a_terminal_it_is_drawn_anew_and_the_last_stays(project: ReadyProject) -> None:
    with on_a_terminal("status", "--watch", "--interval", "0.1") as (watching, terminal):
        seen = read_until(terminal, "0 of 2", "acme: 1 info")
        project.answer("pool", "set", "US", "--target-size", "3")
        seen += read_until(terminal, "0 of 3")
        watching.send_signal(signal.SIGINT)
        rest = read_until(terminal, "\x1b[?1049l", "0 of 3", "cost a month")
        assert watching.wait(timeout=20) == 0
    assert "error" not in seen + rest


@pytest.mark.usefixtures("project")
def test_it_is_ended_by_sigterm_with_the_terminal_as_it_was() -> None:
    with on_a_terminal("status", "--watch") as (watching, terminal):
        read_until(terminal, "0 of 2")
        watching.send_signal(signal.SIGTERM)
        read_until(terminal, "\x1b[?1049l")
        assert watching.wait(timeout=20) == 143


def test_without_a_terminal_and_without_json_it_is_refused(project: ReadyProject) -> None:
    called = project.call("status", "--watch")
    assert (called.exit_code, called.out) == (2, "")
    assert "--json" in called.err
    assert project.call("status", "--interval", "3").exit_code == 2


@contextmanager
def on_a_terminal(*words: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The program with a terminal of its own for what it prints."""
    master, slave = pty.openpty()
    watching = subprocess.Popen(
        command_line(*words),
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"},
    )
    os.close(slave)
    try:
        yield watching, master
    finally:
        watching.kill()
        watching.wait()
        os.close(master)


def read_until(terminal: int, *awaited: str) -> str:
    """What is drawn until all of it was."""
    seen, deadline = "", time.monotonic() + 20
    while not all(text in seen for text in awaited):
        assert time.monotonic() < deadline, seen
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 65_536).decode(errors="replace")
    return seen
