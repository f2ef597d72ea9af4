"""The secrets chain."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from kapso_twilio_cli.config.secrets import Secret, SecretName, Secrets, SourceKind
from kapso_twilio_cli.errors import CredentialsError

from .places import use_home, use_keyring

TOKEN = SecretName.AUTH_TOKEN
SHORT = 0.1


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return use_home(tmp_path, monkeypatch)


@pytest.fixture
def working_keyring(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEST_KEYRING_FILE", str(home / "keyring.json"))
    use_keyring("tests.config.keyrings.InFile", monkeypatch)
    return home / "keyring.json"


def secrets_file(home: Path, value: str = "from-file") -> Path:
    path = home / "config" / "kapso-twilio" / "secrets" / "acme.auth_token"
    path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
    path.write_text(f"{value}\n")
    path.chmod(0o600)
    return path


def value_and_source(secrets: Secrets) -> tuple[str, SourceKind]:
    found = secrets.find(TOKEN)
    assert found is not None
    return found.secret.reveal(), found.source


def test_a_secret_shows_itself_to_reveal_alone() -> None:
    secret = Secret("s3cr3t")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>20}", "%s" % secret]  # noqa: UP031
    shown += [repr([secret]), repr({"a": secret}), json.dumps(secret, default=str)]
    shown.append(msgspec.json.encode(secret, enc_hook=str).decode())
    assert not any("s3cr3t" in text for text in shown)
    assert secret.reveal() == "s3cr3t"
    assert secret == Secret("s3cr3t")
    assert secret != Secret("other")


@pytest.mark.parametrize("use", [pickle.dumps, copy.deepcopy])
def test_a_secret_is_not_pickled(use: object) -> None:
    assert callable(use)
    with pytest.raises(TypeError, match="not pickled"):
        use(Secret("s3cr3t"))


def test_the_sources_win_in_their_order(
    home: Path, working_keyring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets_file(home)
    assert value_and_source(Secrets("acme")) == ("from-file", SourceKind.FILE)
    working_keyring.write_text(json.dumps({"kapso-twilio:acme/auth_token": "from-keyring"}))
    assert value_and_source(Secrets("acme")) == ("from-keyring", SourceKind.KEYRING)
    (home / "acme.auth_token").write_text("from-systemd\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(home))
    assert value_and_source(Secrets("acme")) == ("from-systemd", SourceKind.SYSTEMD)
    (home / "token").write_text("from-named-file\n")
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN_FILE", str(home / "token"))
    assert value_and_source(Secrets("acme")) == ("from-named-file", SourceKind.ENVIRONMENT_FILE)
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN", "from-environment")
    assert value_and_source(Secrets("acme")) == ("from-environment", SourceKind.ENVIRONMENT)
    assert [state.holds for state in Secrets("acme").sources(TOKEN)] == [True] * 5


@pytest.mark.parametrize("name", SecretName)
def test_every_secret_has_its_variable(name: SecretName) -> None:
    secrets = Secrets("acme", environ={f"KAPSO_TWILIO_{name.value.upper()}": "x1"})
    assert secrets.require(name).reveal() == "x1"


def test_an_empty_variable_is_none(home: Path) -> None:
    secrets_file(home)
    secrets = Secrets("acme", environ={"KAPSO_TWILIO_AUTH_TOKEN": ""})
    assert value_and_source(secrets) == ("from-file", SourceKind.FILE)


def test_a_missing_secret_names_every_way_to_set_it(home: Path) -> None:
    with pytest.raises(CredentialsError, match="the project acme has no auth_token") as caught:
        Secrets("acme").require(TOKEN)
    hint = caught.value.hint or ""
    assert "kapso-twilio auth set auth_token" in hint
    assert "KAPSO_TWILIO_AUTH_TOKEN, KAPSO_TWILIO_AUTH_TOKEN_FILE" in hint
    assert "systemd credential acme.auth_token" in hint
    assert str(home / "config/kapso-twilio/secrets/acme.auth_token") in hint
    assert caught.value.reason == "this machine has no keyring"


def test_a_source_that_is_set_and_unreadable_is_not_skipped(home: Path) -> None:
    secrets_file(home)
    secrets = Secrets("acme", environ={"KAPSO_TWILIO_AUTH_TOKEN_FILE": str(home / "gone")})
    with pytest.raises(CredentialsError, match="KAPSO_TWILIO_AUTH_TOKEN_FILE cannot be read"):
        secrets.find(TOKEN)


@pytest.mark.parametrize("value", ["two words", "line\nbreak", "é", "", "  "])
def test_a_value_that_cannot_be_sent_is_refused(home: Path, value: str) -> None:
    secrets_file(home, value)
    with pytest.raises(CredentialsError, match="cannot be used") as caught:
        Secrets("acme").find(TOKEN)
    assert not value.strip() or value not in str(caught.value.reason)


def test_bytes_that_are_no_text_are_refused(home: Path) -> None:
    secrets_file(home).write_bytes(b"\xff\xfe")
    with pytest.raises(CredentialsError) as caught:
        Secrets("acme").find(TOKEN)
    assert "it is not text" in (caught.value.reason or "")


def test_a_secrets_file_that_others_can_read_is_refused(home: Path) -> None:
    path = secrets_file(home)
    path.chmod(0o640)
    with pytest.raises(CredentialsError) as caught:
        Secrets("acme").find(TOKEN)
    assert caught.value.hint == f"chmod 600 {path}"
    path.chmod(0o600)
    path.parent.chmod(0o755)
    with pytest.raises(CredentialsError) as caught:
        Secrets("acme").find(TOKEN)
    assert caught.value.hint == f"chmod 700 {path.parent}"
    with pytest.raises(CredentialsError):
        Secrets("acme").store(TOKEN, Secret("new"), SourceKind.FILE)
    assert path.read_text() == "from-file\n"


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        ("keyring.backends.fail.Keyring", "this machine has no keyring"),
        ("tests.config.keyrings.Locked", "the keyring is locked"),
        ("tests.config.keyrings.Broken", "the keyring failed (ZeroDivisionError)"),
        ("tests.config.keyrings.Hanging", "the keyring did not answer in 0.1 s"),
    ],
)
def test_a_troubled_keyring_is_told_and_does_not_stop_the_chain(
    home: Path, monkeypatch: pytest.MonkeyPatch, backend: str, reason: str
) -> None:
    use_keyring(backend, monkeypatch)
    with pytest.raises(CredentialsError) as caught:
        Secrets("acme", keyring_seconds=SHORT).require(TOKEN)
    assert caught.value.reason == reason
    secrets_file(home)
    found = value_and_source(Secrets("acme", keyring_seconds=SHORT))
    assert found == ("from-file", SourceKind.FILE)


def test_the_null_keyring_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    use_keyring("keyring.backends.null.Keyring", monkeypatch)
    assert Secrets("acme").find(TOKEN) is None
    stored = Secrets("acme").store(TOKEN, Secret("abc"))
    assert stored.source is SourceKind.FILE
    assert stored.no_keyring == "the keyring took the secret and did not keep it"


def test_a_keyring_that_failed_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    use_keyring("tests.config.keyrings.Hanging", monkeypatch)
    secrets = Secrets("acme", keyring_seconds=SHORT)
    before = time.monotonic()
    for name in SecretName:
        assert secrets.find(name) is None
    assert time.monotonic() - before < 3 * SHORT


def test_a_keyring_that_hangs_costs_three_seconds_and_lets_the_process_end() -> None:
    script = (
        "from kapso_twilio_cli.config.secrets import Secrets, SecretName\n"
        "print(Secrets('acme').find(SecretName.AUTH_TOKEN))\n"
    )
    environ = os.environ | {"PYTHON_KEYRING_BACKEND": "tests.config.keyrings.Hanging"}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    before = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("None\n", 0), done.stderr
    assert 3 <= time.monotonic() - before < 6


def test_the_keyring_is_not_loaded_when_an_earlier_source_holds_the_secret() -> None:
    script = (
        "import sys\n"
        "from kapso_twilio_cli.config.secrets import Secrets, SecretName\n"
        "Secrets('acme').require(SecretName.AUTH_TOKEN)\n"
        "print(sorted({'keyring', 'platformdirs', 'tomlkit'} & set(sys.modules)))\n"
    )
    environ = os.environ | {"KAPSO_TWILIO_AUTH_TOKEN": "abc"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout == "[]\n", done.stderr


def test_a_secret_is_stored_in_the_keyring_where_there_is_one(working_keyring: Path) -> None:
    stored = Secrets("acme").store(TOKEN, Secret("abc"))
    assert (stored.source, stored.no_keyring) == (SourceKind.KEYRING, None)
    assert value_and_source(Secrets("acme")) == ("abc", SourceKind.KEYRING)
    assert json.loads(working_keyring.read_text()) == {"kapso-twilio:acme/auth_token": "abc"}


def test_where_no_keyring_answers_it_is_stored_in_a_private_file() -> None:
    stored = Secrets("acme").store(TOKEN, Secret("abc"))
    path = Path(stored.place)
    assert stored.no_keyring == "this machine has no keyring"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert value_and_source(Secrets("acme")) == ("abc", SourceKind.FILE)


def test_a_keyring_that_was_asked_for_is_not_replaced_by_a_file() -> None:
    with pytest.raises(CredentialsError, match="was not stored") as caught:
        Secrets("acme").store(TOKEN, Secret("abc"), SourceKind.KEYRING)
    assert "--store file" in (caught.value.hint or "")
    assert Secrets("acme").find(TOKEN) is None


@pytest.mark.usefixtures("working_keyring")
def test_clearing_removes_it_everywhere_it_was_stored() -> None:
    secrets = Secrets("acme")
    secrets.store(TOKEN, Secret("abc"), SourceKind.KEYRING)
    secrets.store(TOKEN, Secret("def"), SourceKind.FILE)
    assert secrets.clear(TOKEN) == [SourceKind.KEYRING, SourceKind.FILE]
    assert secrets.find(TOKEN) is None
    assert secrets.clear(TOKEN) == []


def test_clearing_with_a_locked_keyring_does_not_claim_success(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_keyring("tests.config.keyrings.Locked", monkeypatch)
    with pytest.raises(CredentialsError, match="may still hold"):
        Secrets("acme").clear(TOKEN)


def test_half_an_api_key_is_an_error() -> None:
    secrets = Secrets("acme", environ={"KAPSO_TWILIO_API_KEY_SECRET": "abc"})
    with pytest.raises(CredentialsError, match="no API key SID"):
        secrets.api_key_secret(None)
    with pytest.raises(CredentialsError, match="has no api_key_secret"):
        Secrets("acme", environ={}).api_key_secret("SK1")
    assert secrets.api_key_secret("SK1") == Secret("abc")
    assert Secrets("acme", environ={}).api_key_secret(None) is None
