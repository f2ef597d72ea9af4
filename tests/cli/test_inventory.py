"""`inventory`: create, path, check, backup, restore."""

from __future__ import annotations

import re
import shutil
import sqlite3
import stat
from datetime import datetime
from pathlib import Path

import pytest
from filelock import FileLock

from tests.projects import ReadyProject

from .releasing import ready, release


def test_create_makes_one_for_its_owner_only_and_never_a_second(project: ReadyProject) -> None:
    assert stat.S_IMODE(project.inventory.stat().st_mode) == 0o600
    assert stat.S_IMODE(project.inventory.parent.stat().st_mode) == 0o700
    before = project.inventory.read_bytes()
    called = project.call("inventory", "create", "--json")
    assert called.exit_code == 3
    assert "never overwritten" in called.document["error"]["reason"]
    assert project.inventory.read_bytes() == before


def test_a_dry_run_of_create_makes_nothing(project: ReadyProject) -> None:
    project.inventory.unlink()
    document = project.answer("inventory", "create", "--dry-run")
    assert (document["dry_run"], document["path"]) == (True, str(project.inventory))
    assert not project.inventory.exists()


def test_path_prints_the_path_alone_whether_it_is_there_or_not(project: ReadyProject) -> None:
    assert project.call("inventory", "path").out == f"{project.inventory}\n"
    assert project.answer("inventory", "path")["exists"] is True
    project.inventory.unlink()
    assert project.answer("inventory", "path")["exists"] is False


