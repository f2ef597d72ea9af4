"""Where project files, inventories and vendors are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapso_twilio_cli.config import locations
from kapso_twilio_cli.errors import ConfigError, UsageError
from kapso_twilio_cli.gateways.http import READ_TIMEOUT_SECONDS

from .places import GOOD, projects_dir, use_home, write_project


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return use_home(tmp_path, monkeypatch)


def find(name: str | None = None, config_path: Path | None = None) -> Path:
    return locations.find_project_file(name=name, config_path=config_path)


def test_the_given_path_comes_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project(home)
    (home / "kapso-twilio.toml").write_text(GOOD)
    given = home / "elsewhere.toml"
    given.write_text(GOOD)
    assert find("acme", given) == given
    monkeypatch.setenv("KAPSO_TWILIO_CONFIG", str(given))
    assert find("acme") == given


def test_the_named_project_comes_before_the_working_directory(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_project(home)
    (home / "kapso-twilio.toml").write_text(GOOD)
    assert find("acme") == path
    monkeypatch.setenv("KAPSO_TWILIO_PROJECT", "acme")
    assert find() == path


def test_the_working_directory_comes_before_the_only_project(home: Path) -> None:
    path = write_project(home)
    assert find() == path
    (home / "kapso-twilio.toml").write_text(GOOD)
    assert find() == home / "kapso-twilio.toml"


def test_several_projects_and_none_named_is_wrong_usage_that_lists_them(home: Path) -> None:
    write_project(home)
    write_project(home, name="beta")
    with pytest.raises(UsageError) as caught:
        find()
    assert caught.value.reason == "they are acme, beta"
    assert caught.value.hint == "name one: --project acme"


def test_no_project_at_all_says_how_to_set_one_up() -> None:
    with pytest.raises(ConfigError, match="no project is set up") as caught:
        find()
    assert "kapso-twilio configure" in (caught.value.hint or "")


def test_a_named_project_that_is_not_there_lists_those_there_are(home: Path) -> None:
    write_project(home)
    with pytest.raises(ConfigError, match=r"no project file at .*projects/beta\.toml") as caught:
        find("beta")
    assert "acme" in (caught.value.hint or "")
    with pytest.raises(ConfigError, match="no project file at"):
        find(config_path=home / "none.toml")


def test_a_name_cannot_leave_the_folder() -> None:
    with pytest.raises(UsageError):
        find("../acme")


def test_a_file_in_the_folder_is_expected_to_hold_its_name(home: Path) -> None:
    assert locations.name_by_place(projects_dir(home) / "acme.toml") == "acme"
    assert locations.name_by_place(home / "kapso-twilio.toml") is None


def test_inventories_stand_in_the_data_directory(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = home / "data" / "kapso-twilio" / "inventories" / "acme" / "inventory.db"
    assert locations.inventory_path("acme") == default
    monkeypatch.setenv("KAPSO_TWILIO_DATA_DIR", str(home / "other"))
    assert locations.inventory_path("acme") == home / "other" / "acme" / "inventory.db"


def test_without_variables_the_vendors_are_the_real_ones() -> None:
    found = locations.endpoints({"TWILIO_REGION": "ie1", "KAPSO_TWILIO_META_URL": ""})
    assert found == locations.Endpoints(None, None, None, stand_ins=False)


def test_the_sandbox_stands_in_for_all_and_one_variable_for_one() -> None:
    sandbox = {"KAPSO_TWILIO_SANDBOX_URL": "http://127.0.0.1:8080/"}
    url = "http://127.0.0.1:8080"
    assert locations.endpoints(sandbox) == locations.Endpoints(url, url, url, stand_ins=True)
    found = locations.endpoints(sandbox | {"KAPSO_TWILIO_META_URL": "https://meta.example"})
    assert found == locations.Endpoints(url, "https://meta.example", url, stand_ins=True)
    one = locations.endpoints({"KAPSO_TWILIO_KAPSO_URL": "http://[::1]:80"})
    assert one == locations.Endpoints(None, None, "http://[::1]:80", stand_ins=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "http://10.0.0.1",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "https://user:s3cr3t@example.com",
        "https://example.com/?token=s3cr3t",
        "ftp://localhost",
        "localhost:8080",
        "https://",
        "https://[",
        "http://localhost:s3cr3t",
    ],
)
def test_an_unsafe_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match="KAPSO_TWILIO_TWILIO_URL") as caught:
        locations.endpoints({"KAPSO_TWILIO_TWILIO_URL": url})
    assert "s3cr3t" not in f"{caught.value.message}{caught.value.reason}{caught.value.hint}"


@pytest.mark.parametrize(("text", "seconds"), [("", 20.0), ("1", 1.0), ("2.5", 2.5), ("60", 60.0)])
def test_an_answer_is_waited_for_as_long_as_the_user_says(text: str, seconds: float) -> None:
    assert locations.endpoints({"KAPSO_TWILIO_HTTP_TIMEOUT": text}).timeout_seconds == seconds


@pytest.mark.parametrize("text", ["0", "0.9", "61", "-1", "soon", "20s", "nan", "inf"])
def test_a_time_out_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="KAPSO_TWILIO_HTTP_TIMEOUT") as caught:
        locations.endpoints({"KAPSO_TWILIO_HTTP_TIMEOUT": text})
    assert "from 1 to 60" in (caught.value.reason or "")


def test_by_default_every_vendor_is_waited_for_as_long_as_its_client_waits() -> None:
    assert locations.endpoints({}).timeout_seconds == READ_TIMEOUT_SECONDS
