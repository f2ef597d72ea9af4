"""Pings of a run to a monitor."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kapso_twilio_cli.gateways import ping
from kapso_twilio_cli.operations.lock import mass_work
from kapso_twilio_cli.project import Project
from tests.gateways.servers import Served, nobody_there, serving
from tests.projects import wait_until
from tests.vendors import RunningSandbox

from .notices import (
    TOKEN,
    break_credentials,
    given_to_hook,
    hook_at,
    with_notify,
)


def test_a_monitor_hears_of_start_and_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, monitor: Served
) -> None:
    project = with_notify(tmp_path, monkeypatch, sandbox, ping_url=f"{monitor.url}/{TOKEN}")
    called = project.call("reconcile", "-v")
    assert called.exit_code == 0
    assert monitor.requests == [f"GET /{TOKEN}/start", f"GET /{TOKEN}"]
    assert TOKEN not in called.out + called.err


def test_a_monitor_hears_why_a_run_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, monitor: Served
) -> None:
    project = with_notify(tmp_path, monkeypatch, sandbox, ping_url=f"{monitor.url}/{TOKEN}/")
    break_credentials(project, monkeypatch)
    called = project.call("reconcile", "--json")
    assert called.exit_code == 4
    assert monitor.requests == [f"GET /{TOKEN}/start", f"POST /{TOKEN}/fail"]
    body = monitor.bodies[-1].decode()
    assert body.startswith(f"exit code 4: {called.document['error']['message']}")
    assert "0" * 32 not in body


def test_a_monitor_hears_of_a_run_that_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    def slowly(request: str) -> tuple[int, object]:
        time.sleep(2.0 if "start" in request else 0.0)
        return 200, "OK"

    with serving(slowly) as monitor:
        project = with_notify(tmp_path, monkeypatch, sandbox, ping_url=monitor.url)
        process = project.start("reconcile")
        wait_until(lambda: monitor.requests == ["GET /start"])
        process.terminate()
        process.communicate(timeout=20)
        assert process.returncode == 143
        assert monitor.requests == ["GET /start", "POST /fail"]
        assert monitor.bodies == [b"exit code 143: stopped"]


def test_a_run_without_an_inventory_is_a_failure_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, monitor: Served
) -> None:
    project = with_notify(tmp_path, monkeypatch, sandbox, ping_url=monitor.url)
    project.inventory.unlink()
    assert project.call("reconcile").exit_code == 3
    assert [request.rpartition("/")[2] for request in monitor.requests][-1] == "fail"


def test_a_run_that_is_put_off_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, monitor: Served
) -> None:
    project = with_notify(
        tmp_path, monkeypatch, sandbox, ping_url=monitor.url, metrics_file=str(tmp_path / "a.prom")
    )
    with mass_work(Project.locate(name=None, config_path=project.path), "pool fill"):
        assert project.call("reconcile").exit_code == 75
    assert monitor.requests == []  # the other run is at work: this one did not even begin
    assert not (tmp_path / "a.prom").exists()
    monkeypatch.setenv("KAPSO_TWILIO_TWILIO_URL", nobody_there())
    monkeypatch.setenv("KAPSO_TWILIO_META_URL", sandbox.url)
    monkeypatch.setenv("KAPSO_TWILIO_KAPSO_URL", sandbox.url)
    monkeypatch.delenv("KAPSO_TWILIO_SANDBOX_URL")
    assert project.call("reconcile", "--jitter", "0").exit_code == 75
    assert monitor.requests == ["GET /start"]


@contextmanager
def silent() -> Iterator[str]:
    """A server that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def dripping() -> Iterator[str]:
    """A server that answers, a byte every now and then."""
    code = (
        "import socket, time\n"
        "with socket.create_server(('127.0.0.1', 0)) as listener:\n"
        "    print(listener.getsockname()[1], flush=True)\n"
        "    while True:\n"
        "        connection, _ = listener.accept()\n"
        "        try:\n"
        "            connection.recv(65536)\n"
        "            for byte in b'HTTP/1.1 200 OK' * 20:\n"
        "                connection.send(bytes([byte]))\n"
        "                time.sleep(0.05)\n"
        "        except OSError:\n"
        "            pass\n"
    )
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.kill()
        server.communicate()