def test_check_finds_a_sound_one_sound(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    assert project.answer("inventory", "check")["problems"] == []
    assert project.call("inventory", "check").out == f"{project.inventory}: sound\n"


def test_the_data_directory_is_the_users_unless_it_is_chosen(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAPSO_TWILIO_DATA_DIR")
    path = project.home / "data" / "kapso-twilio" / "inventories" / "acme" / "inventory.db"
    assert project.answer("inventory", "path")["path"] == str(path)
    assert project.answer("inventory", "create")["path"] == str(path)
    assert path.is_file()


def change(project: ReadyProject, statement: str) -> None:
    """Reach past the program."""
    connection = sqlite3.connect(project.inventory)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_check_finds_what_was_changed_past_the_program_and_leads_to_a_backup(
    project: ReadyProject,
) -> None:
    project.answer("pool", "fill")
    backup = project.answer("inventory", "backup")["path"]
    change(project, "UPDATE numbers SET state = 'connected' WHERE id = 1")
    called = project.call("inventory", "check", "--json")
    assert called.exit_code == 3
    (problem,) = called.document["problems"]
    assert problem.endswith(" is connected, and its last event made it ready")
    assert called.document["error"]["hint"] == f"kapso-twilio inventory restore {backup}"
    project.answer("inventory", "restore", backup, "--yes")
    assert project.answer("inventory", "check")["problems"] == []
    assert project.states() == {"ready": 2}


def test_a_backup_says_where_it_is_and_what_it_holds(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    before = project.inventory.read_bytes()
    document = project.answer("inventory", "backup")
    path = Path(document["path"])
    assert path.parent == project.inventory.parent / "backups"
    assert re.fullmatch(r"\d{8}T\d{6}\.\d{6}Z\.db", path.name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert (document["numbers"], document["purchases"], document["unresolved_purchases"]) == (
        2,
        2,
        0,
    )
    assert document["size_bytes"] == path.stat().st_size
    assert project.inventory.read_bytes() == before
    words = project.call("inventory", "backup", "mine.db").out
    assert words.startswith(f"{project.home / 'mine.db'}: ")
    assert "2 numbers, 0 unresolved purchases, newest event 20" in words


def test_a_backup_never_overwrites(project: ReadyProject) -> None:
    (project.home / "mine.db").write_text("mine")
    called = project.call("inventory", "backup", "mine.db")
    assert called.exit_code == 3
    assert "there is a file at" in called.err
    assert (project.home / "mine.db").read_text() == "mine"
    called = project.call("inventory", "backup", str(project.inventory))
    assert called.exit_code == 3
    assert project.answer("inventory", "check")["problems"] == []


def test_a_backup_of_another_projects_file_is_refused(project: ReadyProject) -> None:
    change(project, "UPDATE identity SET project = 'beta'")
    called = project.call("inventory", "backup")
    assert called.exit_code == 3
    assert "belongs to another project" in called.err
    assert not (project.inventory.parent / "backups").exists()


def test_a_restore_needs_a_yes(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("inventory", "backup", "mine.db")
    before = project.inventory.read_bytes()
    called = project.call("inventory", "restore", "mine.db")
    assert called.exit_code == 2
    assert "add --yes" in called.err
    assert "2 numbers" in called.err
    assert project.inventory.read_bytes() == before


def test_a_restore_keeps_what_was_handed_out_since_and_bars_the_rest(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("inventory", "backup", "mine.db")
    held = project.answer("resolve", "--ref", "a")["phone_number"]
    bought = project.answer("provision", "--country", "CL", "--yes")["phone_number"]
    called = project.call("inventory", "restore", "mine.db", "--yes", "--json")
    assert called.exit_code == 0, called.err
    document = called.document
    assert sorted(document["kept_numbers"]) == sorted([held, bought])
    assert (document["kept_purchases"], document["standing"]) == (1, "restored")
    assert Path(document["safety_backup"]).is_file()
    assert (
        called.err == "nothing is bought or handed out before: kapso-twilio reconcile --no-fill\n"
    )
    assert project.owes_what_it_knows()
    (row,) = project.rows("SELECT ref, ended_at FROM reservations")
    assert row == ("a", None)
    ((standing, reason),) = project.rows("SELECT standing, reason FROM standing")
    assert standing == "restored"
    assert reason.startswith("restored from mine.db, of 20")


def test_a_restore_tells_the_backups_own_facts_then_what_was_kept_then_the_sum(
    project: ReadyProject,
) -> None:
    project.answer("pool", "fill")
    made = project.answer("inventory", "backup", "mine.db")
    newest = f"{datetime.fromisoformat(made['newest_event_at']):%Y-%m-%d %H:%M:%S} UTC"
    given_back = ready(project)
    assert release(project, given_back).exit_code == 0
    bought = project.answer("provision", "--country", "CL", "--yes")["phone_number"]
    holds = f"2 numbers, 0 unresolved purchases, newest event {newest}"
    lines = [
        f"restored from {project.home / 'mine.db'}: {holds}",
        "kept from the one before: 2 numbers (1 not in the backup, 1 released), 1 purchase",
        "in all: 2 numbers besides released ones, 0 unresolved purchases",
    ]
    rehearsed = project.call("inventory", "restore", "mine.db", "--dry-run").out.splitlines()
    assert rehearsed[0].endswith(f" would be {lines[0]}")
    assert rehearsed[1:] == lines[1:]
    document = project.answer("inventory", "restore", "mine.db", "--dry-run")
    assert document["backup_newest_event_at"] == made["newest_event_at"]
    for key in ("numbers", "purchases", "unresolved_purchases"):
        assert document[f"backup_{key}"] == made[key]
    assert (document["added_numbers"], document["released_numbers"]) == ([bought], [given_back])
    done = project.call("inventory", "restore", "mine.db", "--yes").out.splitlines()
    assert done[0].endswith(f" {lines[0]}")
    assert done[1:3] == lines[1:]


def test_a_lost_inventory_is_restored(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("inventory", "backup", "mine.db")
    shutil.rmtree(project.inventory.parent)
    called = project.call("status")
    assert called.exit_code == 3
    assert "kapso-twilio inventory restore PATH" in called.err
    project.answer("inventory", "restore", "mine.db", "--yes")
    assert project.owes_what_it_knows()
    assert stat.S_IMODE(project.inventory.parent.stat().st_mode) == 0o700


def test_another_projects_backup_is_refused(project: ReadyProject) -> None:
    project.answer("inventory", "backup", "mine.db")
    connection = sqlite3.connect("mine.db")
    connection.execute("UPDATE identity SET account_sid = ?", ("AC" + "9" * 32,))
    connection.commit()
    connection.close()
    called = project.call("inventory", "restore", "mine.db", "--yes")
    assert called.exit_code == 3
    assert f"{project.home / 'mine.db'} belongs to another Twilio account" in called.err


def test_a_restore_waits_for_other_mass_work_only_if_told_to(project: ReadyProject) -> None:
    project.answer("inventory", "backup", "mine.db")
    with FileLock(project.inventory.parent / "run.lock"):
        called = project.call("inventory", "restore", "mine.db", "--yes")
        waited = project.call("inventory", "restore", "mine.db", "--yes", "--lock-timeout", "1s")
    assert (called.exit_code, waited.exit_code) == (75, 75)
    assert "another run is at work" in called.err
    assert "--lock-timeout" in called.err
