"""`pool set` and `pool remove`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.places import GOOD, use_home, write_project

from .calls import Call, caller


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys)


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_home(tmp_path, monkeypatch)
    return write_project(tmp_path)


def test_a_new_pool_is_written_with_its_settings(call: Call, path: Path) -> None:
    words = ("--target-size", "3", "--post-disconnect", "return_to_pool", "--disable")
    document = call("pool", "set", "cl", *words, "--json").document
    assert document["schema"] == "kapso-twilio.pool.set/1"
    assert (document["created"], document["enabled"], document["target_size"]) == (True, False, 3)
    added = '[pools.CL]\ntarget_size = 3\nenabled = false\npost_disconnect = "return_to_pool"\n'
    assert path.read_text() == GOOD.replace("size = 5\n", f"size = 5\n\n{added}")


def test_a_new_pool_needs_a_target(call: Call, path: Path) -> None:
    called = call("pool", "set", "CL", "--enable")
    assert called.exit_code == 2
    assert "hint: kapso-twilio pool set CL --target-size 5" in called.err
    assert path.read_text() == GOOD


def test_a_country_that_is_not_allowed_cannot_have_a_pool(call: Call, path: Path) -> None:
    called = call("pool", "set", "GB", "--target-size", "3")
    assert called.exit_code == 3
    assert "hint: kapso-twilio country allow GB" in called.err
    assert path.read_text() == GOOD


def test_only_what_is_given_is_changed(call: Call, path: Path) -> None:
    called = call("pool", "set", "US", "--post-disconnect", "return_to_pool")
    assert called.out == "pool US: target 5, enabled, return_to_pool\n"
    line = 'post_disconnect = "return_to_pool"\n'
    assert path.read_text() == GOOD.replace("target_size = 5\n", f"target_size = 5\n{line}")


def test_lowering_a_target_says_that_nothing_is_released(call: Call) -> None:
    called = call("pool", "set", "US", "--target-size", "2")
    assert called.exit_code == 0
    assert "no number is released: those above the target stay, and are paid for\n" in called.err
    assert "stay" not in call("pool", "set", "US", "--target-size", "4").err


@pytest.mark.parametrize("size", ["-1", "x", "1.5"])
def test_a_target_that_is_no_count_is_wrong_usage(call: Call, path: Path, size: str) -> None:
    assert call("pool", "set", "US", "--target-size", size).exit_code == 2
    assert path.read_text() == GOOD


def test_nothing_given_is_wrong_usage(call: Call) -> None:
    assert call("pool", "set", "US").exit_code == 2


def test_with_custom_meta_credentials_it_says_that_pools_are_not_filled(call: Call) -> None:
    call("config", "set", "meta.credentials", "custom")
    assert "pools are not filled" in call("pool", "set", "US", "--target-size", "9").err


def test_remove_takes_the_pool_away_and_says_that_numbers_stay(call: Call, path: Path) -> None:
    called = call("pool", "remove", "us")
    assert called.out == "the pool US is removed\n"
    assert "no number was released" in called.err
    assert path.read_text() == GOOD.replace("[pools.US]\ntarget_size = 5\n", "")


def test_removing_a_pool_that_is_not_there_is_refused(call: Call) -> None:
    called = call("pool", "remove", "CL")
    assert called.exit_code == 3
    assert "pools there are: US" in called.err


def test_dry_run_writes_nothing(call: Call, path: Path) -> None:
    assert call("pool", "remove", "US", "--dry-run", "--json").document["dry_run"] is True
    assert "US would be removed (not" in call("pool", "remove", "US", "--dry-run").out
    assert call("pool", "set", "US", "--target-size", "9", "--dry-run").exit_code == 0
    assert path.read_text() == GOOD
