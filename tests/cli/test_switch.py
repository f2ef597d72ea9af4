"""`enable` and `disable`, under every plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.places import GOOD, use_home, write_project

from .calls import Call, caller

OFF = GOOD.replace("enabled = true", "enabled = false")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return use_home(tmp_path, monkeypatch)


def with_plan(plan: str, addon: str) -> str:
    return OFF.replace("platform", plan).replace("addon = true", f"addon = {addon}")


@pytest.mark.parametrize(
    ("plan", "addon"),
    [
        ("enterprise", "false"),
        ("enterprise", "true"),
        ("pro", "true"),
        ("team", "true"),
        ("platform", "true"),
    ],
)
def test_an_entitled_plan_is_switched_on(call: Call, home: Path, plan: str, addon: str) -> None:
    path = write_project(home, with_plan(plan, addon))
    called = call("enable", "--json")
    assert called.exit_code == 0
    assert called.document["enabled"] is True
    assert called.document["plan"] == plan
    assert path.read_text() == with_plan(plan, addon).replace("enabled = false", "enabled = true")


@pytest.mark.parametrize(
    ("plan", "addon", "reason", "hint"),
    [
        ("free", "false", "the free plan cannot use custom Twilio", "set plan PLAN"),
        ("free", "true", "the free plan cannot use custom Twilio", "set plan PLAN"),
        ("legacy", "true", "the legacy plan cannot use custom Twilio", "set plan PLAN"),
        ("legacy", "false", "the legacy plan cannot use custom Twilio", "set plan PLAN"),
        ("pro", "false", "needs the custom Twilio add-on", "set custom_twilio_addon true"),
        ("team", "false", "needs the custom Twilio add-on", "set custom_twilio_addon true"),
        ("platform", "false", "needs the custom Twilio add-on", "set custom_twilio_addon true"),
    ],
)
def test_another_plan_is_told_why_and_nothing_changes(
    call: Call, home: Path, plan: str, addon: str, reason: str, hint: str
) -> None:
    path = write_project(home, with_plan(plan, addon))
    called = call("enable", "--json")
    assert called.exit_code == 3
    error = called.document["error"]
    assert (error["kind"], reason in error["reason"], hint in error["hint"]) == (
        "state",
        True,
        True,
    )
    assert path.read_text() == with_plan(plan, addon)
    assert call("config", "show").exit_code == 0


def test_disable_turns_it_off_and_says_that_numbers_stay(call: Call, home: Path) -> None:
    path = write_project(home)
    called = call("disable")
    assert called.out == "custom Twilio is off for acme\n"
    assert "no number was released" in called.err
    assert path.read_text() == OFF


def test_switching_to_what_is_already_so_changes_nothing(call: Call, home: Path) -> None:
    path = write_project(home)
    assert call("enable").out == "custom Twilio is on for acme (nothing to change)\n"
    assert call("enable", "--dry-run", "--json").document["changed"] is False
    assert path.read_text() == GOOD


def test_dry_run_of_disable_writes_nothing(call: Call, home: Path) -> None:
    path = write_project(home)
    assert call("disable", "--dry-run", "--json").document["dry_run"] is True
    told = "custom Twilio would be off for acme (not written: dry run)\n"
    assert call("disable", "--dry-run").out == told
    assert path.read_text() == GOOD
