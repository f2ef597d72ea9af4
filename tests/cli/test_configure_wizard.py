"""`configure` by its wizard, on a real terminal, with the vendors' sandbox."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.config.places import GOOD, projects_dir, use_home, write_project
from tests.vendors import RunningSandbox, running_sandbox

from .calls import Call, caller
from .terminal import INTERRUPT, type_into

ON_THE_NEXT_LINE = "\r\n\x1b[31;1merror:\x1b[0m interrupted\r\n"


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


def is_empty(home: Path) -> bool:
    return not (home / "config").exists() and not (home / "data").exists()


def test_the_wizard_alone_gets_a_newcomer_to_the_same_point(
    call: Call, known: Mapping[str, str], home: Path
) -> None:
    typed = [
        ("Name of the project", "acme"),
        ("Twilio account SID", "AC1"),
        ("Twilio account SID", known["account_sid"]),
        ("Twilio API key SID", ""),
        ("Plan at Kapso", "Platform"),
        ("add-on booked", "maybe"),
        ("add-on booked", "Y"),
        ("Countries to buy numbers in", ""),
        ("Countries to buy numbers in", "uk,US"),
        ("Countries to buy numbers in", "Chile"),
        ("Countries to buy numbers in", "us cl"),
        ("Country that is meant", "gb"),
        ("Country that is meant", ""),
        ("business portfolio", "12"),
        ("business portfolio", known["meta_business_id"]),
        ("Turn custom Twilio on", ""),
        ("Twilio auth token", "wrong"),
        ("Twilio auth token", known["auth_token"]),
        ("Meta system user token", known["meta_token"]),
    ]
    done = type_into(["configure"], typed)
    assert done.exit_code == 0, done.err
    assert "project acme created" in done.out
    for told in (
        "hexadecimal digits",
        "it takes yes or no",
        "this one is needed",
        "UK is none: did you mean GB (United Kingdom)?",
        "CHILE is none: did you mean CL (Chile)?",
        "the default country GB is not among US,CL",
        "it takes the portfolio's number, such as 1234567",
    ):
        assert told in done.err
    assert "next: kapso-twilio pool set US --target-size 5" in done.err
    for name in ("auth_token", "meta_token"):
        assert known[name] not in done.out + done.err
    settings = tomllib.loads((projects_dir(home) / "acme.toml").read_text())
    assert settings["allowed_countries"] == ["US", "CL"]
    assert (settings["default_country"], settings["enabled"]) == ("US", True)
    assert call("pool", "set", "US", "--target-size", "1").exit_code == 0
    assert call("pool", "fill", "--json").document["pools"][0]["ready"] == 1


@pytest.mark.usefixtures("with_token")
def test_the_wizard_on_a_project_offers_what_stands_and_changes_what_differs(
    known: Mapping[str, str], home: Path
) -> None:
    content = GOOD.replace("AC" + "0" * 31 + "1", known["account_sid"])
    path = write_project(home, content)
    typed = [
        ("Twilio account SID", ""),
        ("Twilio API key SID", ""),
        ("Plan at Kapso", "enterprise"),
        ("Countries to buy numbers in", ""),
        ("Country that is meant", "CL"),
        ("business portfolio", ""),
        ("Turn custom Twilio on", ""),
    ]
    done = type_into(["configure"], typed)
    assert done.exit_code == 0, done.err
    assert "(another project: kapso-twilio configure NAME)" in done.err
    assert path.read_text() == content.replace('"platform"', '"enterprise"').replace(
        'default_country = "US"', 'default_country = "CL"'
    )


def test_ctrl_c_in_the_wizard_leaves_nothing_behind(home: Path) -> None:
    done = type_into(["configure"], [("Name of the project", "acme"), ("account SID", INTERRUPT)])
    assert done.exit_code == 130
    assert is_empty(home)
    assert done.err.endswith(f"Twilio account SID (AC...): {ON_THE_NEXT_LINE}")


def test_ctrl_c_at_a_secret_is_told_on_the_next_line(known: Mapping[str, str]) -> None:
    words = ["configure", "acme", "--account-sid", known["account_sid"], "--plan", "free"]
    typed = [
        ("Twilio API key SID", ""),
        ("Countries to buy numbers in", "US"),
        ("Country that is meant", ""),
        ("business portfolio", ""),
        ("Twilio auth token", INTERRUPT),
    ]
    done = type_into(words, typed)
    assert done.exit_code == 130
    assert done.err.endswith(f"Twilio auth token: {ON_THE_NEXT_LINE}")


@pytest.mark.usefixtures("with_token")
def test_a_default_that_was_given_is_asked_to_be_among_the_countries(
    known: Mapping[str, str], home: Path
) -> None:
    words = ["configure", "acme", "--account-sid", known["account_sid"], "--plan", "free"]
    typed = [
        ("Twilio API key SID", ""),
        ("Countries to buy numbers in", "US"),
        ("Countries to buy numbers in", "US CL"),
        ("business portfolio", ""),
    ]
    done = type_into([*words, "--default-country", "cl"], typed)
    assert done.exit_code == 0, done.err
    settings = tomllib.loads((projects_dir(home) / "acme.toml").read_text())
    assert (settings["allowed_countries"], settings["default_country"]) == (["US", "CL"], "CL")
