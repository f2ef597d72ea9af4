"""Folders and files that this user may not read: an error that says which, why, and what to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.projects import ReadyProject, ready_project
from tests.users import run_bound
from tests.vendors import RunningSandbox, running_sandbox

from .calls import Called
from .every_command import run_every_command

STORED = ("AUTH_TOKEN", "META_TOKEN", "KAPSO_API_KEY")
NOBODY = 65534


def secrets_of(project: ReadyProject) -> Path:
    return project.home / "config" / "kapso-twilio" / "secrets"


PLACES: dict[str, Callable[[ReadyProject], Path]] = {
    "the secrets folder": secrets_of,
    "the config folder": lambda project: secrets_of(project).parent,
    "a secrets file": lambda project: secrets_of(project) / "acme.auth_token",
    "the project file": lambda project: project.path,
    "the data folder": lambda project: project.inventory.parent.parent,
    "the inventory's folder": lambda project: project.inventory.parent,
    "the inventory": lambda project: project.inventory,
}


@dataclass(frozen=True)
class Recording(ReadyProject):
    """A project that notes the words of each command."""

    commands: list[tuple[str, ...]] = field(default_factory=list)

    def call(self, *words: str, stdin: str = "") -> Called:
        self.commands.append(words)
        return super().call(*words, stdin=stdin)


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, ...]]:
    """The words of every command, as they succeed one after the other."""
    with pytest.MonkeyPatch.context() as monkeypatch, running_sandbox() as sandbox:
        made = ready_project(tmp_path_factory.mktemp("home"), monkeypatch, sandbox)
        project = Recording(made.home, made.path, made.inventory, sandbox)
        for _ in run_every_command(project):
            pass
    ours = [words for words in project.commands if words[:2] != ("project", "remove")]
    return [tuple(word for word in words if str(made.home) not in word) for words in ours]


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> Iterator[ReadyProject]:
    """A project with a full pool, whose secrets stand in files."""
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    for name in STORED:
        variable = f"KAPSO_TWILIO_{name}"
        words = ("auth", "set", name.lower(), "--stdin", "--store", "file")
        assert project.call(*words, stdin=sandbox.environment()[variable]).exit_code == 0
        monkeypatch.delenv(variable)
    project.answer("pool", "fill")
    yield project
    for place in PLACES.values():
        found = place(project)
        if found.parent.exists() and found.exists():
            found.chmod(0o700)  # so that pytest can clear it away


def error_of(called: Called) -> dict[str, Any]:
    error: dict[str, Any] = called.document["error"]
    assert error["exit_code"] == called.exit_code
    return error


@pytest.mark.parametrize("place", PLACES)
def test_no_command_takes_it_for_a_bug(
    project: ReadyProject, commands: Sequence[tuple[str, ...]], place: str
) -> None:
    PLACES[place](project).chmod(0)
    for words, called in zip(commands, run_bound(*commands), strict=True):
        assert called.exit_code != 1, (words, called.err)
        assert "Traceback" not in called.err, words


@pytest.mark.parametrize(
    ("place", "words", "exit_code"),
    [
        ("the secrets folder", "number list --foreign", 4),
        ("the secrets folder", "reconcile", 4),
        ("the secrets folder", "auth clear meta_token", 4),
        ("a secrets file", "search --country CL", 4),
        ("the config folder", "reconcile", 4),
        ("the config folder", "project list", 3),
        ("the config folder", "status -p acme", 3),
        ("the project file", "status", 3),
        ("the project file", "config set limits.max_numbers 9", 3),
        ("the data folder", "status", 3),
        ("the data folder", "resolve", 3),
        ("the inventory's folder", "reconcile", 3),
        ("the inventory's folder", "inventory create", 3),
        ("the inventory's folder", "inventory path", 3),
    ],
)
def test_the_error_names_what_stops_it_and_how_to_mend_it(
    project: ReadyProject, place: str, words: str, exit_code: int
) -> None:
    stopper = PLACES[place](project)
    mode = stopper.stat().st_mode & 0o777
    stopper.chmod(0)
    (called,) = run_bound([*words.split(), "--json"])
    error = error_of(called)
    assert called.exit_code == exit_code
    assert "cannot be read" in error["message"]
    assert f"{stopper} belongs to " in error["reason"]
    assert "with the mode 0000" in error["reason"]
    verb, _, path = error["hint"].rpartition(" ")
    assert verb in ("chmod u+rwx", "chmod u+rw")
    assert path == str(stopper)
    stopper.chmod(mode)
    assert "cannot be read" not in run_bound(words.split())[0].err


def test_a_folder_of_another_users_is_told_with_its_owner(project: ReadyProject) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(secrets_of(project), NOBODY, NOBODY)
    (called,) = run_bound(["reconcile", "--json"])
    error = error_of(called)
    assert called.exit_code == 4
    assert "belongs to nobody, with the mode 0700, and this is root" in error["reason"]
    assert error["hint"].startswith("run kapso-twilio as nobody")


def test_a_secret_that_cannot_be_read_is_not_taken_from_elsewhere(project: ReadyProject) -> None:
    """Nor for one that is not set: the project would go on without Kapso."""
    (secrets_of(project) / "acme.kapso_api_key").chmod(0)
    (called,) = run_bound(["reconcile", "--json"])
    assert (called.exit_code, error_of(called)["kind"]) == (4, "credentials")


def test_a_claim_from_the_pool_reads_no_secret(project: ReadyProject) -> None:
    secrets_of(project).chmod(0)
    (called,) = run_bound(["resolve", "--ref", "a", "--json"])
    assert (called.exit_code, called.document["path"]) == (0, "pool")


@pytest.mark.parametrize(
    ("place", "failed", "exit_code"),
    [
        ("the secrets folder", "secrets_folder", 4),
        ("the config folder", "config_folder", 3),
        ("the project file", "project", 3),
        ("the data folder", "data_folder", 3),
        ("the inventory's folder", "data_folder", 3),
    ],
)
def test_the_doctor_fails_that_check(
    project: ReadyProject, place: str, failed: str, exit_code: int
) -> None:
    stopper = PLACES[place](project)
    stopper.chmod(0)
    (called,) = run_bound(["doctor", "--json"])
    assert called.exit_code == exit_code
    checks = {check["name"]: check for check in called.document["checks"]}
    assert checks[failed]["severity"] == "failure"
    assert str(stopper) in checks[failed]["message"]
    assert str(stopper) in checks[failed]["hint"]


@pytest.mark.parametrize("gone", [False, True], ids=["locked", "gone"])
def test_a_working_directory_that_cannot_be_read_holds_no_project(
    project: ReadyProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, gone: bool
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    named = tmp_path / "config" / "kapso-twilio" / "projects" / "acme.toml"
    named.parent.mkdir()
    project.path.rename(named)
    monkeypatch.chdir(elsewhere)
    if gone:
        elsewhere.rmdir()
    else:
        elsewhere.chmod(0)
    called, listed = run_bound(["status"], ["project", "list", "--json"])
    assert called.exit_code == 0, called.err
    assert [one["project"] for one in listed.document["projects"]] == ["acme"]
