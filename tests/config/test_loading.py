"""Loading a project file."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kapso_twilio_cli.config import loading
from kapso_twilio_cli.domain.entitlement import Plan
from kapso_twilio_cli.domain.limits import Limits
from kapso_twilio_cli.domain.pool import PostDisconnect
from kapso_twilio_cli.errors import ConfigError

from .places import ACCOUNT_SID, GOOD

SID = "0" * 32


def file(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "acme.toml"
    path.write_text(content)
    return path


def message(tmp_path: Path, content: str, *, name: str | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        loading.load(file(tmp_path, content), name=name)
    return caught.value.message


def with_line(line: str) -> str:
    return GOOD.replace("[twilio]", f"{line}\n[twilio]", 1)


def test_a_good_file_becomes_typed_settings(tmp_path: Path) -> None:
    config = loading.load(file(tmp_path, GOOD))
    assert (config.project, config.plan, config.enabled) == ("acme", Plan.PLATFORM, True)
    assert config.allowed_countries == ("US", "CL")
    assert config.twilio.account_sid == ACCOUNT_SID
    assert config.limits.max_numbers == 20


def test_what_is_not_written_has_the_documented_default(tmp_path: Path) -> None:
    config = loading.load(file(tmp_path, GOOD))
    pool = next(iter(config.pools.values()))
    assert (pool.enabled, pool.post_disconnect) == (True, PostDisconnect.MARK_UNAVAILABLE)
    assert (config.meta.credentials, config.meta.api_version) == ("kapso-managed", "v25.0")
    assert (config.meta.code_method, config.meta.code_timeout) == ("sms", timedelta(seconds=60))
    assert config.onboarding.reservation_ttl == timedelta(hours=24)
    assert config.limits == Limits(max_numbers=20)


def test_a_minimal_file_is_enough(tmp_path: Path) -> None:
    content = f'project = "a"\nplan = "free"\n[twilio]\naccount_sid = "{ACCOUNT_SID}"\n'
    config = loading.load(file(tmp_path, content))
    assert (config.enabled, config.allowed_countries, config.pools) == (False, (), {})


def test_countries_may_be_spelt_in_any_case(tmp_path: Path) -> None:
    content = GOOD.replace('"CL"', '"cl"').replace("pools.US", "pools.us")
    config = loading.load(file(tmp_path, content))
    assert config.allowed_countries == ("US", "CL")
    assert list(config.pools) == ["US"]


def test_none_lifts_a_limit(tmp_path: Path) -> None:
    content = GOOD.replace("max_numbers = 20", 'max_numbers = "none"\nmax_monthly_cost = "none"')
    limits = loading.load(file(tmp_path, content)).limits
    assert (limits.max_numbers, limits.max_monthly_cost) == (None, None)


@pytest.mark.parametrize(("written", "exact"), [("100", "100"), ("0.0075", "0.0075")])
def test_money_is_read_exactly(tmp_path: Path, written: str, exact: str) -> None:
    content = GOOD.replace("max_numbers = 20", f"max_monthly_cost = {written}")
    cost = loading.load(file(tmp_path, content)).limits.max_monthly_cost
    assert isinstance(cost, Decimal)
    assert cost == Decimal(exact)


def test_all_problems_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    content = (
        GOOD.replace('"platform"', '"gold"')
        .replace("target_size = 5", 'target_size = "5"')
        .replace("max_numbers", "max_number")
        .replace(ACCOUNT_SID, "AC123")
    )
    assert message(tmp_path, content) == (
        f"4 problems in {tmp_path}/acme.toml\n"
        '  acme.toml: plan = "gold": write one of "free", "legacy", "pro", "team", "platform", '
        '"enterprise"\n'
        '  acme.toml: [twilio] account_sid = "AC123": write "AC…": AC and 32 hexadecimal digits\n'
        "  acme.toml: [limits] max_number: unknown key; did you mean max_numbers?\n"
        '  acme.toml: [pools.US] target_size = "5": write a whole number, 0 or more, without quotes'
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('enabledd = "x"', "enabledd: unknown key; did you mean enabled?"),
        ("max_numbers = 3", "max_numbers: unknown key; it belongs in [limits]"),
        ("target_size = 3", "target_size: unknown key; it belongs in [pools.CC]"),
        ("[limit]", "limit: unknown key; did you mean limits?"),
    ],
)
def test_an_unknown_key_gets_the_nearest_or_its_place(tmp_path: Path, line: str, told: str) -> None:
    assert told in message(tmp_path, with_line(line))


def test_a_key_of_the_top_in_a_table_is_sent_to_the_top(tmp_path: Path) -> None:
    told = message(tmp_path, GOOD.replace("[limits]", '[limits]\nplan = "pro"'))
    assert "[limits] plan: unknown key; it stands at the top of the file" in told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("enabled = true", "enabled = 1"),
        ("enabled = true", 'enabled = "true"'),
        ("target_size = 5", "target_size = true"),
        ("target_size = 5", "target_size = 5.0"),
        ("target_size = 5", "target_size = -1"),
        ("target_size = 5", "target_size = 99999999999999999999"),
        ("target_size = 5", 'target_size = "none"'),
        ("max_numbers = 20", "max_numbers = 2.5"),
        ("max_numbers = 20", 'max_monthly_cost = "100"'),
        ("max_numbers = 20", "max_monthly_cost = true"),
        ("max_numbers = 20", "max_monthly_cost = nan"),
        ("max_numbers = 20", "max_monthly_cost = -0.01"),
        ("max_numbers = 20", "max_monthly_cost = 1e-9"),
        ("max_numbers = 20", "max_monthly_cost = 1e99999999999"),
        ("max_numbers = 20", 'currency = "usd"'),
        ("max_numbers = 20", 'settle_after = "10"'),
        ("max_numbers = 20", "settle_after = 600"),
        ("max_numbers = 20", 'settle_after = "none"'),
        ('"acme"', '"Acme"'),
        ('"acme"', '"../acme"'),
        ('"acme"', '"acme\\n"'),
        ('["US", "CL"]', '"US"'),
        ('["US", "CL"]', '["US", 1]'),
        ("[limits]", '[meta]\ncredentials = "mine"\n[limits]'),
        ("[limits]", "[meta]\nbusiness_id = 1234567890\n[limits]"),
        ("[limits]", '[meta]\ncode_timeout = "0s"\n[limits]'),
        ("[limits]", '[onboarding]\nreservation_ttl = "0h"\n[limits]'),
        ("[limits]", '[countries.CL]\nnumber_type = "tollfree"\n[limits]'),
        ("[limits]", f'[countries.CL]\nbundle_sid = "AD{SID}"\n[limits]'),
        ("[limits]", '[countries.CL]\naddress_sid = "none"\n[limits]'),
        ("[limits]", "countries = 3\n[limits]"),
        ("[limits]\nmax_numbers = 20", "[[limits]]"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(tmp_path: Path, old: str, new: str) -> None:
    assert old in GOOD
    assert message(tmp_path, GOOD.replace(old, new, 1)).startswith("1 problem in ")


def test_a_missing_key_says_what_to_write(tmp_path: Path) -> None:
    told = message(tmp_path, "[pools.US]\n")
    assert "plan: it is missing; write one of" in told
    assert "project: it is missing; write a name" in told
    assert '[twilio] account_sid: it is missing; write "AC…"' in told
    assert "[pools.US] target_size: it is missing" in told


def test_two_spellings_of_a_pool_are_refused(tmp_path: Path) -> None:
    told = message(tmp_path, GOOD + "[pools.us]\ntarget_size = 1\n")
    assert "[pools.us]: the same country as [pools.US]; keep one of the two" in told


def test_a_country_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    told = message(tmp_path, GOOD.replace('"CL"]', '"us"]'))
    assert 'allowed_countries = "us": "US" stands there twice, also as "US"; keep one' in told


def test_an_unknown_country_gets_the_nearest(tmp_path: Path) -> None:
    told = message(tmp_path, GOOD.replace('"CL"]', '"UK"]') + "[countries.XX]\n")
    assert 'allowed_countries = "UK": write a country code' in told
    assert "did you mean GB (United Kingdom)?" in told
    assert "[countries] XX: this is no country code" in told


def test_pools_and_the_default_must_be_allowed(tmp_path: Path) -> None:
    told = message(tmp_path, GOOD.replace('["US", "CL"]', '["CL"]'))
    assert 'default_country = "US": US is not allowed; add "US" to allowed_countries' in told
    assert '[pools.US]: US is not allowed; add "US" to allowed_countries, or remove' in told


def test_a_name_that_differs_from_the_file_is_refused(tmp_path: Path) -> None:
    told = message(tmp_path, GOOD, name="beta")
    assert 'project = "acme": the project that was asked for is "beta"' in told


def test_broken_toml_names_line_and_column(tmp_path: Path) -> None:
    told = message(tmp_path, GOOD.replace("target_size = 5", "target_size ="))
    assert "this is not TOML: Invalid value (at line 14, column 14)" in told


def test_a_file_in_another_encoding_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_bytes(GOOD.replace("Home", "Españ").encode("latin-1"))
    with pytest.raises(ConfigError, match="line 12 is not UTF-8 text"):
        loading.load(path)


@pytest.mark.parametrize("content", ["x = " + "[" * 9000, "x = " + "9" * 5000, "\x00"])
def test_hostile_text_is_a_problem_and_no_crash(tmp_path: Path, content: str) -> None:
    assert "1 problem in" in message(tmp_path, content)


def test_loading_loads_nothing_heavy(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib\n"
        "from kapso_twilio_cli.config import loading\n"
        "loading.load(pathlib.Path(sys.argv[1]))\n"
        "print({'tomlkit', 'keyring', 'platformdirs', 'typer', 'difflib'} & set(sys.modules))\n"
    )
    words = [sys.executable, "-c", script, str(file(tmp_path, GOOD))]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "set()\n", done.stderr


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        loading.load(tmp_path / "acme.toml")
    assert "kapso-twilio configure" in (caught.value.hint or "")


def test_a_folder_in_place_of_a_file_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        loading.load(tmp_path)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('auth_token = "{}"', "auth_token"),
        ('META_TOKEN = "{}"', "meta_token"),
        ('[meta]\napp_secret = "{}"', "meta_app_secret"),
        ('[kapso]\napi_key = "{}"', "kapso_api_key"),
        ('[a.b]\nkapso_webhook_secret = "{}"', "kapso_webhook_secret"),
        ('[pools.CL]\ntarget_size = 1\napi_key_secret = "{}"', "api_key_secret"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(
    tmp_path: Path, line: str, name: str
) -> None:
    told = message(tmp_path, with_line(line.format("s3cr3t")))
    assert f"kapso-twilio auth set {name}" in told
    assert "secrets never go in this file" in told
    assert "s3cr3t" not in told


@pytest.mark.parametrize(
    "line",
    [
        'plan = "{}"',
        'project = "{}"',
        'colour = "{}"',
        'allowed_countries = ["{}"]',
        '{} = "x"',
        '[countries.{}]\nnumber_type = "x"',
        '[twilio]\naccount_sid = "{}"',
        '[twilio]\naccount_sid = "AC{}"',
        '[meta]\nbusiness_id = "{}"',
    ],
)
def test_what_looks_like_a_secret_is_never_repeated(tmp_path: Path, line: str) -> None:
    secret = "f00dfeedf00dfeedf00dfeedf00d1234"
    told = message(tmp_path, line.format(secret.replace("f00dfeed", "g00dfeed", 1)))
    assert "00dfeed" not in told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('key = "9a"', 'the key to press, in quotes: "0"'),
        ("delay_seconds = 61", "a number up to 60"),
        ('language = "english"', 'a language such as "en_US"'),
        ('url = "http://example.com"', "an address such as"),
        ('call_timeout = "0s"', "a duration"),
    ],
)
def test_a_voice_setting_that_could_not_work_is_refused(line: str, told: str) -> None:
    found = loading.problems_in(f'project = "acme"\nplan = "pro"\n[voice]\n{line}\n'.encode())
    assert any(told in problem.what for problem in found), found
