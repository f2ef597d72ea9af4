"""`project remove`: nothing in use is removed, nothing is released, and no truth is thrown away."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from filelock import FileLock

from tests.config.places import use_keyring
from tests.projects import ReadyProject

from .calls import Called
from .terminal import type_into


@pytest.fixture(autouse=True)
def _sane(project: ReadyProject) -> Iterator[None]:
    """Whatever happens, the account's bill is known to somebody."""
    yield
    inventories = [project.inventory, *kept(project)]
    known = [row for path in inventories if path.exists() for row in owned(path)]
    assert sorted(known) == sorted(project.bought())


def kept(project: ReadyProject) -> list[Path]:
    return sorted(project.inventory.parent.parent.glob("removed/*/inventory.db"))


def owned(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT phone_number FROM numbers").fetchall()
    return [str(number) for (number,) in rows]


def remove(project: ReadyProject, *words: str) -> Called:
    return project.call("project", "remove", "acme", *words)


def refused(project: ReadyProject, *, reason: str, hint: str) -> None:
    """It is refused, before it asks, and everything is as it was."""
    before, file = project.everything(), project.path.read_bytes()
    for words in (("--yes",), (), ("--dry-run",)):
        called = remove(project, "--json", *words)
        assert called.exit_code == 3, called.out
        error = called.document["error"]
        assert error["message"] == "project acme cannot be removed: it is in use"
        assert error["reason"] == reason
        assert error["hint"] == hint
    assert project.everything() == before
    assert project.path.read_bytes() == file


def test_file_and_secrets_go_and_the_inventory_is_kept_with_its_backups(
    project: ReadyProject,
) -> None:
    project.answer("pool", "fill")
    secret = project.sandbox.credentials["kapso_api_key"]
    project.call("auth", "set", "kapso_api_key", "--stdin", stdin=secret)
    backup = Path(project.answer("inventory", "backup")["path"]).name
    requests = project.sandbox.requests()
    document = remove(project, "--yes", "--json").document
    assert document["secrets"] == ["kapso_api_key"]
    assert (document["numbers"], document["monthly_cost"], document["currency"]) == (
        2,
        "2.30",
        "USD",
    )
    assert not project.path.exists()
    assert not project.inventory.parent.exists()
    assert not (
        project.home / "config" / "kapso-twilio" / "secrets" / "acme.kapso_api_key"
    ).exists()
    place = Path(document["inventory"])
    assert place.parent == project.inventory.parent.parent / "removed"
    assert place.name.startswith("acme-20")
    assert sorted(one.name for one in place.iterdir()) == [
        "backups",
        "inventory.db",
        "newest-event",
    ]
    assert (place / "backups" / backup).is_file()
    assert project.sandbox.requests() == requests


def test_it_says_what_stays_and_what_that_costs(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    called = remove(project, "--yes")
    assert called.exit_code == 0
    account = project.sandbox.credentials["account_sid"]
    assert f"2 numbers stay in the Twilio account {account}, for 2.30 USD a month." in called.out
    assert "The inventory is kept in " in called.out


def test_where_no_number_stays_it_says_so(project: ReadyProject) -> None:
    account = project.sandbox.credentials["account_sid"]
    called = remove(project)
    assert f"Remove it? No number stays in the Twilio account {account}. The in" in called.err


def test_secrets_in_the_keyring_go_too(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_KEYRING_FILE", str(project.home / "keyring.json"))
    use_keyring("tests.config.keyrings.InFile", monkeypatch)
    secret = project.sandbox.credentials["kapso_api_key"]
    project.call("auth", "set", "kapso_api_key", "--stdin", stdin=secret)
    assert secret in (project.home / "keyring.json").read_text()
    assert remove(project, "--yes").exit_code == 0
    assert secret not in (project.home / "keyring.json").read_text()


def test_a_locked_keyring_stops_it_before_the_inventory_moves_and_it_works_on(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.answer("pool", "fill")
    use_keyring("tests.config.keyrings.Locked", monkeypatch)
    called = remove(project, "--yes")
    assert called.exit_code == 4
    assert "then run the same again" in called.err
    assert project.path.exists()
    assert project.rows("SELECT standing FROM standing") != [("superseded",)]
    use_keyring("keyring.backends.fail.Keyring", monkeypatch)
    assert remove(project, "--yes").exit_code == 0


def test_a_reserved_number_keeps_it(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "a")
    refused(project, reason="1 reserved number", hint="kapso-twilio reservation list")


def test_a_connected_number_keeps_it(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "a")
    project.answer("connect", "--ref", "a")
    refused(
        project,
        reason="1 connected number",
        hint="kapso-twilio number list --state connected",
    )


def test_an_unresolved_purchase_keeps_it(project: ReadyProject) -> None:
    project.sandbox.fault(path="IncomingPhoneNumbers", method="POST", fault="drop_before")
    project.sandbox.fault(path="IncomingPhoneNumbers", method="GET", fault="status", status=503)
    assert project.call("provision", "--country", "CL", "--yes").exit_code in (9, 75)
    assert project.purchase_states() == {"unknown": 1}
    project.sandbox.clear_faults()
    refused(
        project,
        reason="1 unresolved purchase",
        hint="kapso-twilio reconcile --no-fill",
    )


def test_numbers_that_twilio_points_here_keep_it(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("webhook", "configure", "--all", "--public-url", "https://kt.example.com")
    refused(project, reason="2 changed SmsUrls", hint="kapso-twilio webhook restore --all")
    project.answer("webhook", "restore", "--all")
    assert remove(project, "--yes").exit_code == 0


def test_a_release_that_is_not_done_keeps_it(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    with closing(sqlite3.connect(project.inventory)) as connection:
        connection.execute("UPDATE numbers SET release_requested_at = bought_at")
        connection.commit()
    refused(project, reason="2 unfinished releases", hint="kapso-twilio status")


def test_without_a_yes_nothing_goes(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    called = remove(project)
    assert called.exit_code == 2
    assert "add --yes" in called.err
    assert "2 numbers stay in the Twilio account" in called.err
    assert project.path.exists()
    assert project.inventory.exists()


def test_on_a_terminal_a_no_is_a_no(project: ReadyProject) -> None:
    called = type_into(["project", "remove", "acme"], [("Remove it?", "n")])
    assert called.exit_code == 130
    assert project.path.exists()
    called = type_into(["project", "remove", "acme"], [("Remove it?", "y")])
    assert called.exit_code == 0, called.err
    assert not project.path.exists()


def test_a_project_that_never_had_an_inventory_is_removed_and_it_is_said(
    project: ReadyProject,
) -> None:
    shutil.rmtree(project.inventory.parent)
    called = remove(project, "--yes")
    assert called.exit_code == 0
    assert "Project acme never had an inventory here" in called.out
    assert not project.path.exists()


def test_a_lost_inventory_keeps_it(project: ReadyProject) -> None:
    project.inventory.with_name("newest-event").write_text("x")
    content = project.inventory.read_bytes()
    project.inventory.unlink()
    called = remove(project, "--yes")
    assert called.exit_code == 3
    assert "the inventory of project acme is lost" in called.err
    assert "kapso-twilio inventory restore PATH" in called.err
    project.inventory.write_bytes(content)
    assert remove(project, "--yes").exit_code == 0


def test_an_inventory_that_cannot_be_opened_keeps_it(project: ReadyProject) -> None:
    content = project.inventory.read_bytes()
    project.inventory.write_bytes(b"no database" * 999)
    called = remove(project, "--yes")
    assert called.exit_code == 3
    assert "is damaged" in called.err
    assert project.path.exists()
    project.inventory.write_bytes(content)


def test_a_removal_that_was_broken_off_is_finished_by_the_next(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    place = project.inventory.parent.parent / "removed" / "acme-20260101T000000Z"
    place.parent.mkdir()
    project.inventory.parent.rename(place)
    assert remove(project, "--yes").exit_code == 0
    assert not project.path.exists()
    assert (place / "inventory.db").is_file()


def test_a_place_that_cannot_be_made_stops_it_and_the_project_works_on(
    project: ReadyProject,
) -> None:
    (project.inventory.parent.parent / "removed").write_text("in the way")
    called = remove(project, "--yes")
    assert called.exit_code == 3
    assert "cannot be moved to" in called.err
    (project.inventory.parent.parent / "removed").unlink()
    assert project.path.exists()
    assert project.answer("pool", "fill")["pools"][0]["bought"] == 2


def test_a_removed_inventory_can_be_restored_into_a_new_one(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    settings = project.path.read_bytes()
    place = remove(project, "--yes", "--json").document["inventory"]
    ((standing, reason),) = rows(Path(place) / "inventory.db")
    assert standing == "superseded"
    assert reason.startswith("project acme was removed from this host on 20")
    project.path.write_bytes(settings)
    project.answer("inventory", "restore", f"{place}/inventory.db", "--yes")
    assert project.states() == {"ready": 2}
    shutil.rmtree(place)  # so that no number is counted twice at the end


def rows(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT standing, reason FROM standing").fetchall()


def test_mass_work_keeps_it(project: ReadyProject) -> None:
    with FileLock(project.inventory.parent / "run.lock"):
        called = remove(project, "--yes")
    assert called.exit_code == 75
    assert project.path.exists()


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        (("beta",), 3, "beta"),
        (("acme", "--project", "beta"), 2, "two projects are named: acme and beta"),
        (("../acme",), 2, "cannot be a project's name"),
    ],
)
def test_another_name_removes_nothing(
    project: ReadyProject, words: tuple[str, ...], exit_code: int, message: str
) -> None:
    called = project.call("project", "remove", *words, "--yes")
    assert (called.exit_code, message in called.err) == (exit_code, True)
    assert project.path.exists()
    assert project.inventory.exists()


def test_a_project_in_the_folder_of_projects_is_found_by_its_name(project: ReadyProject) -> None:
    folder = project.home / "config" / "kapso-twilio" / "projects"
    folder.mkdir(parents=True)
    shutil.move(project.path, folder / "acme.toml")
    (folder / "beta.toml").write_text((folder / "acme.toml").read_text().replace("acme", "beta"))
    assert remove(project, "--yes").exit_code == 0
    assert [one.name for one in folder.iterdir()] == ["beta.toml"]
