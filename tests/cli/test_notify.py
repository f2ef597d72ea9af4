"""What others hear of a `reconcile`: pings, a metrics file, a hook, messages."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from kapso_twilio_cli.gateways import ping
from kapso_twilio_cli.operations import hook
from kapso_twilio_cli.operations.lock import mass_work
from kapso_twilio_cli.project import Project
from tests.gateways.servers import Served, nobody_there, serving
from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import RunningSandbox

has_apprise = pytest.mark.skipif(
    find_spec("apprise") is None, reason="the extra notify is not installed"
)

TOKEN = "0b6f3c1e-secret-token"


@pytest.fixture
def monitor() -> Iterator[Served]:
    """A monitor that takes every ping."""
    with serving(lambda _request: (200, "OK")) as served:
        yield served


def with_notify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, **notify: object
) -> ReadyProject:
    return ready_project(tmp_path, monkeypatch, sandbox, notify=notify)


def break_credentials(project: ReadyProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on a reconcile that has work to do fails with 4."""
    project.answer("pool", "set", "US", "--target-size", "3")
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN", "0" * 32)


def hook_at(folder: Path, body: str = "") -> tuple[list[str], Path]:
    """A real program that keeps what it was given; and where it keeps it."""
    script, kept = folder / "hook", folder / "kept.json"
    script.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        f"{body}\n"
        "given = {'argv': sys.argv[1:], 'environ': dict(os.environ), 'stdin': sys.stdin.read()}\n"
        f"open({str(kept)!r}, 'w').write(json.dumps(given))\n"
    )
    script.chmod(0o700)
    return [str(script), "acme"], kept


def given_to_hook(kept: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.loads(kept.read_text())["stdin"])
    return document


def gauges(path: Path) -> dict[str, float]:
    """The file as a monitor reads it: each value by its name and labels, help and type before."""
    known: dict[str, set[str]] = {}
    values = {}
    for line in path.read_text().splitlines():
        if found := re.fullmatch(r"# (HELP|TYPE) (\w+) (.+)", line):
            known.setdefault(found[2], set()).add(found[1])
            assert found[1] == "HELP" or found[3] == "gauge"
        else:
            found = re.fullmatch(r'(\w+)(\{\w+="[^"]*"(?:,\w+="[^"]*")*\}) (-?[\d.]+)', line)
            assert found is not None, line
            assert known[found[1]] == {"HELP", "TYPE"}
            values[found[1] + found[2]] = float(found[3])
    return values


# The metrics file.


def test_the_metrics_file_tells_what_the_inventory_knows(project: ReadyProject) -> None:
    path = project.home / "acme.prom"
    called = project.call("reconcile", "--metrics-file", str(path))
    assert (called.exit_code, called.err) == (0, "")
    assert path.stat().st_mode & 0o777 == 0o644
    found = gauges(path)
    us = '{project="acme",country="US"}'
    for name, value in (
        ("ready_numbers", 2),
        ("target_numbers", 2),
        ("reserved_numbers", 0),
        ("connected_numbers", 0),
        ("quarantined_numbers", 0),
        ("missing_numbers", 0),
        ("unknown_purchases", 0),
    ):
        assert found[f"kapso_twilio_{name}{us}"] == value
    assert 80 < found[f"kapso_twilio_next_expiry_days{us}"] < 100
    assert found['kapso_twilio_monthly_cost{project="acme",currency="USD"}'] == 2.30
    assert found['kapso_twilio_last_exit_code{project="acme"}'] == 0
    success = found['kapso_twilio_last_success_timestamp_seconds{project="acme"}']
    assert abs(success - time.time()) < 60
    assert [number for number in project.bought() if number[1:] in path.read_text()] == []
    assert list(project.home.glob(".acme.prom*")) == []


def test_numbers_outside_pools_are_counted_by_their_country(project: ReadyProject) -> None:
    project.answer("resolve", "--country", "CL", "--ref", "a")
    path = project.home / "acme.prom"
    project.answer("reconcile", "--no-fill", "--metrics-file", str(path))
    found = gauges(path)
    assert found['kapso_twilio_reserved_numbers{project="acme",country="CL"}'] == 1
    assert found['kapso_twilio_ready_numbers{project="acme",country="US"}'] == 0


def test_a_failed_run_leaves_the_last_success_and_writes_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    path = tmp_path / "named-in-the-settings.prom"
    project = with_notify(tmp_path, monkeypatch, sandbox, metrics_file=str(path))
    project.answer("reconcile")
    good = gauges(path)
    break_credentials(project, monkeypatch)
    assert project.call("reconcile").exit_code == 4
    bad = gauges(path)
    success = 'kapso_twilio_last_success_timestamp_seconds{project="acme"}'
    assert bad[success] == good[success]
    assert bad['kapso_twilio_last_exit_code{project="acme"}'] == 4
    assert bad['kapso_twilio_target_numbers{project="acme",country="US"}'] == 3


