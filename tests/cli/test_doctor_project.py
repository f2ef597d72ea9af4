"""`doctor`: vendors, countries, and a project that is not whole."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from kapso_twilio_cli.domain.public_url import parse_public_url
from kapso_twilio_cli.errors import StateError
from kapso_twilio_cli.main import main
from kapso_twilio_cli.operations.doctor.machine import (
    check_environment,
    check_python,
    check_sqlite,
)
from kapso_twilio_cli.operations.lock import mass_work
from kapso_twilio_cli.operations.receiving.receiver import being_receiver
from kapso_twilio_cli.project import Project
from kapso_twilio_cli.sandbox.catalogue import bundle_sid
from tests.config.places import use_home
from tests.gateways.servers import nobody_there
from tests.inventory.test_upgrade import SCHEMAS, inventory_of
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

from .checkup import (
    URL,
    checks_of,
    configure,
    contradict,
    damage,
    lose,
    newer,
    other_account,
    unwell,
)
from .terminal import Screen


@pytest.mark.parametrize(
    ("harm", "check", "mends"),
    [
        (lose, "inventory", "kapso-twilio inventory create"),
        (damage, "inventory", "kapso-twilio inventory restore"),
        (contradict, "inventory", "kapso-twilio inventory restore"),
        (newer, "inventory", "upgrade kapso-twilio"),
        (other_account, "inventory.pinned", "put the account's SID back"),
    ],
)
def test_an_inventory_that_cannot_be_used_is_a_failure_and_the_vendors_are_asked_all_the_same(
    healthy: ReadyProject, harm: Callable[[ReadyProject], None], check: str, mends: str
) -> None:
    harm(healthy)
    called = healthy.call("doctor", "--json")
    rows = checks_of(called)
    assert (called.exit_code, rows[check]["severity"]) == (3, "failure")
    assert mends in rows[check]["hint"]
    assert rows["meta.portfolio"]["ok"]
    assert called.document["error"]["exit_code"] == 3


def test_an_inventory_that_may_not_act_is_a_failure(healthy: ReadyProject) -> None:
    """An old copy in the inventory's place."""
    old = healthy.inventory.read_bytes()
    healthy.answer("resolve", "--ref", "a")
    healthy.inventory.write_bytes(old)
    called = healthy.call("doctor", "--json")
    row = checks_of(called)["inventory.standing"]
    assert (called.exit_code, row["hint"]) == (3, "kapso-twilio reconcile --no-fill")
    assert healthy.inventory.read_bytes() == old


def test_an_inventory_of_an_older_schema_is_looked_at_and_left_as_it_is(
    healthy: ReadyProject,
) -> None:
    lose(healthy)
    inventory_of(SCHEMAS / "v1.sql", healthy.inventory.parent)
    before = healthy.inventory.read_bytes()
    called = healthy.call("doctor", "--json")
    assert checks_of(called)["inventory"]["ok"]
    assert healthy.inventory.read_bytes() == before
    assert not (healthy.inventory.parent / "backups").exists()


def test_a_country_that_would_be_refused_fails_with_the_command_that_mends_it(
    healthy: ReadyProject,
) -> None:
    healthy.answer("country", "allow", "GB")
    wrong_bundle = bundle_sid("DE", "mobile")
    healthy.answer("country", "set", "GB", "--number-type", "mobile", "--bundle-sid", wrong_bundle)
    called = healthy.call("doctor", "--json")
    row = checks_of(called)["country.GB"]
    assert (called.exit_code, row["severity"]) == (5, "failure")
    assert "kapso-twilio country set GB --bundle-sid BU" in row["hint"]
    assert checks_of(called)["country.US"]["ok"]
    healthy.answer("country", "set", "GB", "--bundle-sid", "none")
    called = healthy.call("doctor", "--json")
    row = checks_of(called)["country.GB"]
    assert (called.exit_code, row["severity"]) == (0, "warning")
    assert row["message"].endswith("may need a regulatory bundle, and none is sent")
    assert row["hint"] == "kapso-twilio country set GB --bundle-sid BU…"


def test_a_price_that_is_unknown_is_a_failure(healthy: ReadyProject) -> None:
    healthy.sandbox.fault(fault="status", path="v1/PhoneNumbers", status=404, times=None)
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, called.document["error"]["kind"]) == (6, "limit")
    assert checks_of(called)["country.US"]["severity"] == "failure"


