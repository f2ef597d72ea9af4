"""`doctor`: what the inventory has seen: codes, runs of `reconcile`, and how it stands itself."""

from __future__ import annotations

from tests.projects import ReadyProject

from .checkup import checks_of, configure, days_ago, lose, unwell


def test_what_the_project_has_seen_is_told(healthy: ReadyProject) -> None:
    add = "INSERT INTO events (at, kind, run_id, host, detail) VALUES (?, ?, 'r', 'h', ?)"
    healthy.change(add, days_ago(2), "sms_missed", "US")
    row = checks_of(healthy.call("doctor", "--json"))["codes"]
    assert row["hint"] == "kapso-twilio country set US --code-method voice"
    healthy.change(add, days_ago(1), "sms_blanked", None)
    called = healthy.call("doctor", "--json")
    row = checks_of(called)["codes"]
    assert (called.exit_code, row["severity"]) == (0, "warning")
    assert "30038" in row["message"]
    configure(healthy, meta__code_method="voice")
    row = checks_of(healthy.call("doctor", "--json"))["codes"]
    assert row["ok"]
    assert "calls are set" in row["message"]


def test_codes_that_failed_long_ago_do_not_count(healthy: ReadyProject) -> None:
    add = "INSERT INTO events (at, kind, run_id, host) VALUES (?, 'sms_blanked', 'r', 'h')"
    healthy.change(add, days_ago(40))
    called = healthy.call("doctor", "--json")
    assert unwell(called) == {}
    assert checks_of(called)["codes"]["message"] == "in 30 days no SMS failed to bring its code"


def test_a_reconcile_that_is_overdue_or_failed_is_a_warning(healthy: ReadyProject) -> None:
    healthy.change("UPDATE runs SET finished_at = ?", days_ago(1))
    called = healthy.call("doctor", "--json")
    row = checks_of(called)["reconcile"]
    assert (called.exit_code, unwell(called)) == (0, {"reconcile": "warning"})
    assert row["hint"] == "kapso-twilio cron install; by hand: kapso-twilio reconcile"
    healthy.change("UPDATE runs SET exit_code = 75")
    row = checks_of(healthy.call("doctor", "--json"))["reconcile"]
    assert row["message"] == "it never succeeded; the last run ended with exit code 75"
    healthy.change("DELETE FROM runs")
    assert checks_of(healthy.call("doctor", "--json"))["reconcile"]["message"] == "it has never run"


def test_a_reconcile_that_failed_since_the_last_success_is_a_warning(
    healthy: ReadyProject,
) -> None:
    add = "INSERT INTO runs (id, command, started_at, finished_at, exit_code, error_kind)"
    now = days_ago(0)
    healthy.change(f"{add} VALUES ('r', 'reconcile', ?, ?, 9, 'outcome_unknown')", now, now)
    called = healthy.call("doctor", "--json")
    row = checks_of(called)["reconcile"]
    assert (called.exit_code, row["severity"]) == (0, "warning")
    assert row["message"] == "succeeded 0 min ago; the last run ended with exit code 9"
    assert row["hint"] == "kapso-twilio status"


def test_how_the_inventory_stands_is_said_in_words(
    healthy: ReadyProject,
) -> None:
    row = checks_of(healthy.call("doctor", "--json"))["inventory.standing"]
    assert row["message"] == "the project's numbers are kept here"
    lose(healthy)
    healthy.answer("inventory", "create")
    row = checks_of(healthy.call("doctor", "--json"))["inventory.standing"]
    assert row["ok"]
    assert row["message"].startswith("new: ")
