"""`doctor`: the machine, secrets and inventory, what mends each, and its exit code."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.config.places import use_keyring
from tests.projects import ReadyProject

from .checkup import URL, checks_of, configure, unwell


def test_a_healthy_project_passes_every_check(healthy: ReadyProject) -> None:
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, unwell(called)) == (0, {})
    rows = checks_of(called)
    assert all(row["hint"] is None for row in rows.values())
    assert rows["country.US"]["message"] == "local numbers at 1.15 USD a month"
    assert rows["twilio.balance"]["message"] == "1000.00 USD"
    assert rows["clock"]["message"] == "agrees with that of Twilio, Meta, Kapso"
    assert rows["secret.auth_token"]["message"] == "KAPSO_TWILIO_AUTH_TOKEN"


def test_as_text_each_check_is_a_line_and_the_sum_is_beside_it(healthy: ReadyProject) -> None:
    healthy.sandbox.fault(fault="status", path="Balance", status=403)
    called = healthy.call("doctor")
    lines = called.out.splitlines()
    assert f"ok: inventory: {healthy.inventory}" in lines
    assert any(
        re.fullmatch(r"warning: twilio\.balance: not readable.* -> .*", one) for one in lines
    )
    assert called.err == f"ok: {len(lines) - 1}, warnings: 1, failures: 0\n"
    assert healthy.call("doctor", "-q").err == ""


def test_it_changes_nothing_and_spends_nothing(healthy: ReadyProject) -> None:
    """Only GETs; and one listing, however many numbers point at the receiver."""
    healthy.answer("webhook", "configure", "--all", "--public-url", URL)
    before = {path: path.read_bytes() for path in healthy.home.rglob("*") if path.is_file()}
    ledger = healthy.sandbox.ledger()
    healthy.sandbox.forget_requests()
    assert healthy.call("doctor").exit_code == 0
    after = {path: path.read_bytes() for path in healthy.home.rglob("*") if path.is_file()}
    assert (after, healthy.sandbox.ledger()) == (before, ledger)
    asked = healthy.sandbox.requests()
    assert {one.split()[0] for one in asked} == {"GET"}
    assert [one for one in asked if "IncomingPhoneNumbers/PN" in one] == []
    assert sum("PageSize=1000" in one and "IncomingPhone" in one for one in asked) == 1


@pytest.mark.parametrize(
    ("secret", "check", "mends"),
    [
        ("AUTH_TOKEN", "twilio.auth_token", "kapso-twilio auth set auth_token"),
        ("META_TOKEN", "meta.portfolio", "kapso-twilio auth set meta_token"),
        ("KAPSO_API_KEY", "kapso.api_key", "kapso-twilio auth set kapso_api_key"),
    ],
)
def test_a_rejected_secret_is_a_failure_of_its_own(
    healthy: ReadyProject, wrong: Callable[[str], None], secret: str, check: str, mends: str
) -> None:
    wrong(secret)
    called = healthy.call("doctor", "--json")
    row = checks_of(called)[check]
    assert (called.exit_code, row["severity"]) == (4, "failure")
    assert mends in row["hint"]
    assert called.document["error"]["hint"] == row["hint"]
    assert called.document["error"]["exit_code"] == 4
    assert "s3cr3t" not in called.out + called.err + healthy.call("doctor", "-v").err
    others = {name for name, how in unwell(called).items() if how == "failure"}
    assert others == {check}


def test_token_and_key_are_tried_each_on_its_own(
    healthy: ReadyProject, wrong: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = healthy.sandbox.credentials
    monkeypatch.setenv("KAPSO_TWILIO_API_KEY_SECRET", known["api_key_secret"])
    half = checks_of(healthy.call("doctor", "--json"))["secret.api_key_secret"]
    assert (half["severity"], "--api-key-sid" in half["hint"]) == ("failure", True)
    configure(healthy, twilio__api_key_sid=known["api_key_sid"])
    assert unwell(healthy.call("doctor", "--json")) == {}
    wrong("API_KEY_SECRET")
    called = healthy.call("doctor", "--json")
    rows = checks_of(called)
    assert called.exit_code == 4
    assert rows["twilio.auth_token"]["ok"]
    assert "kapso-twilio auth set api_key_secret" in rows["twilio.api_key"]["hint"]
    assert rows["countries"]["message"].startswith("not checked: ")  # they are asked with the key
    wrong("AUTH_TOKEN")
    monkeypatch.setenv("KAPSO_TWILIO_API_KEY_SECRET", known["api_key_secret"])
    rows = checks_of(healthy.call("doctor", "--json"))
    assert (rows["twilio.auth_token"]["ok"], rows["twilio.api_key"]["ok"]) == (False, True)
    assert rows["country.US"]["ok"]


@pytest.mark.parametrize(
    ("secret", "check"), [("AUTH_TOKEN", "auth_token"), ("META_TOKEN", "meta_token")]
)
def test_a_secret_that_is_missing_is_a_failure_and_its_vendor_is_not_asked(
    healthy: ReadyProject, monkeypatch: pytest.MonkeyPatch, secret: str, check: str
) -> None:
    monkeypatch.delenv(f"KAPSO_TWILIO_{secret}")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "hush-hush")
    called = healthy.call("doctor", "--json")
    row = checks_of(called)[f"secret.{check}"]
    assert (called.exit_code, row["hint"]) == (4, f"kapso-twilio auth set {check}")
    assert ("TWILIO_AUTH_TOKEN is set, and not read" in row["message"]) == (check == "auth_token")
    assert checks_of(called)["environment"]["message"] == "ignored: TWILIO_AUTH_TOKEN"
    assert "hush-hush" not in called.out
    assert called.document["error"]["hint"] == row["hint"]


def test_a_source_that_cannot_be_read_and_files_open_to_others_are_failures(
    healthy: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_META_APP_SECRET_FILE", str(healthy.home / "gone"))
    secrets = healthy.home / "config" / "kapso-twilio" / "secrets"
    secrets.mkdir(parents=True, mode=0o700)
    rows = checks_of(healthy.call("doctor", "--json"))
    assert "kapso-twilio auth status" in rows["secret.meta_app_secret"]["hint"]
    assert rows["secrets_folder"]["ok"]
    secrets.chmod(0o755)
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, called.document["error"]["hint"]) == (4, f"chmod 700 {secrets}")


def test_what_else_holds_a_secret_is_named(
    healthy: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = healthy.home / "token"
    file.write_text("another-s3cr3t\n")
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN_FILE", str(file))
    called = healthy.call("doctor", "--json")
    told = "KAPSO_TWILIO_AUTH_TOKEN (also set, and not used: KAPSO_TWILIO_AUTH_TOKEN_FILE)"
    assert checks_of(called)["secret.auth_token"]["message"] == told
    assert "s3cr3t" not in called.out


def test_a_keyring_that_is_locked_is_a_warning(
    healthy: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_keyring("tests.config.keyrings.Locked", monkeypatch)
    called = healthy.call("doctor", "--json")
    assert (called.exit_code, unwell(called)) == (0, {"keyring": "warning"})
    assert "--store file" in checks_of(called)["keyring"]["hint"]
    use_keyring("keyring.backends.null.Keyring", monkeypatch)
    assert "keeps nothing" in checks_of(healthy.call("doctor", "--json"))["keyring"]["message"]
