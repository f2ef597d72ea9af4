"""`inventory`: create, path, check."""

from __future__ import annotations

import stat

import pytest

from tests.projects import ReadyProject


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
