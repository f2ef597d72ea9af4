"""`configure` by flags, with the vendors' sandbox."""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.config.places import GOOD, projects_dir, use_home, write_project
from tests.vendors import RunningSandbox, running_sandbox

from .calls import Call, caller


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox) -> Path:
    use_home(tmp_path, monkeypatch)
    monkeypatch.setenv("KAPSO_TWILIO_SANDBOX_URL", sandbox.url)
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys)


@pytest.fixture
def known(sandbox: RunningSandbox) -> Mapping[str, str]:
    return sandbox.credentials


@pytest.fixture
def with_token(known: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN", known["auth_token"])


def flags(known: Mapping[str, str]) -> tuple[str, ...]:
    return ("acme", "--account-sid", known["account_sid"], "--plan", "enterprise")


def is_empty(home: Path) -> bool:
    return not (home / "config").exists() and not (home / "data").exists()


@pytest.mark.usefixtures("with_token")
def test_flags_make_file_and_inventory_and_say_what_comes_next(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    more = ("--country", "us", "--country", "CL", "--default-country", "US", "--enable")
    document = call("configure", *flags(known), *more, "--json").document
    path = projects_dir(home) / "acme.toml"
    assert tomllib.loads(path.read_text()) == {
        "project": "acme",
        "plan": "enterprise",
        "enabled": True,
        "default_country": "US",
        "allowed_countries": ["US", "CL"],
        "twilio": {"account_sid": known["account_sid"]},
    }
    assert path.stat().st_mode & 0o777 == 0o600
    assert (document["created"], document["inventory_created"]) == (True, True)
    assert Path(document["inventory"]).is_file()
    assert document["secrets"] == []
    assert document["next"] == [
        "kapso-twilio config set meta.business_id ID",
        "kapso-twilio auth set meta_token",
        "kapso-twilio pool set US --target-size 5",
        "kapso-twilio pool fill",
    ]
    assert call("pool", "set", "US", "--target-size", "5").exit_code == 0


def test_the_auth_token_may_be_piped_in_and_is_stored(
    call: Call, known: Mapping[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(known["auth_token"] + "\n"))
    called = call("configure", *flags(known), "--auth-token-stdin")
    assert called.exit_code == 0, called.err
    file = home / "config" / "kapso-twilio" / "secrets" / "acme.auth_token"
    assert file.read_text() == known["auth_token"] + "\n"
    assert f"auth_token stored: {file}" in called.out
    assert known["auth_token"] not in called.out + called.err


def test_credentials_that_twilio_rejects_leave_nothing_behind(
    call: Call, known: Mapping[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN", "wrong")
    called = call("configure", *flags(known))
    assert called.exit_code == 4
    assert "hint: check the SID and the token, and run configure again" in called.err
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))
    assert call("configure", *flags(known), "--auth-token-stdin").exit_code == 4
    assert is_empty(home)


def test_without_an_auth_token_it_names_the_ways(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    called = call("configure", *flags(known))
    assert called.exit_code == 4
    assert "KAPSO_TWILIO_AUTH_TOKEN_FILE, or pipe it in with --auth-token-stdin" in called.err
    assert is_empty(home)


@pytest.mark.usefixtures("with_token")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "a new project needs a name"),
        (("acme",), "a new project needs --account-sid and --plan"),
        (("acme", "--plan", "gold"), "gold"),
        (("Acme", "--plan", "free"), "cannot be a project's name"),
        (("acme", "--project", "beta"), "two projects are named"),
        (
            ("acme", "--plan", "free", "--account-sid", "AC1"),
            "--account-sid: that is not an account SID",
        ),
        (("acme", "--plan", "free", "--account-sid", "AC1"), "this has 3 characters"),
        (("acme", "--country", "US,UK"), "did you mean GB (United Kingdom)?"),
    ],
)
def test_missing_or_wrong_words_are_wrong_usage(
    call: Call, home: Path, words: tuple[str, ...], told: str
) -> None:
    called = call("configure", *words)
    assert called.exit_code == 2
    assert told in called.err
    assert is_empty(home)


@pytest.mark.usefixtures("with_token")
def test_a_default_country_must_be_among_the_allowed(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    called = call("configure", *flags(known), "--default-country", "CL")
    assert called.exit_code == 2
    assert "hint: add --country CL" in called.err
    assert is_empty(home)


@pytest.mark.usefixtures("with_token")
def test_a_plan_that_is_not_entitled_cannot_be_enabled(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    words = ("acme", "--account-sid", known["account_sid"], "--plan", "pro", "--enable")
    called = call("configure", *words)
    assert called.exit_code == 3
    assert "the pro plan needs the custom Twilio add-on" in called.err
    assert "then add --custom-twilio-addon" in called.err
    assert is_empty(home)
    words = ("acme", "--account-sid", known["account_sid"], "--plan", "free", "--enable")
    assert "then choose another --plan" in call("configure", *words).err


@pytest.mark.usefixtures("with_token")
def test_dry_run_checks_and_writes_nothing(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    document = call("configure", *flags(known), "--dry-run", "--json").document
    assert (document["dry_run"], document["created"]) == (True, True)
    assert is_empty(home)


@pytest.mark.usefixtures("with_token")
def test_in_a_file_that_is_there_only_what_is_asked_changes(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    content = GOOD.replace("AC" + "0" * 31 + "1", known["account_sid"])
    path = write_project(home, content)
    path.chmod(0o640)
    called = call("configure", "--country", "GB", "--default-country", "GB")
    assert called.exit_code == 0, called.err
    assert path.read_text() == content.replace('"CL"]', '"CL", "GB"]').replace('= "US"', '= "GB"')
    assert path.stat().st_mode & 0o777 == 0o640
    again = call("configure", "--country", "GB", "--json").document
    assert (again["changed"], again["inventory_created"]) == (False, False)


@pytest.mark.usefixtures("with_token")
def test_another_account_is_refused_while_the_inventory_is_of_the_first(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    path = write_project(home)
    assert call("inventory", "create").exit_code == 0
    called = call("configure", "acme", "--account-sid", known["account_sid"])
    assert called.exit_code == 3
    assert "belongs to another Twilio account" in called.err
    assert path.read_text() == GOOD


@pytest.mark.usefixtures("with_token")
def test_an_api_key_needs_its_secret_and_is_checked(
    call: Call, known: Mapping[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (*flags(known), "--api-key-sid", known["api_key_sid"])
    called = call("configure", *words)
    assert called.exit_code == 4
    assert "kapso-twilio auth set api_key_secret --api-key-sid SK" in called.err
    monkeypatch.setenv("KAPSO_TWILIO_API_KEY_SECRET", "wrong")
    assert call("configure", *words).exit_code == 4
    assert is_empty(home)
    monkeypatch.setenv("KAPSO_TWILIO_API_KEY_SECRET", known["api_key_secret"])
    assert call("configure", *words).exit_code == 0


@pytest.mark.usefixtures("with_token")
def test_a_path_of_ones_own_is_used_and_named_in_what_comes_next(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    path = home / "mine.toml"
    document = call("configure", *flags(known), "--config", str(path), "--json").document
    assert path.is_file()
    assert document["next"][0] == f"kapso-twilio enable --config {path}"


@pytest.mark.usefixtures("with_token")
def test_with_several_projects_the_new_one_is_named_in_what_comes_next(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    write_project(home, GOOD.replace("acme", "beta"), name="beta")
    document = call("configure", *flags(known), "--json").document
    assert document["next"][0] == "kapso-twilio enable --project acme"


def test_dry_run_names_the_secret_that_would_be_stored(
    call: Call, known: Mapping[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(known["auth_token"]))
    called = call("configure", *flags(known), "--auth-token-stdin", "--dry-run")
    assert "auth_token would be stored\n" in called.out
    assert is_empty(home)


@pytest.mark.usefixtures("with_token")
def test_countries_may_stand_with_commas(call: Call, known: Mapping[str, str], home: Path) -> None:
    assert call("configure", *flags(known), "--country", "us, CL", "--country", "GB").exit_code == 0
    settings = tomllib.loads((projects_dir(home) / "acme.toml").read_text())
    assert settings["allowed_countries"] == ["US", "CL", "GB"]
    assert "default_country" not in settings


@pytest.mark.usefixtures("with_token")
def test_the_only_country_of_a_new_project_is_its_default(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    assert call("configure", *flags(known), "--country", "us").exit_code == 0
    settings = tomllib.loads((projects_dir(home) / "acme.toml").read_text())
    assert settings["default_country"] == "US"


@pytest.mark.usefixtures("with_token")
def test_a_plan_that_turns_custom_twilio_off_is_warned_about(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    write_project(home, GOOD.replace("AC" + "0" * 31 + "1", known["account_sid"]))
    called = call("configure", "--plan", "free")
    assert called.exit_code == 0
    assert "warning: the free plan cannot use custom Twilio" in called.err
