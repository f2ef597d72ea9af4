"""`config`: show, path, check, set, unset."""

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


def test_show_tells_where_each_value_came_from(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_META_URL", "https://meta.example")
    shown = call("config", "show", "--json").document
    assert shown["schema"] == "kapso-twilio.config.show/1"
    settings = {one["key"]: (one["value"], one["source"]) for one in shown["settings"]}
    assert settings["limits.max_numbers"] == (20, "file")
    assert settings["limits.max_monthly_cost"] == ("100.00", "default")
    assert settings["meta_url"] == ("https://meta.example", "environment")


def test_show_is_plain_lines_in_a_pipe(call: Call) -> None:
    shown = call("config", "show")
    assert "pools.US.post_disconnect\tmark_unavailable\tdefault\n" in shown.out
    assert "default_country\tUS\tfile\n" in shown.out


def test_path_is_printed_even_when_the_file_is_broken(call: Call, path: Path) -> None:
    path.write_text("nonsense")
    called = call("config", "path")
    assert (called.exit_code, called.out) == (0, f"{path}\n")


def test_check_of_a_good_file_says_so(call: Call, path: Path) -> None:
    assert call("config", "check").out == f"{path} is valid\n"
    assert call("config", "check", "--json").document["valid"] is True


def test_check_tells_every_problem_and_exits_3(call: Call, path: Path) -> None:
    path.write_text(GOOD.replace('"platform"', '"gold"').replace("max_numbers", "max_number"))
    called = call("config", "check")
    assert called.exit_code == 3
    assert called.err.startswith(f'error: 2 problems in {path}\n  acme.toml: plan = "gold": write')
    document = call("config", "check", "--json").document
    assert [one["key"] for one in document["problems"]] == ["plan", "max_number"]
    assert document["error"]["kind"] == "config"


def test_a_file_of_another_name_is_refused(call: Call, path: Path) -> None:
    path.rename(path.with_name("beta.toml"))
    called = call("config", "check", "--project", "beta")
    assert called.exit_code == 3
    assert 'project = "acme"' in called.err
    assert call("config", "show", "--project", "beta").exit_code == 3


def test_set_changes_one_value_and_keeps_the_rest(call: Call, path: Path) -> None:
    called = call("config", "set", "limits.max_numbers", "60")
    assert (called.exit_code, called.out) == (0, "limits.max_numbers = 60\n")
    assert path.read_text() == GOOD.replace("max_numbers = 20", "max_numbers = 60")


@pytest.mark.parametrize(
    ("key", "value", "written"),
    [
        ("limits.max_monthly_cost", "250.50", "max_monthly_cost = 250.50"),
        ("limits.max_purchases_per_run", "none", 'max_purchases_per_run = "none"'),
        ("allowed_countries", "us,cl,gb", 'allowed_countries = ["US", "CL", "GB"]'),
        ("allowed_countries", "us,US, cl,gb", 'allowed_countries = ["US", "CL", "GB"]'),
        ("meta.business_id", "123456", 'business_id = "123456"'),
        ("custom_twilio_addon", "No", "custom_twilio_addon = false"),
        ("pools.us.enabled", "false", "enabled = false"),
        ("onboarding.min_validity", "7d", 'min_validity = "7d"'),
        ("countries.CL.number_type", "mobile", "[countries.CL]\nnumber_type"),
        ("notify.command", "/path/to/hook argument", 'command = ["/path/to/hook", "argument"]'),
        ("notify.urls", "mailto://a,ntfy://b", 'urls = ["mailto://a", "ntfy://b"]'),
        ("notify.ping_url", "http://127.0.0.1/ping", 'ping_url = "http://127.0.0.1/ping"'),
    ],
)
def test_values_are_written_as_their_kind(
    call: Call, path: Path, key: str, value: str, written: str
) -> None:
    assert call("config", "set", key, value).exit_code == 0
    assert written in path.read_text()
    assert call("config", "check").exit_code == 0


def test_dry_run_shows_and_writes_nothing(call: Call, path: Path) -> None:
    document = call("config", "set", "plan", "pro", "--dry-run", "--json").document
    assert (document["dry_run"], document["changed"], document["value"]) == (True, True, "pro")
    assert path.read_text() == GOOD


@pytest.mark.parametrize(
    ("words", "exit_code", "told"),
    [
        (("limits.max_number", "5"), 2, "did you mean limits.max_numbers?"),
        (("max_numbers", "5"), 2, "did you mean limits.max_numbers?"),
        (("limits.max_numbers", "five"), 2, "it takes a whole number, 0 or more"),
        (
            ("limits.max_numbers", "-3"),
            2,
            "does not fit limits.max_numbers\n  reason: it takes a whole number, 0 or more",
        ),
        (("onboarding.min_validity", "-7d", "--dry-run"), 2, "does not fit onboarding.min_"),
        (("limits.max_numbers", "-x"), 2, "config set has no option -x"),
        (("limits.max_numbers", "3", "-4"), 2, "unexpected extra argument"),
        (("pools.XX.enabled", "true"), 2, "there is no key"),
        (("allowed_countries", "uk,US"), 2, "UK is none: did you mean GB (United Kingdom)?"),
        (("allowed_countries", "US,Atlantis"), 2, "ATLANTIS is none"),
        (("default_country", "uk"), 2, "did you mean GB (United Kingdom)?"),
        (("meta.business_id", "1"), 2, "it takes the portfolio's number, such as 1234567\n"),
        (("default_country", "GB"), 3, "GB is not allowed"),
        (("pools.CL.enabled", "true"), 3, "target_size: it is missing"),
        (("project", "beta"), 2, "a project's name cannot be changed"),
        (
            ("notify.command", "[/path/to/hook, argument]"),
            2,
            'it takes a full path and arguments, quoted as a whole: "/path/to/hook argument"\n',
        ),
        (
            ("notify.urls", "[mailto://a, ntfy://b]"),
            2,
            "it takes an address of apprise's; several with commas and no spaces\n",
        ),
        (("allowed_countries", "[US, CL]"), 2, "it takes country codes such as US,CL; "),
        (("notify.ping_url", "ping"), 2, "it takes an http or https address without ? and #\n"),
    ],
)
def test_a_wrong_key_or_value_changes_nothing(
    call: Call, path: Path, words: tuple[str, ...], exit_code: int, told: str
) -> None:
    called = call("config", "set", *words)
    assert (called.exit_code, called.out) == (exit_code, "")
    assert told in called.err
    assert path.read_text() == GOOD


@pytest.mark.parametrize("key", ["meta_token", "twilio.auth_token", "kapso.api_key"])
def test_a_secret_is_sent_to_auth_set_and_not_repeated(call: Call, path: Path, key: str) -> None:
    called = call("config", "set", key, "s3cr3t")
    assert called.exit_code == 2
    assert "kapso-twilio auth set" in called.err
    assert "s3cr3t" not in called.err
    assert path.read_text() == GOOD


def test_enabled_cannot_be_set_past_the_plan(call: Call, path: Path) -> None:
    path.write_text(GOOD.replace("enabled = true\n", "").replace("platform", "free"))
    called = call("config", "set", "enabled", "true")
    assert called.exit_code == 3
    assert "the free plan cannot use custom Twilio" in called.err


def test_unset_brings_the_default_back(call: Call, path: Path) -> None:
    called = call("config", "unset", "limits.max_numbers", "--json")
    assert called.document["value"] == 50
    assert "max_numbers" not in path.read_text()
    again = call("config", "unset", "limits.max_numbers")
    assert again.out == "limits.max_numbers is not set; in effect: 50 (nothing to change)\n"


@pytest.mark.parametrize(
    "key", ["notify.urls", "notify.ping_url", "notify.command", "default_country"]
)
def test_unset_of_a_key_without_a_default_says_no_more_than_that(call: Call, key: str) -> None:
    assert call("config", "unset", key).exit_code == 0
    assert call("config", "unset", key).out == f"{key} is not set (nothing to change)\n"


def test_a_list_that_is_set_to_nothing_is_told_to_be_empty(call: Call) -> None:
    assert call("config", "set", "notify.command", "").out == "notify.command is empty\n"


def test_unset_of_a_required_key_is_refused(call: Call, path: Path) -> None:
    assert call("config", "unset", "plan").exit_code == 3
    assert call("config", "unset", "project").exit_code == 2
    assert path.read_text() == GOOD


@pytest.mark.parametrize(
    "words",
    [
        ("set", "plan", "free"),
        ("set", "custom_twilio_addon", "false"),
        ("unset", "custom_twilio_addon"),
    ],
)
def test_what_turns_custom_twilio_off_is_warned_about(call: Call, words: tuple[str, ...]) -> None:
    called = call("config", *words, "--quiet")
    assert called.exit_code == 0
    assert called.err.startswith("warning: the ")
    assert call("config", "set", "limits.max_numbers", "9").err == ""


def test_another_account_is_warned_about_where_there_is_an_inventory(call: Call) -> None:
    other = "AC" + "0" * 31 + "2"
    assert call("config", "set", "twilio.account_sid", other).err == ""
    assert call("inventory", "create").exit_code == 0
    called = call("config", "set", "twilio.account_sid", other[:-1] + "3")
    assert called.exit_code == 0
    assert "warning: " in called.err
    assert "belongs to another Twilio account; put the account's SID back" in called.err
    assert call("config", "set", "twilio.account_sid", other).err == ""


def test_dry_run_of_unset_says_what_would_be(call: Call, path: Path) -> None:
    called = call("config", "unset", "limits.max_numbers", "--dry-run")
    told = "limits.max_numbers would be not set; in effect: 50 (not written: dry run)\n"
    assert (called.out, path.read_text()) == (told, GOOD)
