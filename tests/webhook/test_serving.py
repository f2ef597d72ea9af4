"""Start, stop, secrets read again, one receiver a project, and what is never kept."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import RunningSandbox

from .receivers import (
    FORM,
    PUBLIC_URL,
    SMS,
    RunningReceiver,
    arrivals,
    arrivals_file,
    kill,
    owned_number,
    running_receiver,
    sms,
    stopped,
)

SERVE = ("webhook", "serve", "--public-url", PUBLIC_URL)


def test_it_says_where_it_listens_and_what_to_configure(project: ReadyProject) -> None:
    with running_receiver(project) as receiver:
        assert receiver.ready == {
            "url": receiver.url,
            "public_url": PUBLIC_URL,
            "sms_url": f"{PUBLIC_URL}/twilio/sms",
            "voice_url": f"{PUBLIC_URL}/twilio/voice",
            "kapso_url": f"{PUBLIC_URL}/kapso/events",
            "healthz": f"{PUBLIC_URL}/healthz",
        }
        assert receiver.url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_request_under_way_is_finished_before_it_stops(
    project: ReadyProject, number: signal.Signals
) -> None:
    mine = owned_number(project)
    with running_receiver(project) as receiver:
        form = sms(mine)
        body = urlencode(form).encode()
        head = (
            f"POST {SMS} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n"
            f"X-Twilio-Signature: {receiver.signature(form)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        with receiver.connect() as connection:
            connection.sendall(head.encode() + body[:10])
            time.sleep(0.3)
            receiver.process.send_signal(number)
            time.sleep(0.3)
            assert receiver.process.poll() is None, "the request under way is waited for"
            connection.sendall(body[10:])
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        out, err = receiver.process.communicate(timeout=20)
        assert (receiver.process.returncode, out, err) == (0, "", "")


def test_hangup_reads_the_secrets_again_and_drops_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox)
    number = owned_number(project)
    file = project.home / "token"
    file.write_text(sandbox.credentials["auth_token"])
    file.chmod(0o600)
    monkeypatch.delenv("KAPSO_TWILIO_AUTH_TOKEN")
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN_FILE", str(file))
    with running_receiver(project) as receiver:
        changed = RunningReceiver(**{**vars(receiver), "token": "a-new-token-of-the-account"})
        assert changed.post(sms(number)).status_code == 403
        with receiver.connect() as idle:
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert idle.recv(1000).startswith(b"HTTP/1.1 200 ")
            file.write_text(changed.token)
            receiver.process.send_signal(signal.SIGHUP)
            wait_until(lambda: changed.post(sms(number)).status_code == 200)
            assert receiver.post(sms(number)).status_code == 403
            file.unlink()
            receiver.process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            assert changed.post(sms(number)).status_code == 200, "the token of before is kept"
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert idle.recv(1000).startswith(b"HTTP/1.1 200 ")
        _, err = stopped(receiver)
    assert "the secrets were read again" in err
    assert "the secrets could not be read again" in err
    assert changed.token not in err
    assert receiver.token not in err


def test_a_project_has_one_receiver(project: ReadyProject) -> None:
    with running_receiver(project) as receiver:
        called = project.call(*SERVE, "--port", "0", "--json")
        assert (called.exit_code, called.document["error"]["kind"]) == (75, "locked")
        assert f"pid {receiver.process.pid}" in called.document["error"]["reason"]
        kill(receiver)
    with running_receiver(project):
        pass


def test_a_port_that_is_taken_is_said(project: ReadyProject) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        called = project.call(*SERVE, "--port", str(port), "--json")
    assert (called.exit_code, called.document["error"]["kind"]) == (3, "state")
    assert str(port) in called.document["error"]["message"]


def test_without_an_inventory_or_a_token_it_does_not_start(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAPSO_TWILIO_AUTH_TOKEN")
    assert project.call(*SERVE, "--port", "0").exit_code == 4
    project.inventory.unlink()
    assert project.call(*SERVE, "--port", "0").exit_code == 3
    assert not arrivals_file(project).exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://kt.example.com",
        "kt.example.com",
        "https://u:hush@kt.example.com",
        "https://",
        "ftp://x",
    ],
)
def test_the_public_address_must_be_one_that_twilio_calls_with_encryption(
    project: ReadyProject, url: str
) -> None:
    called = project.call("webhook", "serve", "--public-url", url, "--port", "0")
    assert called.exit_code == 2
    assert "hush" not in called.err


def test_codes_are_in_no_backup_and_gone_when_the_receiver_stops(
    project: ReadyProject, number: str, receiver: RunningReceiver
) -> None:
    assert receiver.post(sms(number)).status_code == 200
    assert b"123456" in arrivals_file(project).read_bytes()
    assert arrivals_file(project).stat().st_mode & 0o777 == 0o600
    project.answer("inventory", "backup")
    backups = list(project.inventory.parent.rglob("backups/*"))
    assert backups
    for path in (project.inventory, *backups):
        assert b"123456" not in path.read_bytes()
    stopped(receiver)
    left = [path for path in project.inventory.parent.rglob("*") if path.is_file()]
    assert arrivals_file(project) in left
    assert not any(b"123456" in path.read_bytes() for path in left)


def test_codes_that_nobody_uses_are_deleted_in_time(
    project: ReadyProject, number: str, receiver: RunningReceiver
) -> None:
    assert receiver.post(sms(number)).status_code == 200
    connection = sqlite3.connect(arrivals_file(project))
    with connection:
        connection.execute("UPDATE arrivals SET received_at = '2026-01-01T00:00:00.000000Z'")
    connection.close()
    wait_until(lambda: arrivals(project) == [])
    assert b"123456" not in arrivals_file(project).read_bytes()


def test_removing_the_project_takes_codes_with_it(
    project: ReadyProject, number: str, receiver: RunningReceiver
) -> None:
    receiver.post(sms(number))
    kill(receiver)
    project.answer("project", "remove", "acme", "--yes")
    left = [path for path in project.home.rglob("*") if path.is_file()]
    assert [path.name for path in left if b"123456" in path.read_bytes()] == []
    assert not any(path.name.startswith(("arrivals", "receiver.")) for path in left)


def test_the_ready_line_for_people_names_the_next_step(project: ReadyProject) -> None:
    process = project.start(*SERVE, "--port", "0")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:")
    with pytest.raises(json.JSONDecodeError):
        json.loads(line)
    process.terminate()
    _, err = process.communicate(timeout=20)
    assert f"kapso-twilio webhook configure --all --public-url {PUBLIC_URL}" in err