def test_a_country_that_is_sold_out_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(stock={"US": 0}) as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox, allowed_countries=["US"])
        called = project.call("doctor", "--json")
        assert called.exit_code == 0
        row = checks_of(called)["country.US"]
        assert (row["severity"], "--number-type" in row["hint"]) == ("warning", True)


def test_a_vendor_that_is_away_is_told_and_the_others_are_asked(healthy: ReadyProject) -> None:
    healthy.sandbox.fault(fault="drop_before", path="/2010-04-01/", times=None)
    called = healthy.call("doctor", "--json")
    rows = checks_of(called)
    assert (called.exit_code, called.document["error"]["kind"]) == (75, "unavailable")
    assert rows["twilio.auth_token"]["severity"] == "failure"
    for name in ("twilio.balance", "countries", "webhooks"):
        assert rows[name]["message"].startswith("not asked, as ")
    assert rows["kapso.api_key"]["ok"]
    assert rows["clock"]["message"] == "agrees with that of Meta, Kapso"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_balance_that_cannot_be_read_is_a_warning(healthy: ReadyProject, status: int) -> None:
    healthy.sandbox.fault(fault="status", path="Balance", status=status)
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, unwell(called)) == (0, {"twilio.balance": "warning"})
    assert checks_of(called)["twilio.balance"]["message"].startswith("not readable")


@pytest.mark.parametrize("fault", ["status", "garble"])
def test_no_fault_of_the_balance_is_more_than_a_warning(healthy: ReadyProject, fault: str) -> None:
    healthy.sandbox.fault(path="Balance", times=None, fault=fault)
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, unwell(called)) == (0, {"twilio.balance": "warning"})


def test_an_empty_balance_is_a_warning(healthy: ReadyProject) -> None:
    body = {"account_sid": "AC" + "0" * 32, "balance": "-0.05", "currency": "USD"}
    healthy.sandbox.fault(fault="status", path="Balance", status=200, body=body)
    row = checks_of(healthy.call("doctor", "--json"))["twilio.balance"]
    assert (row["severity"], row["message"]) == ("warning", "-0.05 USD: Twilio may sell nothing")


@pytest.mark.parametrize(
    ("ahead", "severity", "exit_code", "words"),
    [
        (timedelta(seconds=10), "ok", 0, "agrees"),
        (timedelta(minutes=5), "warning", 0, "behind Meta's"),
        (timedelta(minutes=-5), "warning", 0, "ahead of Meta's"),
        (timedelta(hours=-3), "failure", 3, "ahead of Meta's"),
    ],
    ids=str,
)
def test_the_clock_is_held_against_the_vendors(
    healthy: ReadyProject, ahead: timedelta, severity: str, exit_code: int, words: str
) -> None:
    date = format_datetime(datetime.now(UTC) + ahead, usegmt=True)
    healthy.sandbox.fault(
        fault="status",
        path="preverified_numbers",
        status=200,
        body={"data": []},
        headers={"Date": date},
    )
    called = healthy.call("doctor", "--json")
    row = checks_of(called)["clock"]
    assert (row["severity"], called.exit_code) == (severity, exit_code)
    assert words in row["message"]


def test_numbers_that_do_not_point_at_the_receiver_any_more_are_named(
    healthy: ReadyProject,
) -> None:
    healthy.answer("webhook", "configure", "--all", "--public-url", URL)
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, unwell(called)) == (0, {"receiver": "warning"})
    project = Project.locate(name=None, config_path=None)
    with being_receiver(project, parse_public_url(URL)):
        called = healthy.call("doctor", "--json")
        assert unwell(called) == {}
        assert checks_of(called)["receiver"]["message"] == f"at work, for {URL}"
    with being_receiver(project, parse_public_url("https://moved.example.com")):
        row = checks_of(healthy.call("doctor", "--json"))["webhooks"]
    assert row["message"].startswith("2 of 2 numbers do not point at the receiver any more: +1")
    assert "kapso-twilio webhook configure --all" in row["hint"]


def test_who_holds_the_lock_is_told_and_does_not_notice(healthy: ReadyProject) -> None:
    project = Project.locate(name=None, config_path=None)
    with mass_work(project, "reconcile"):
        called = healthy.call("doctor", "--json")
        row = checks_of(called)["lock"]
        assert (called.exit_code, row["severity"]) == (0, "ok")
        assert row["message"].startswith("held by reconcile, pid ")
        note = healthy.inventory.parent / "run.json"
        note.write_text(re.sub(r"\d{4}-\d\d-\d\d ", "2020-01-01 ", note.read_text()))
        row = checks_of(healthy.call("doctor", "--json"))["lock"]
        assert (row["severity"], "kill " in row["hint"]) == ("warning", True)
    assert checks_of(healthy.call("doctor", "--json"))["lock"]["message"] == "nobody holds it"