def test_a_metrics_file_that_cannot_be_written_is_a_warning(project: ReadyProject) -> None:
    folder = project.home / "taken"
    folder.mkdir()
    for path in (project.home / "absent" / "acme.prom", folder):
        called = project.call("reconcile", "--metrics-file", str(path))
        assert called.exit_code == 0
        assert f"warning: the metrics file: {path} cannot be written" in called.err
    assert not (project.home / "absent").exists()
    assert folder.is_dir()


# Pings.


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
    assert "[notify] ping_url: write an https address" in called.err
    assert wrong not in called.err


# The hook.


def test_a_hook_reads_what_was_done_and_gets_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    command, kept = hook_at(tmp_path)
    project = with_notify(tmp_path, monkeypatch, sandbox, command=command)
    called = project.call("reconcile")
    assert (called.exit_code, called.err) == (0, "")
    given = json.loads(kept.read_text())
    assert given["argv"] == ["acme"]
    assert [name for name in given["environ"] if "KAPSO" in name or "TWILIO" in name] == []
    assert [s for s in project.sandbox.credentials.values() if s in kept.read_text()] == []
    document = given_to_hook(kept)
    assert (document["schema"], document["kind"]) == ("kapso-twilio.notify/1", "reconcile")
    assert (document["project"], document["exit_code"], document["error"]) == ("acme", 0, None)
    assert (
        sorted(action["kind"] for action in document["actions"])
        == ["bought"] * 2 + ["verified"] * 2
    )
    assert all("•••" in action["phone_number"] for action in document["actions"])
    assert [number for number in project.bought() if number[1:] in kept.read_text()] == []
    kept.unlink()
    assert project.call("reconcile").exit_code == 0
    assert not kept.exists()  # it had nothing to tell


def test_a_hook_reads_why_a_run_failed_and_what_needs_attention(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    command, kept = hook_at(tmp_path)
    project = with_notify(tmp_path, monkeypatch, sandbox, command=command)
    break_credentials(project, monkeypatch)
    assert project.call("reconcile").exit_code == 4
    document = given_to_hook(kept)
    assert (document["exit_code"], document["error"]["kind"]) == (4, "credentials")
    assert document["attention"] == ["pool_short"]
    assert "0" * 32 not in kept.read_text()


def test_details_name_no_full_number_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    """A ref may be somebody's phone number."""
    command, kept = hook_at(tmp_path)
    project = ready_project(
        tmp_path,
        monkeypatch,
        sandbox,
        notify={"command": command},
        onboarding={"reservation_ttl": "1s", "min_validity": "0s"},
    )
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "56912345678", "--no-provision")
    time.sleep(1.1)
    project.answer("reconcile", "--no-fill")
    (action,) = given_to_hook(kept)["actions"]
    assert (action["kind"], action["detail"]) == ("reservation_expired", "56912•••5678")


def test_full_numbers_are_told_where_the_settings_ask_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    command, kept = hook_at(tmp_path)
    project = with_notify(tmp_path, monkeypatch, sandbox, command=command, full_numbers=True)
    project.answer("reconcile")
    told = {action["phone_number"] for action in given_to_hook(kept)["actions"]}
    assert told == set(project.bought())


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("sys.exit(3)", "it ended with exit code 3"),
        ("os.kill(os.getpid(), 9)", "signal 9 ended it"),
        ("import time; time.sleep(60)", "it did not end within 0.5 s, and was killed"),
        ("sys.stdin.close(); print('x' * 200000); sys.exit(1)", "it ended with exit code 1"),
    ],
    ids=["fails", "dies", "hangs", "does not listen"],
)
def test_a_hook_that_fails_is_a_warning_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, body: str, why: str
) -> None:
    defaults = {"environ": os.environ, "seconds": 0.5}
    monkeypatch.setattr(hook.run_hook, "__kwdefaults__", defaults)
    command, _ = hook_at(tmp_path, body)
    project = with_notify(tmp_path, monkeypatch, sandbox, command=command)
    called = project.call("reconcile")
    assert (called.exit_code, called.err) == (0, f"warning: notify.command: {why}\n")
    assert len(called.out.splitlines()) == 4
    assert project.states() == {"ready": 2}