@pytest.mark.parametrize("kind", ["refuses", "hangs", "drips", "errs", "no host"])
def test_a_ping_that_fails_is_a_warning_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, kind: str
) -> None:
    monkeypatch.setattr(ping, "_TIMEOUT_SECONDS", 0.4)
    with silent() as hangs, dripping() as drips, serving(lambda _request: (500, "no")) as bad:
        address, why = {
            "refuses": (nobody_there(), "it cannot be reached"),
            "hangs": (hangs, "no answer within 0.4 s"),
            "drips": (drips, "no answer within 0.4 s"),
            "errs": (f"{bad.url}/errs", "it answered HTTP 500"),
            "no host": (f"https://.{'a' * 70}.example", "it could not be called"),
        }[kind]
        project = with_notify(tmp_path, monkeypatch, sandbox, ping_url=f"{address}/{TOKEN}")
        began = time.monotonic()
        called = project.call("reconcile", "-v")
    assert called.exit_code == 0
    assert called.err.count(f"warning: notify.ping_url: {why}") == 2
    assert time.monotonic() - began < 15
    assert project.states() == {"ready": 2}
    assert TOKEN not in called.out + called.err


def test_a_ping_goes_to_no_other_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, monitor: Served
) -> None:
    elsewhere = {"Location": f"{monitor.url}/{TOKEN}"}
    with serving(lambda _request: (302, "there"), elsewhere) as moved:
        project = with_notify(tmp_path, monkeypatch, sandbox, ping_url=moved.url)
        called = project.call("reconcile")
    assert called.exit_code == 0
    assert called.err == "warning: notify.ping_url: it answered HTTP 302\n" * 2
    assert monitor.requests == []


def test_a_path_that_is_no_text_keeps_nothing_from_being_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, monitor: Served
) -> None:
    command, kept = hook_at(tmp_path)
    project = with_notify(tmp_path, monkeypatch, sandbox, ping_url=monitor.url, command=command)
    monkeypatch.setenv("KAPSO_TWILIO_DATA_DIR", os.fsdecode(bytes(tmp_path) + b"/\xff"))
    called = project.call("reconcile")
    assert called.exit_code == 3
    assert b"exit code 3: " in monitor.bodies[-1]
    assert given_to_hook(kept)["error"]["kind"] == "state"


def test_a_ping_waits_ten_seconds_at_most() -> None:
    assert ping._TIMEOUT_SECONDS == 10


def test_a_failed_run_stays_that_failure_when_nobody_can_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = with_notify(
        tmp_path,
        monkeypatch,
        sandbox,
        ping_url=f"{nobody_there()}/{TOKEN}",
        command=["/absent/hook"],
        metrics_file="/absent/acme.prom",
    )
    break_credentials(project, monkeypatch)
    called = project.call("reconcile", "--json")
    assert called.exit_code == 4
    assert called.document["error"]["kind"] == "credentials"
    assert called.err.count("warning: ") == 4  # start, file, fail, hook
    assert TOKEN not in called.out + called.err


def test_the_address_is_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    address = f"https://user:{TOKEN}@hc.example.com:8443/{TOKEN}"
    project = with_notify(
        tmp_path, monkeypatch, sandbox, ping_url=address, urls=[f"slack://{TOKEN}/b/c"]
    )
    for words in (("config", "show"), ("config", "show", "--json"), ("config", "check")):
        called = project.call(*words)
        assert called.exit_code == 0
        assert TOKEN not in called.out + called.err
    shown = {one["key"]: one["value"] for one in project.answer("config", "show")["settings"]}
    assert shown["notify.ping_url"] == "https://hc.example.com:8443/…"
    assert shown["notify.urls"] == ["slack://…"]
    for key, value in (("ping_url", f"https://b.example/{TOKEN}"), ("urls", f"json://{TOKEN}")):
        for words in (("set", f"notify.{key}", value), ("unset", f"notify.{key}")):
            called = project.call("config", *words)
            assert called.exit_code == 0, called.err
            assert TOKEN not in called.out + called.err
    wrong = "htp:/plain"
    project.path.write_text(f'{project.path.read_text()}ping_url = "{wrong}"\n')
    called = project.call("config", "check")
    assert called.exit_code == 3
    assert "[notify] ping_url: write an http or https address" in called.err
    assert wrong not in called.err
