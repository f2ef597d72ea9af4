"""A home that its user may not write, as services have it: the data directory is enough."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.users import run_bound
from tests.vendors import RunningSandbox

Seen = dict[str, tuple[int, int]]


@pytest.fixture
def data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> Iterator[Path]:
    """The data directory; the home beside it, the folders in it and TMPDIR are locked."""
    home, data, temporary = (tmp_path / name for name in ("home", "data", "tmp"))
    for folder in (home / ".config" / "kapso-twilio", home / ".cache", data, temporary):
        folder.mkdir(parents=True)
    for name in [name for name in os.environ if name.startswith(("KAPSO_TWILIO_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)  # the real choice of a backend
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("KAPSO_TWILIO_DATA_DIR", str(data))
    monkeypatch.chdir(home)
    locked = [*(path for path in home.rglob("*")), home]
    for folder in locked:
        folder.chmod(0o500)
    yield data
    for folder in reversed(locked):
        folder.chmod(0o700)


def seen(folder: Path) -> Seen:
    """Every file and folder below, with when it was changed and how long it is."""
    found = {str(path): path.lstat() for path in folder.rglob("*")}
    return {path: (stat.st_mtime_ns, stat.st_size) for path, stat in found.items()}


def configure(sandbox: RunningSandbox, *where: str) -> list[str]:
    known = sandbox.credentials
    return [
        *("configure", "acme", *where, "--account-sid", known["account_sid"]),
        *("--plan", "enterprise", "--country", "US", "--default-country", "US", "--enable"),
        *("--meta-business-id", known["meta_business_id"]),
    ]


def test_the_program_writes_in_its_data_directory_alone(
    data: Path, tmp_path: Path, sandbox: RunningSandbox
) -> None:
    project_file = data / "acme.toml"
    before = seen(tmp_path / "home")
    this = ("--config", str(project_file))
    ran = run_bound(
        configure(sandbox, *this),
        ["pool", "set", "US", "--target-size", "2", *this],
        ["pool", "fill", *this],
        ["resolve", "--ref", "a", "--json", *this],
        ["reconcile", *this],
        ["status", "--json", *this],
        ["inventory", "backup", *this],
        ["cron", "show", *this],
    )
    for called in ran:
        assert called.exit_code == 0, called
    assert ran[3].document["path"] == "pool"
    assert seen(tmp_path / "home") == before
    assert list((tmp_path / "tmp").iterdir()) == []
    assert {path.name for path in data.iterdir()} == {"acme.toml", "acme"}


def test_a_project_file_that_must_be_written_there_is_refused_in_words(
    data: Path, sandbox: RunningSandbox
) -> None:
    (called,) = run_bound(configure(sandbox))
    assert called.exit_code == 3
    assert "cannot be written" in called.err
    assert list(data.iterdir()) == []  # no inventory without its project


def test_a_secret_that_must_be_written_there_is_refused_in_words(
    data: Path, sandbox: RunningSandbox
) -> None:
    project_file = data / "acme.toml"
    words = ["auth", "set", "meta_token", "--stdin", "--store", "file"]
    token = sandbox.credentials["meta_token"]
    run_bound(configure(sandbox, "--config", str(project_file)))
    (called,) = run_bound([*words, "--config", str(project_file)], stdin=token)
    assert called.exit_code == 3
    assert "cannot be written" in called.err
    assert token not in called.err