def test_files_that_others_may_touch_are_warnings(healthy: ReadyProject) -> None:
    healthy.path.chmod(0o666)
    healthy.inventory.chmod(0o644)
    called = healthy.call("doctor", "--json")
    rows = checks_of(called)
    assert called.exit_code == 0
    assert rows["project"]["hint"] == f"chmod go-w {healthy.path}"
    assert rows["data_folder"]["hint"] == f"chmod go= {healthy.inventory}"


def test_a_data_folder_that_cannot_be_made_is_a_failure(
    healthy: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_DATA_DIR", str(healthy.path / "below"))
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, called.document["error"]["kind"]) == (3, "state")
    assert "KAPSO_TWILIO_DATA_DIR" in checks_of(called)["data_folder"]["hint"]


def test_a_file_that_the_system_does_not_let_be_looked_at_is_a_failure(
    healthy: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_DATA_DIR", str(healthy.home / ("x" * 300)))
    called = healthy.call("doctor", "--json")
    rows = checks_of(called)
    assert (called.exit_code, called.document["error"]["kind"]) == (3, "state")
    assert "cannot be looked at" in rows["data_folder"]["message"]
    assert "cannot be looked at" in rows["inventory"]["message"]


def test_an_address_of_a_vendor_that_cannot_be_used_is_a_failure(
    healthy: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_META_URL", "http://hush:hush@example.com")
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, checks_of(called)["vendors"]["severity"]) == (3, "failure")
    assert "KAPSO_TWILIO_META_URL" in checks_of(called)["vendors"]["hint"]
    assert "hush" not in called.out


def test_a_vendor_that_cannot_be_reached_is_told_as_that_and_not_as_a_refusal(
    healthy: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = nobody_there()
    monkeypatch.setenv("KAPSO_TWILIO_TWILIO_URL", nobody)
    called = healthy.call("doctor", "--json")
    rows = checks_of(called)
    assert (called.exit_code, rows["twilio.auth_token"]["severity"]) == (75, "failure")
    host = nobody.removeprefix("http://")
    assert rows["twilio.auth_token"]["message"] == (
        f"not checked: Twilio is not available: the connection to {host} could not be made"
    )
    hint = rows["twilio.auth_token"]["hint"]
    assert "KAPSO_TWILIO_TWILIO_URL" in hint
    for name in ("twilio.balance", "countries", "webhooks"):
        told = (rows[name]["severity"], rows[name]["message"], rows[name]["hint"])
        assert told == ("warning", "not asked, as Twilio is not available", hint), name
    assert rows["meta.portfolio"]["ok"]


def test_what_needs_a_secret_that_is_missing_says_that_it_is_missing(
    healthy: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAPSO_TWILIO_AUTH_TOKEN")
    rows = checks_of(healthy.call("doctor", "--json"))
    for name in ("twilio.auth_token", "twilio.balance", "countries", "webhooks"):
        assert rows[name]["message"].startswith("not checked: "), name
        assert "auth_token" in rows[name]["message"], name


def test_a_project_that_is_switched_off_is_a_warning(healthy: ReadyProject) -> None:
    healthy.answer("disable")
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, unwell(called)) == (0, {"project": "warning"})
    assert checks_of(called)["project"]["hint"] == "kapso-twilio enable"


@pytest.mark.parametrize(
    ("plan", "mends"),
    [
        ("free", "kapso-twilio config set plan PLAN"),
        ("pro", "kapso-twilio config set custom_twilio_addon true"),
    ],
)
def test_a_plan_without_custom_twilio_is_mended_by_another_plan_and_not_by_the_switch(
    healthy: ReadyProject, plan: str, mends: str
) -> None:
    configure(healthy, plan=plan, custom_twilio_addon="false")
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, unwell(called)) == (0, {"project": "warning"})
    hint = checks_of(called)["project"]["hint"]
    assert hint.endswith(mends)
    assert healthy.call("pool", "fill", "--json").document["error"]["hint"] == hint


def test_half_a_configuration_is_checked_as_far_as_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    """No pools, no portfolio, no Kapso key, no inventory: what is there works, the rest is told."""
    project = ready_project(
        tmp_path, monkeypatch, sandbox, pools=None, meta=None, allowed_countries=["US"]
    )
    monkeypatch.delenv("KAPSO_TWILIO_META_TOKEN")
    lose(project)
    called = project.call("doctor", "--json")
    assert called.exit_code == 3
    rows = checks_of(called)
    assert [name for name, row in rows.items() if row["severity"] == "failure"] == ["inventory"]
    for name in ("meta.portfolio", "secret.meta_token", "country.US", "twilio.auth_token"):
        assert rows[name]["ok"], name
    for name in ("inventory.pinned", "codes", "reconcile", "webhooks", "kapso.api_key"):
        assert rows[name]["message"].startswith("not checked: "), name
        assert rows[name]["hint"], name


def test_a_project_with_pools_and_no_portfolio_fails(healthy: ReadyProject) -> None:
    healthy.answer("config", "unset", "meta.business_id")
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, called.document["error"]["kind"]) == (3, "config")
    hint = "kapso-twilio config set meta.business_id ID"
    assert checks_of(called)["meta.portfolio"]["hint"] == hint


