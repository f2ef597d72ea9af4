"""`country`: list, allow, disallow, default, set, unset."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.places import GOOD, use_home, write_project

from .calls import Call, caller

BUNDLE = "BU" + "0" * 32
ADDRESS = "AD" + "0" * 32


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys)


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_home(tmp_path, monkeypatch)
    return write_project(tmp_path)


def test_allow_adds_countries_in_any_case_once(call: Call, path: Path) -> None:
    document = call("country", "allow", "gb", "US", "GB", "--json").document
    assert (document["added"], document["changed"]) == (["GB"], True)
    assert document["allowed_countries"] == ["US", "CL", "GB"]
    assert path.read_text() == GOOD.replace('"CL"]', '"CL", "GB"]')


def test_allowing_what_is_allowed_is_nothing_to_do(call: Call, path: Path) -> None:
    called = call("country", "allow", "CL")
    assert (called.exit_code, called.out) == (0, "allowed: US, CL (nothing to change)\n")
    assert path.read_text() == GOOD


@pytest.mark.parametrize(
    "words", [("allow", "UK"), ("default", "UK"), ("set", "UK"), ("unset", "UK")]
)
def test_an_unknown_country_is_wrong_usage_with_the_nearest(
    call: Call, words: tuple[str, str]
) -> None:
    called = call("country", *words)
    assert called.exit_code == 2
    assert "did you mean GB (United Kingdom)?" in called.err


def test_disallow_takes_a_country_away(call: Call, path: Path) -> None:
    assert call("country", "disallow", "cl").exit_code == 0
    assert path.read_text() == GOOD.replace('["US", "CL"]', '["US"]')
    assert call("country", "disallow", "CL", "--json").document["changed"] is False


def test_disallow_is_refused_while_a_pool_or_the_default_uses_it(call: Call, path: Path) -> None:
    called = call("country", "disallow", "US")
    assert called.exit_code == 3
    assert "it is in use: a pool and the default country" in called.err
    assert "kapso-twilio pool remove US; kapso-twilio country default CC" in called.err
    assert path.read_text() == GOOD


def test_default_must_be_allowed(call: Call, path: Path) -> None:
    assert call("country", "default", "CL").exit_code == 0
    assert 'default_country = "CL"' in path.read_text()
    called = call("country", "default", "GB")
    assert called.exit_code == 3
    assert "hint: kapso-twilio country allow GB" in called.err


def test_set_gives_a_country_values_of_its_own(call: Call, path: Path) -> None:
    words = ("--bundle-sid", BUNDLE, "--address-sid", ADDRESS, "--number-type", "mobile")
    document = call("country", "set", "cl", *words, "--json").document
    assert document["bundle_sid"] == BUNDLE
    assert (document["bundle_sid_from"], document["number_type"]) == ("country", "mobile")
    assert f'[countries.CL]\nbundle_sid = "{BUNDLE}"\naddress_sid = "{ADDRESS}"' in path.read_text()
    assert call("country", "set", "CL", "--number-type", "local").exit_code == 0
    assert 'number_type = "local"' in path.read_text()
    assert BUNDLE in path.read_text()


def test_none_keeps_the_projects_bundle_away(call: Call) -> None:
    call("config", "set", "twilio.bundle_sid", BUNDLE)
    rows = call("country", "list", "--json").document["countries"]
    assert [(row["bundle_sid"], row["bundle_sid_from"]) for row in rows] == [
        (BUNDLE, "project")
    ] * 2
    call("country", "set", "US", "--bundle-sid", "none")
    row = call("country", "list", "--json").document["countries"][0]
    assert (row["country"], row["bundle_sid"], row["bundle_sid_from"]) == ("US", None, "country")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "nothing was given to set"),
        (("--bundle-sid", ADDRESS), "BU and 32 hexadecimal digits"),
        (("--number-type", "tollfree"), "toll-free"),
    ],
)
def test_set_refuses_what_does_not_fit(
    call: Call, path: Path, words: tuple[str, ...], told: str
) -> None:
    called = call("country", "set", "CL", *words)
    assert called.exit_code == 2
    assert told in called.err
    assert path.read_text() == GOOD


def test_set_of_a_country_that_is_not_allowed_says_so(call: Call) -> None:
    called = call("country", "set", "GB", "--number-type", "mobile")
    assert called.exit_code == 0
    assert "GB is not allowed yet: kapso-twilio country allow GB" in called.err
    row = call("country", "list", "--json").document["countries"][-1]
    assert (row["country"], row["allowed"]) == ("GB", False)


def test_unset_removes_the_countrys_own_values(call: Call, path: Path) -> None:
    call("country", "set", "CL", "--number-type", "mobile")
    assert call("country", "unset", "CL", "--dry-run", "--json").document["changed"] is True
    assert "[countries.CL]" in path.read_text()
    assert call("country", "unset", "CL").exit_code == 0
    assert path.read_text() == GOOD
    assert call("country", "unset", "CL", "--json").document["changed"] is False


def test_list_is_plain_lines_in_a_pipe(call: Call) -> None:
    assert call("country", "list").out == (
        "US\tUnited States\tyes\tyes\tyes\tlocal\t-\t-\nCL\tChile\tyes\tno\tno\tlocal\t-\t-\n"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("allow", "GB"), "would be allowed: US, CL, GB"),
        (("disallow", "CL"), "CL would be not allowed; allowed: US"),
        (("unset", "CL"), "CL would have no settings of its own"),
    ],
)
def test_dry_run_says_what_would_be(
    call: Call, path: Path, words: tuple[str, str], told: str
) -> None:
    call("country", "set", "CL", "--number-type", "mobile")
    before = path.read_text()
    assert call("country", *words, "--dry-run").out == f"{told} (not written: dry run)\n"
    assert path.read_text() == before
