"""What others hear of a `reconcile`: a hook, messages, and all of it at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kapso_twilio_cli.operations.telling import hook
from tests.gateways.servers import Served, nobody_there
from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import RunningSandbox

from .notices import (
    TOKEN,
    break_credentials,
    given_to_hook,
    has_apprise,
    hook_at,
    with_notify,
)

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
    assert "pipx inject kapso-twilio apprise" in called.err
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
        "print(*[name for name in sys.modules if name.endswith(('.telling.notify',"
        " '.gateways.ping', '.gateways.push', '.telling.metrics', '.telling.hook',"
        " 'apprise'))], file=sys.stderr); sys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=project.home, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr.strip()) == (0, "")