def test_a_broken_project_file_is_told_beside_the_rest(healthy: ReadyProject) -> None:
    healthy.path.write_text(healthy.path.read_text() + "\n[limits]\nmax_number = 3\n")
    called = healthy.call("doctor", "--json")
    rows = checks_of(called)
    assert (called.exit_code, rows["project"]["severity"]) == (3, "failure")
    assert "max_numbers" in rows["project"]["message"] + str(rows["project"]["hint"])
    assert rows["python"]["ok"]
    assert healthy.sandbox.requests()


def test_a_broken_project_file_is_read_once_as_text(healthy: ReadyProject) -> None:
    content = healthy.path.read_text().replace('plan = "', 'plan = "un')
    healthy.path.write_text(f"{content}\n[limits]\nmax_number = 3\n")
    called = healthy.call("doctor")
    mends = "correct the file, then run: kapso-twilio config check"
    told = f"2 problems in {healthy.path}"
    lines = called.out.splitlines()
    start = lines.index(f"failure: project: {told}")
    problems = lines[start + 1 : start + 3]
    assert all(one.startswith(f"  {healthy.path.name}: ") for one in problems)
    assert lines[start + 3] == f"  -> {mends}"
    rest = "inventory, secrets, twilio, countries, meta, kapso, receiver, lock"
    assert lines[-1] == f"warning: {rest}: not checked: {told} -> {mends}"
    assert called.err.splitlines()[1:] == [f"error: {told}", f"  hint: {mends}"]


def test_without_any_project_the_machine_is_checked_and_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, healthy: ReadyProject
) -> None:
    healthy.sandbox.forget_requests()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    use_home(elsewhere, monkeypatch)
    called = healthy.call("doctor", "--json")
    rows = checks_of(called)
    assert (called.exit_code, rows["project"]["severity"]) == (3, "failure")
    assert called.document["error"]["hint"] == "kapso-twilio configure sets one up"
    for name in ("python", "sqlite", "keyring", "config_folder", "data_folder", "file_system"):
        assert rows[name]["ok"], name
    for name in ("inventory", "secrets", "twilio", "countries", "meta", "kapso", "lock"):
        assert rows[name]["message"] == "not checked: no project is set up"
    assert (healthy.sandbox.requests(), list(elsewhere.iterdir())) == ([], [])


def test_on_a_terminal_what_is_unwell_catches_the_eye(
    healthy: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy.sandbox.fault(fault="status", path="Balance", status=403, times=None)
    seen = []
    for no_colour in ("", "1"):
        monkeypatch.setenv("NO_COLOR", no_colour)
        terminal = Screen()
        with redirect_stdout(terminal), redirect_stderr(io.StringIO()):
            assert main(["doctor"]) == 0
        seen.append(terminal.getvalue())
    assert "\x1b[33;1mwarning\x1b[0m: twilio.balance: not readable" in seen[0]
    assert seen[1] == re.sub(r"\x1b\[[\d;]*m", "", seen[0])


def test_a_python_or_sqlite_that_is_too_old_is_refused() -> None:
    with pytest.raises(StateError):
        check_python((3, 10, 14))
    assert check_python((3, 11, 0)).ok
    with pytest.raises(StateError):
        check_sqlite((3, 36, 0))
    assert check_sqlite((3, 37, 0)).ok
    assert not check_sqlite((3, 52, 0)).ok


def test_the_values_of_ignored_variables_are_not_shown() -> None:
    told = check_environment({"TWILIO_REGION": "s3cr3t", "TWILIO_AUTH_TOKEN": "s3cr3t", "A": "b"})
    assert told.message == "ignored: TWILIO_AUTH_TOKEN, TWILIO_REGION"
