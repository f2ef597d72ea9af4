"""Other processes: whether they are alive, who holds the lock, and how one is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from filelock import FileLock
from msgspec.structs import replace

from kapso_twilio_cli.domain.purchase import Owner
from kapso_twilio_cli.errors import Interrupted, Locked, StateError, Terminated
from kapso_twilio_cli.operations.lock import mass_work
from kapso_twilio_cli.operations.stopping import StopRequest, stop_on_signals
from kapso_twilio_cli.process import _started as started
from kapso_twilio_cli.process import has_ended, this_process
from kapso_twilio_cli.project import Project

from .shops import Shop, dead_process

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)


def ended(owner: Owner, deadline: datetime = EARLIER) -> bool:
    return has_ended(owner, deadline=deadline, now=NOW)


def test_this_process_is_alive_whatever_its_deadline() -> None:
    assert not ended(this_process(), EARLIER)
    assert not ended(this_process(), LATER)


def test_a_process_that_has_exited_has_ended_before_its_deadline(shop: Shop) -> None:
    assert ended(dead_process(shop.project), LATER)


def test_a_process_that_was_killed_and_not_yet_reaped_has_ended() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = replace(this_process(), pid=process.pid, pid_started=started(process.pid))
    assert not ended(owner)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
    try:
        assert ended(owner, LATER)
    finally:
        process.communicate()


def test_a_pid_that_another_process_has_now_is_not_the_same_process() -> None:
    assert ended(replace(this_process(), pid_started="1"), LATER)


def test_no_process_outlives_a_restart_of_the_machine() -> None:
    assert ended(replace(this_process(), boot_id="another"), LATER)


def test_of_another_host_only_the_deadline_tells() -> None:
    elsewhere = replace(this_process(), host="elsewhere", boot_id="its own", pid=1)
    assert not ended(elsewhere, LATER)
    assert not ended(elsewhere, NOW)
    assert ended(elsewhere, EARLIER)


HOLDER = """
import pathlib, sys, time
from kapso_twilio_cli.operations.lock import mass_work
from kapso_twilio_cli.project import Project
project = Project.locate(name=None, config_path=pathlib.Path(sys.argv[1]))
with mass_work(project, "pool fill"):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(project: Project) -> Iterator[subprocess.Popen[str]]:
    """Hold the lock in a process of its own, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(project.path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_one_run_at_a_time_and_the_message_names_it(shop: Shop) -> None:
    with holder(shop.project) as process:
        with pytest.raises(Locked) as caught, mass_work(shop.project, "reconcile"):
            pass
        error = caught.value
        assert error.exit_code == 75
        assert error.message == "another run is at work on project acme"
        assert (error.reason or "").startswith(f"pool fill, pid {process.pid} on ")
        assert ", since 20" in (error.reason or "")


def test_the_lock_dies_with_its_process(shop: Shop) -> None:
    with holder(shop.project):
        pass
    with mass_work(shop.project, "reconcile"):
        pass


def test_the_lock_is_free_again_after_a_failure(shop: Shop) -> None:
    with pytest.raises(StateError), mass_work(shop.project, "reconcile"):
        raise StateError("it failed")
    with mass_work(shop.project, "reconcile"):
        pass


@pytest.mark.parametrize(
    ("number", "kind"), [(signal.SIGINT, Interrupted), (signal.SIGTERM, Terminated)]
)
def test_the_first_signal_asks_to_stop_and_breaks_into_nothing(
    number: signal.Signals, kind: type[Exception]
) -> None:
    former = signal.getsignal(number)
    with stop_on_signals() as stop:
        stop.check()
        os.kill(os.getpid(), number)
        time.sleep(0.01)
        assert stop.asked
        assert type(stop.error()) is kind
        with pytest.raises(kind):
            stop.check()
    assert signal.getsignal(number) is former


def test_the_second_signal_exits_at_once() -> None:
    script = """
import os, signal, time
from kapso_twilio_cli.operations.stopping import stop_on_signals
with stop_on_signals():
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
"""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == 130
    assert time.monotonic() - began < 30


def test_a_wait_ends_when_the_program_is_asked_to_stop() -> None:
    stop = StopRequest()
    stop.ask(signal.SIGINT)
    began = time.monotonic()
    stop.wait(30)
    assert time.monotonic() - began < 5


def test_a_run_that_was_killed_is_not_named_as_the_holder(shop: Shop) -> None:
    """Its words are still there; those of the run that has the lock now come a moment later."""
    with holder(shop.project) as killed:
        pass
    file = shop.files.inventory.parent / "run.json"
    assert f'"pid": {killed.pid}' in file.read_text()
    another = FileLock(file.with_name("run.lock"))
    with another, pytest.raises(Locked) as caught, mass_work(shop.project, "reconcile"):
        pass
    assert caught.value.reason == "it has only just begun"


def test_a_folder_that_takes_no_change_any_more_keeps_no_lock_and_is_no_error(
    shop: Shop,
) -> None:
    holder_file = shop.files.inventory.parent / "run.json"
    with mass_work(shop.project, "reconcile"):
        holder_file.unlink()
        holder_file.mkdir()  # it cannot be unlinked, whoever runs the tests
    holder_file.rmdir()
    with mass_work(shop.project, "reconcile"):
        pass


def test_a_holder_that_is_still_writing_who_it_is_is_waited_for(shop: Shop) -> None:
    file = shop.files.inventory.parent / "run.json"
    with holder(shop.project) as process:
        words = file.read_text()
        file.write_text("")
        late = threading.Timer(0.1, lambda: file.write_text(words))
        late.start()
        with pytest.raises(Locked) as caught, mass_work(shop.project, "reconcile"):
            pass
        late.join()
    assert (caught.value.reason or "").startswith(f"pool fill, pid {process.pid} on ")
