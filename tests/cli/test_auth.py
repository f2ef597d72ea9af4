"""`auth`: set, status, clear; with the vendors' sandbox."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.places import ACCOUNT_SID, GOOD, use_home, use_keyring, write_project
from tests.vendors import RunningSandbox, running_sandbox

from .calls import Call, Called, caller


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox) -> Path:
    use_home(tmp_path, monkeypatch)
    monkeypatch.setenv("KAPSO_TWILIO_SANDBOX_URL", sandbox.url)
    sandbox.clear_faults()
    known = sandbox.credentials
    content = GOOD.replace(ACCOUNT_SID, known["account_sid"])
    return write_project(
        tmp_path, f'{content}\n[meta]\nbusiness_id = "{known["meta_business_id"]}"\n'
    )


@pytest.fixture
def keyring_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = path.with_name("keyring.json")
    monkeypatch.setenv("TEST_KEYRING_FILE", str(file))
    use_keyring("tests.config.keyrings.InFile", monkeypatch)
    return file


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys)


@pytest.fixture
def pipe(call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run `auth set` with a secret on standard input."""

    def piped(secret: str, name: str, *words: str) -> Called:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
        return call("auth", "set", name, "--stdin", *words)

    return piped


def statuses(call: Call) -> dict[str, tuple[bool, str | None]]:
    rows = call("auth", "status", "--json").document["secrets"]
    return {row["name"]: (row["set"], row["source"]) for row in rows}


@pytest.mark.usefixtures("keyring_file")
def test_a_secret_that_its_vendor_takes_is_stored_in_the_keyring(
    pipe: Call, call: Call, sandbox: RunningSandbox
) -> None:
    for name in ("auth_token", "meta_token", "kapso_api_key"):
        called = pipe(sandbox.credentials[name], name, "--json")
        assert called.exit_code == 0, called.err
        assert called.document["checked"] is True
        assert called.document["stored"] == "keyring"
        assert sandbox.credentials[name] not in called.out + called.err
        assert statuses(call)[name] == (True, "keyring")


