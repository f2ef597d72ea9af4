"""After every command, no secret stands in an output, in a file, or in a traceback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import sqlite3
import sys
from pathlib import Path

import pytest

from kapso_twilio_cli.project import Project
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox

from .every_command import run_every_command

APP_SECRET = "the-app-secret-of-the-tests"


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A project that has every secret there is."""
    known = sandbox.credentials
    project = ready_project(
        tmp_path, monkeypatch, sandbox, kapso=True, twilio={"api_key_sid": known["api_key_sid"]}
    )
    monkeypatch.setenv("KAPSO_TWILIO_API_KEY_SECRET", known["api_key_secret"])
    monkeypatch.setenv("KAPSO_TWILIO_META_APP_SECRET", APP_SECRET)
    return project


def secrets(project: ReadyProject) -> dict[str, str]:
    """Each secret, and what is made of it on the wire."""
    known = project.sandbox.credentials
    names = (
        "auth_token",
        "api_key_secret",
        "meta_token",
        "kapso_api_key",
        "kapso_webhook_secret",
    )
    plain = {**{name: known[name] for name in names}, "meta_app_secret": APP_SECRET}
    proof = hmac.new(APP_SECRET.encode(), known["meta_token"].encode(), hashlib.sha256).hexdigest()
    pairs = {
        "basic auth, token": f"{known['account_sid']}:{known['auth_token']}",
        "basic auth, key": f"{known['api_key_sid']}:{known['api_key_secret']}",
    }
    encoded = {name: base64.b64encode(pair.encode()).decode() for name, pair in pairs.items()}
    return {**plain, "appsecret_proof": proof, **encoded}


def assert_no_secret(project: ReadyProject, text: str, where: str) -> None:
    for name, secret in secrets(project).items():
        assert secret not in text, f"{name} stands in {where}"


def assert_no_secret_in_files(project: ReadyProject, *, but: Path | None = None) -> None:
    for path in project.home.rglob("*"):
        if path.is_file() and (but is None or but not in path.parents):
            content = path.read_bytes().decode("latin-1")
            assert_no_secret(project, content, str(path))


@pytest.mark.parametrize("options", [(), ("--json",), ("-vv",), ("--json", "-v")], ids=str)
def test_no_command_shows_or_keeps_a_secret(
    project: ReadyProject, options: tuple[str, ...]
) -> None:
    # `auth set` keeps one where it promises to: in a file for its owner alone.
    kept = project.home / "config" / "kapso-twilio" / "secrets"
    for one in run_every_command(project, *options):
        assert one.called.exit_code == 0, (one.command, one.called)
        assert_no_secret(project, one.called.out, f"stdout of {one.command}")
        assert_no_secret(project, one.called.err, f"stderr of {one.command}")
        assert_no_secret_in_files(project, but=kept)
    assert_no_secret_in_files(project)


def test_verbose_tells_of_every_request_without_what_is_secret_in_it(
    project: ReadyProject,
) -> None:
    called = project.call("pool", "fill", "-v")
    assert "Twilio POST /2010-04-01/Accounts/" in called.err
    assert "Meta POST /v25.0/" in called.err
    assert_no_secret(project, called.err, "stderr")


@pytest.mark.parametrize("name", ["AUTH_TOKEN", "API_KEY_SECRET", "META_TOKEN", "KAPSO_API_KEY"])
def test_a_rejected_secret_is_not_repeated(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    wrong = "wrong-but-still-a-secret"
    monkeypatch.setenv(f"KAPSO_TWILIO_{name}", wrong)
    for words in (("pool", "fill"), ("reconcile", "-v"), ("auth", "status"), ("config", "show")):
        called = project.call(*words)
        assert wrong not in called.out + called.err


@pytest.mark.parametrize("fault", ["garble", "drop_after"])
def test_errors_of_vendors_and_of_the_network_hold_no_secret(
    project: ReadyProject, fault: str
) -> None:
    project.sandbox.fault(path="", times=None, fault=fault)
    for words in (("search", "--country", "CL", "-v"), ("number", "list", "--foreign")):
        called = project.call(*words)
        assert called.exit_code == 75
        assert_no_secret(project, called.out + called.err, " ".join(words))


def test_a_traceback_holds_no_secret(project: ReadyProject) -> None:
    """A bug is provoked by a row that this program would never write."""
    project.answer("pool", "fill")
    connection = sqlite3.connect(project.inventory)
    connection.execute("UPDATE numbers SET number_type = 'no such type'")
    connection.commit()
    connection.close()
    for words in (("reconcile", "-v"), ("number", "list", "--foreign", "--json")):
        called = project.call(*words)
        assert called.exit_code == 1
        assert "Traceback" in called.err
        assert_no_secret(project, called.out + called.err, "the traceback")


def test_no_repr_shows_a_secret(project: ReadyProject) -> None:
    opened = Project.locate(name=None, config_path=None)
    twilio, meta = opened.twilio, opened.meta
    shown = [
        repr(thing)
        for thing in (
            opened,
            vars(opened),
            opened.config,
            opened.secrets,
            twilio,
            meta,
            vars(meta),
            opened.kapso,
            opened.endpoints,
        )
    ]
    for text in shown:
        assert_no_secret(project, text, text[:60])


def test_secrets_are_never_in_argv(project: ReadyProject) -> None:
    secret = project.sandbox.credentials["auth_token"]
    called = project.call("auth", "set", "auth_token", secret)
    assert called.exit_code == 2
    assert secret not in called.out + called.err
    assert secret not in " ".join(sys.argv)
