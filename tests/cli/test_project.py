"""`project list`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.places import GOOD, use_home, write_project

from .calls import Call, caller


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return use_home(tmp_path, monkeypatch)


def test_every_project_file_is_listed_with_its_inventory(call: Call, home: Path) -> None:
    acme = write_project(home)
    write_project(home, GOOD.replace("acme", "beta").replace("platform", "free"), name="beta")
    (home / "kapso-twilio.toml").write_text(GOOD.replace("acme", "here"))
    assert call("inventory", "create", "--project", "acme").exit_code == 0
    rows = call("project", "list", "--json").document["projects"]
    assert [(row["project"], row["enabled"], row["inventory"]) for row in rows] == [
        ("acme", True, True),
        ("beta", False, False),
        ("here", True, False),
    ]
    assert rows[0]["path"] == str(acme)


def test_a_broken_file_is_listed_and_does_not_hide_the_others(call: Call, home: Path) -> None:
    write_project(home)
    broken = write_project(home, "nonsense", name="broken")
    called = call("project", "list")
    assert called.exit_code == 0
    assert called.out.splitlines()[1] == f"broken\t-\t-\t{broken}"
    assert f"kapso-twilio config check --config {broken}" in called.err


def test_without_a_project_it_says_how_to_set_one_up(call: Call) -> None:
    called = call("project", "list")
    assert (called.exit_code, called.out) == (0, "")
    assert "kapso-twilio configure" in called.err
    assert call("project", "list", "--json").document["projects"] == []