@pytest.mark.usefixtures("path")
def test_where_no_keyring_answers_the_file_is_used_and_that_is_said(
    pipe: Call, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    called = pipe(sandbox.credentials["auth_token"], "auth_token")
    file = tmp_path / "config" / "kapso-twilio" / "secrets" / "acme.auth_token"
    assert called.out == f"auth_token is stored: {file}\n"
    assert "auth_token is in a file, not in the keyring: this machine has no keyring" in called.err
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("name", ["auth_token", "meta_token", "kapso_api_key"])
def test_a_secret_that_its_vendor_rejects_is_not_stored(
    pipe: Call, call: Call, name: str, tmp_path: Path
) -> None:
    called = pipe("wrong-s3cr3t", name, "--json")
    assert called.exit_code == 4
    assert called.document["error"]["kind"] == "credentials"
    assert "s3cr3t" not in called.out + called.err
    assert statuses(call)[name] == (False, None)
    assert not (tmp_path / "config" / "kapso-twilio" / "secrets").exists()


@pytest.mark.usefixtures("path")
def test_a_vendor_that_does_not_answer_leaves_everything_as_it_was(
    pipe: Call, call: Call, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_SANDBOX_URL", "http://127.0.0.1:9")
    assert pipe(sandbox.credentials["auth_token"], "auth_token").exit_code == 75
    assert statuses(call)["auth_token"] == (False, None)


@pytest.mark.usefixtures("path")
def test_a_webhook_secret_is_stored_unchecked_and_that_is_said(pipe: Call) -> None:
    called = pipe("hook", "kapso_webhook_secret", "--store", "file", "--json")
    assert (called.exit_code, called.document["checked"]) == (0, False)
    assert "not checked: " in called.err


def test_an_api_key_changes_both_halves_together(
    pipe: Call, call: Call, path: Path, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = sandbox.credentials
    before = path.read_text()
    sid = ("--api-key-sid", known["api_key_sid"])
    assert pipe(known["api_key_secret"], "api_key_secret").exit_code == 2
    assert pipe(known["api_key_secret"], "api_key_secret", *sid).exit_code == 4
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN", known["auth_token"])
    assert pipe("wrong", "api_key_secret", *sid).exit_code == 4
    assert path.read_text() == before
    assert pipe(known["api_key_secret"], "api_key_secret", *sid).exit_code == 0
    assert f'api_key_sid = "{known["api_key_sid"]}"' in path.read_text()
    assert statuses(call)["api_key_secret"] == (True, "file")


def test_an_api_key_sid_of_the_wrong_kind_is_wrong_usage(pipe: Call, path: Path) -> None:
    before = path.read_text()
    assert pipe("x", "api_key_secret", "--api-key-sid", "AC1").exit_code == 2
    assert pipe("x", "auth_token", "--api-key-sid", "SK" + "0" * 32).exit_code == 2
    assert path.read_text() == before


@pytest.mark.usefixtures("path")
def test_an_earlier_source_that_wins_is_warned_about(
    pipe: Call, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN", "another")
    called = pipe(sandbox.credentials["auth_token"], "auth_token", "--json")
    assert called.exit_code == 0
    assert called.document["shadowed_by"] == "KAPSO_TWILIO_AUTH_TOKEN"
    assert "warning: KAPSO_TWILIO_AUTH_TOKEN comes first" in called.err


@pytest.mark.usefixtures("path")
def test_a_secret_as_an_argument_is_refused_and_not_repeated(call: Call) -> None:
    called = call("auth", "set", "auth_token", "s3cr3t")
    assert called.exit_code == 2
    assert "a secret is never given as an argument" in called.err
    assert "s3cr3t" not in called.err


@pytest.mark.usefixtures("path")
def test_without_a_terminal_it_says_how_to_pipe(call: Call, pipe: Call) -> None:
    called = call("auth", "set", "auth_token")
    assert called.exit_code == 2
    assert "kapso-twilio auth set auth_token --stdin" in called.err
    assert pipe("", "auth_token").exit_code == 2
    assert pipe("two words", "auth_token").exit_code == 4


@pytest.mark.usefixtures("path")
@pytest.mark.parametrize("verb", ["set", "clear"])
def test_an_unknown_name_gets_the_nearest(call: Call, verb: str) -> None:
    called = call("auth", verb, "auth_tokn")
    assert called.exit_code == 2
    assert "did you mean auth_token?" in called.err


@pytest.mark.usefixtures("path")
def test_dry_run_checks_and_stores_nothing(pipe: Call, call: Call, sandbox: RunningSandbox) -> None:
    called = pipe(sandbox.credentials["auth_token"], "auth_token", "--dry-run", "--json")
    assert (called.document["checked"], called.document["dry_run"]) == (True, True)
    assert statuses(call)["auth_token"] == (False, None)
    assert pipe("wrong", "auth_token", "--dry-run").exit_code == 4


@pytest.mark.usefixtures("path")
def test_a_keyring_that_was_asked_for_and_is_absent_is_an_error(
    pipe: Call, call: Call, sandbox: RunningSandbox
) -> None:
    called = pipe(sandbox.credentials["auth_token"], "auth_token", "--store", "keyring")
    assert called.exit_code == 4
    assert "this machine has no keyring" in called.err
    assert "--store file" in called.err
    assert statuses(call)["auth_token"] == (False, None)
    assert pipe("x", "auth_token", "--store", "cloud").exit_code == 2


@pytest.mark.usefixtures("path")
def test_status_never_shows_a_secret_and_tells_a_broken_source(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN", "s3cr3t")
    monkeypatch.setenv("KAPSO_TWILIO_META_TOKEN_FILE", str(tmp_path / "gone"))
    called = call("auth", "status")
    assert called.out.startswith("auth_token\tyes\tKAPSO_TWILIO_AUTH_TOKEN\t-\n")
    assert (
        f"meta_token\tno\tKAPSO_TWILIO_META_TOKEN_FILE\t{tmp_path}/gone: No such file" in called.out
    )
    assert "s3cr3t" not in called.out + called.err
    assert "this machine has no keyring" in called.err


@pytest.mark.usefixtures("keyring_file")
def test_clear_removes_it_and_says_what_still_provides_it(
    pipe: Call, call: Call, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe(sandbox.credentials["auth_token"], "auth_token")
    dry = call("auth", "clear", "auth_token", "--dry-run", "--json").document
    assert (dry["removed"], dry["dry_run"]) == (["keyring"], True)
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN", "another")
    called = call("auth", "clear", "auth_token")
    assert called.out == "auth_token removed from the keyring\n"
    assert "KAPSO_TWILIO_AUTH_TOKEN still provides it" in called.err
    monkeypatch.delenv("KAPSO_TWILIO_AUTH_TOKEN")
    assert statuses(call)["auth_token"] == (False, None)
    again = call("auth", "clear", "auth_token", "--dry-run")
    assert again.out == "auth_token was not stored (nothing to change)\n"
