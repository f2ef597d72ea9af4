"""Changes to a project file."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kapso_twilio_cli.config import loading
from kapso_twilio_cli.config.editing import REMOVED, Change, draft_changes, draft_new
from kapso_twilio_cli.errors import ConfigError

from .places import ACCOUNT_SID, GOOD


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "acme.toml"
    file.write_text(GOOD)
    return file


def edited(path: Path, *changes: Change) -> str:
    draft_changes(path, changes).write()
    return path.read_text()


def test_a_value_is_replaced_where_it_stands(path: Path) -> None:
    text = edited(path, (("plan",), "pro"), (("pools", "US", "target_size"), 7))
    assert text == GOOD.replace('"platform"', '"pro"').replace("size = 5", "size = 7")


def test_a_new_key_stands_behind_the_keys_of_its_table(path: Path) -> None:
    text = edited(path, (("twilio", "bundle_sid"), "BU" + "0" * 32))
    line = 'bundle_sid = "BU' + "0" * 32 + '"\n'
    assert text == GOOD.replace("# main account\n", f"# main account\n{line}")


def test_a_new_table_stands_behind_its_sisters(path: Path) -> None:
    text = edited(path, (("pools", "CL", "target_size"), 3), (("pools", "CL", "enabled"), False))
    added = "target_size = 5\n\n[pools.CL]\ntarget_size = 3\nenabled = false\n"
    assert text == GOOD.replace("target_size = 5\n", added)


def test_a_table_of_a_new_group_stands_at_the_end(path: Path) -> None:
    text = edited(path, (("onboarding", "min_validity"), "2d"))
    assert text == GOOD + '\n[onboarding]\nmin_validity = "2d"\n'


def test_removing_a_table_leaves_the_comments_of_the_others(path: Path) -> None:
    text = edited(path, (("pools", "US"), REMOVED))
    assert text == GOOD.replace("[pools.US]\ntarget_size = 5\n", "")
    assert "# The rest.\n[limits]" in text


def test_a_country_is_found_in_the_spelling_of_the_file(path: Path) -> None:
    path.write_text(GOOD.replace("pools.US", "pools.us"))
    text = edited(path, (("pools", "US", "target_size"), 7))
    assert text == GOOD.replace("pools.US", "pools.us").replace("size = 5", "size = 7")


def test_members_of_a_list_keep_their_comments(path: Path) -> None:
    listed = 'allowed_countries = [\n  "US",  # home\n  "CL",  # second\n]'
    path.write_text(GOOD.replace('allowed_countries = ["US", "CL"]', listed))
    text = edited(path, (("allowed_countries",), ["US", "GB"]))
    assert '"US",  # home' in text
    assert loading.load(path).allowed_countries == ("US", "GB")


def test_money_keeps_its_places(path: Path) -> None:
    text = edited(path, (("limits", "max_monthly_cost"), Decimal("100.00")))
    assert text == GOOD + "max_monthly_cost = 100.00\n"


def test_a_file_without_headers_is_edited_too(path: Path) -> None:
    inline = GOOD.split("[twilio]")[0] + (
        f'twilio = {{ account_sid = "{ACCOUNT_SID}" }}\npools.US = {{ target_size = 5 }}\n'
    )
    path.write_text(inline)
    edited(path, (("pools", "US", "target_size"), 7), (("twilio", "api_key_sid"), REMOVED))
    assert tomllib.loads(path.read_text())["pools"] == {"US": {"target_size": 7}}


def test_line_ends_of_windows_are_kept(path: Path) -> None:
    path.write_bytes(GOOD.replace("\n", "\r\n").encode())
    draft_changes(path, [(("limits", "max_purchases_per_run"), 3)]).write()
    assert path.read_bytes().endswith(b"max_numbers = 20\r\nmax_purchases_per_run = 3\r\n")


def test_a_change_that_would_break_the_file_changes_nothing(path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing was changed") as caught:
        edited(path, (("default_country",), "GB"))
    assert "GB is not allowed" in (caught.value.reason or "")
    assert path.read_text() == GOOD


def test_one_of_two_problems_cannot_be_written_over_but_is_told(path: Path) -> None:
    path.write_text(GOOD.replace('"platform"', '"gold"').replace("size = 5", 'size = "5"'))
    with pytest.raises(ConfigError, match="1 problem in"):
        edited(path, (("plan",), "pro"))
    assert edited(path, (("plan",), "pro"), (("pools", "US", "target_size"), 5)) == (
        GOOD.replace('"platform"', '"pro"')
    )


def test_a_change_to_what_stands_there_writes_nothing(path: Path) -> None:
    path.write_text(GOOD.replace('"platform"', "'platform'"))
    draft = draft_changes(path, [(("plan",), "platform"), (("limits", "currency"), REMOVED)])
    assert not draft.is_change


def test_the_mode_of_a_file_is_kept_and_a_new_one_is_private(path: Path, tmp_path: Path) -> None:
    path.chmod(0o640)
    edited(path, (("plan",), "pro"))
    assert path.stat().st_mode & 0o777 == 0o640
    new = tmp_path / "a" / "b" / "new.toml"
    draft_new(new, tomllib.loads(GOOD)).write()
    assert new.stat().st_mode & 0o777 == 0o600
    assert new.parent.stat().st_mode & 0o777 == 0o700
    assert loading.load(new).pools == loading.load(path).pools


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    edited(link, (("plan",), "pro"))
    assert link.is_symlink()
    assert '"pro"' in path.read_text()


def test_a_change_by_others_meanwhile_is_not_overwritten(path: Path) -> None:
    draft = draft_changes(path, [(("plan",), "pro")])
    path.write_text(GOOD + "# theirs\n")
    with pytest.raises(ConfigError, match="changed by another program meanwhile"):
        draft.write()
    assert path.read_text() == GOOD + "# theirs\n"


def test_nothing_is_left_beside_a_file_that_could_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        draft_new(tmp_path / "file" / "new.toml", tomllib.loads(GOOD)).write()
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


CHANGES: list[Change] = [
    (("enabled",), True),
    (("enabled",), REMOVED),
    (("plan",), "team"),
    (("allowed_countries",), ["CL", "US", "GB"]),
    (("twilio", "bundle_sid"), "BU" + "1" * 32),
    (("twilio", "bundle_sid"), REMOVED),
    (("countries", "GB", "number_type"), "mobile"),
    (("countries", "GB", "bundle_sid"), "none"),
    (("countries", "GB"), REMOVED),
    (("pools", "CL", "target_size"), 2),
    (("pools", "CL"), REMOVED),
    (("pools", "US"), REMOVED),
    (("limits", "max_numbers"), "none"),
    (("limits", "max_numbers"), REMOVED),
    (("meta", "code_method"), "voice"),
]


@given(st.lists(st.sampled_from(CHANGES), max_size=12))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_row_of_changes_does_what_it_says_and_keeps_every_comment(
    path: Path, changes: list[Change]
) -> None:
    path.write_text(GOOD)
    text = edited(path, *changes)
    for comment in ("# The project of", "# main account", "# Home market.", "# The rest."):
        assert comment in text
    assert loading.load(path).project == "acme"