def test_a_hook_that_is_killed_takes_along_what_it_started(tmp_path: Path) -> None:
    kept = tmp_path / "pid"
    child = f"sleep 60 & echo $! > {kept}; wait"
    assert hook.run_hook(["/bin/sh", "-c", child], b"{}", seconds=0.5) is not None
    pid = int(kept.read_text())
    wait_until(lambda: not _is_alive(pid))


def _is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.parametrize("mode", [0o660, 0o606])
def test_a_hook_is_not_run_from_a_file_that_others_may_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, mode: int
) -> None:
    command, kept = hook_at(tmp_path)
    project = with_notify(tmp_path, monkeypatch, sandbox, command=command)
    project.path.chmod(mode)
    called = project.call("reconcile")
    assert called.exit_code == 0
    assert f"warning: notify.command: others may write {project.path}; run: chmod" in called.err
    assert not kept.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_hook_is_not_run_from_another_users_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    command, kept = hook_at(tmp_path)
    project = with_notify(tmp_path, monkeypatch, sandbox, command=command)
    os.chown(project.path, 12345, -1)
    called = project.call("reconcile")
    assert called.exit_code == 0
    assert "belongs to another user" in called.err
    assert not kept.exists()


# Messages.


@has_apprise
def test_messages_reach_an_address_and_name_no_full_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, monitor: Served
) -> None:
    address = monitor.url.replace("http://", "json://") + f"/{TOKEN}"
    project = with_notify(tmp_path, monkeypatch, sandbox, urls=[address])
    called = project.call("reconcile")
    assert (called.exit_code, called.err) == (0, "")
    (body,) = monitor.bodies
    message = json.loads(body)
    assert message["title"] == "kapso-twilio acme: reconcile did this"
    assert "bought: +" in message["message"]
    assert [number for number in project.bought() if number[1:] in body.decode()] == []


@has_apprise
@pytest.mark.parametrize(
    ("address", "why"),
    [
        (
            f"{nobody_there().replace('http://', 'json://')}/{TOKEN}",
            "at least one address did not take the message",
        ),
        (f"nonsense://{TOKEN}", "apprise does not understand at least one address"),
    ],
    ids=["nobody there", "nonsense"],
)
def test_an_address_that_takes_no_message_is_a_warning_without_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: RunningSandbox,
    address: str,
    why: str,
) -> None:
    project = with_notify(tmp_path, monkeypatch, sandbox, urls=[address])
    called = project.call("reconcile")
    assert (called.exit_code, called.err) == (0, f"warning: notify.urls: {why}\n")


def test_apprise_that_is_broken_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "apprise.py").write_text(f"raise SystemError({TOKEN!r})\n")
    monkeypatch.syspath_prepend(tmp_path / "libraries")
    before = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'libraries'}:{before}")
    project = with_notify(tmp_path, monkeypatch, sandbox, urls=[f"json://h.example/{TOKEN}"])
    called = project.call("reconcile")
    assert called.exit_code == 0
    assert called.err == (
        "warning: notify.urls: apprise broke; is it whole? try: apprise --version\n"
    )


def test_without_the_extra_a_warning_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    project = with_notify(tmp_path, monkeypatch, sandbox, urls=[f"json://h.example/{TOKEN}"])
    called = project.call("reconcile")
    assert called.exit_code == 0
    assert "warning: notify.urls: apprise is not installed" in called.err
    assert "pipx install 'kapso-twilio[notify]'" in called.err
    assert TOKEN not in called.err


# All of them.


def test_a_dry_run_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, monitor: Served
) -> None:
    command, kept = hook_at(tmp_path)
    path = tmp_path / "acme.prom"
    project = with_notify(
        tmp_path,
        monkeypatch,
        sandbox,
        ping_url=monitor.url,
        command=command,
        metrics_file=str(path),
        urls=[monitor.url.replace("http", "json")],
    )
    for words in ((), ("--metrics-file", str(path)), ("--detailed-exitcode",)):
        called = project.call("reconcile", "--dry-run", *words)
        assert (called.exit_code, called.err) == (10 if "--detailed-exitcode" in words else 0, "")
    assert monitor.requests == []
    assert not kept.exists()
    assert not path.exists()


def test_without_settings_nothing_of_it_is_loaded(project: ReadyProject) -> None:
    code = (
        "import sys; from kapso_twilio_cli.main import main; code = main(['reconcile']);"
        "print(*[name for name in sys.modules if name.endswith(('.operations.notify',"
        " '.gateways.ping', '.gateways.push', '.operations.metrics', '.operations.hook',"
        " 'apprise'))], file=sys.stderr); sys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=project.home, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr.strip()) == (0, "")
