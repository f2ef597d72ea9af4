"""`status`: every pool and what needs attention, from the inventory alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kapso_twilio_cli.cli.status_text import bar
from kapso_twilio_cli.domain.attention import AttentionKind, Severity
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

POOL_KEYS = {
    "country",
    "enabled",
    "target_size",
    "provisioned",
    "verifying",
    "ready",
    "reserved",
    "connected",
    "unavailable",
    "quarantined",
    "missing",
    "unknown",
    "surplus",
    "expiring_soon",
    "shortfall",
}


def test_it_needs_no_secret_and_no_network(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AUTH_TOKEN", "META_TOKEN"):
        monkeypatch.delenv(f"KAPSO_TWILIO_{name}")
    document = project.answer("status")
    assert document.keys() == {
        "schema",
        "enabled",
        "plan",
        "pools",
        "attention",
        "monthly_cost",
        "monthly_cost_at_target",
        "currency",
        "last_reconcile",
        "next_expiries",
    }
    assert document["pools"][0].keys() == POOL_KEYS
    assert project.sandbox.requests() == []


def test_it_counts_every_number_where_it_stands(project: ReadyProject) -> None:
    project.answer("pool", "set", "US", "--target-size", "3")
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "a")
    project.answer("resolve", "--ref", "b")
    project.answer("connect", "--ref", "b")
    (pool,) = project.answer("status")["pools"]
    assert {key: pool[key] for key in ("ready", "reserved", "connected", "shortfall")} == {
        "ready": 1,
        "reserved": 1,
        "connected": 1,
        "shortfall": 2,
    }
    project.answer("pool", "set", "US", "--target-size", "0")
    assert project.answer("status")["pools"][0]["surplus"] == 1


def test_the_cost_is_what_is_owned_and_at_target_what_is_missing_too(project: ReadyProject) -> None:
    before = project.answer("status")
    assert (before["monthly_cost"], before["currency"]) == ("0.00", "USD")
    assert before["monthly_cost_at_target"] is None, "no price is known before the first purchase"
    project.answer("pool", "fill")
    project.answer("pool", "set", "US", "--target-size", "4")
    after = project.answer("status")
    assert (after["monthly_cost"], after["monthly_cost_at_target"]) == ("2.30", "4.60")


def test_numbers_that_expire_within_a_week_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(verification_days=3) as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox)
        project.answer("pool", "fill")
        assert project.answer("status")["pools"][0]["expiring_soon"] == 2


def test_attention_is_of_the_closed_lists_and_names_the_next_step(project: ReadyProject) -> None:
    project.sandbox.fault(method="POST", path="IncomingPhoneNumbers", fault="drop_before")
    project.call("resolve", "--country", "CL", "--ref", "a")
    attention = project.answer("status")["attention"]
    assert [one["kind"] for one in attention] == ["purchase_unresolved", "pool_short"]
    for one in attention:
        assert one.keys() == {"kind", "severity", "phone_number", "message", "hint"}
        assert one["kind"] in set(AttentionKind)
        assert one["severity"] in set(Severity)
        assert one["hint"].startswith("kapso-twilio ")


def test_a_project_that_is_not_enabled_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, plan="pro", custom_twilio_addon=False)
    assert project.answer("status")["enabled"] is False
    assert project.call("status").out.startswith("custom Twilio on the pro plan: not enabled: ")


def test_text_in_a_pipe_reads_as_sentences(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    expiries = [
        f"{one['phone_number']} on {one['verification_expiry_time'][:10]}"
        for one in project.answer("status")["next_expiries"]
    ]
    assert len(expiries) == 2
    assert project.call("status").out == (
        "custom Twilio on the platform plan: enabled\n"
        "US: 2 of 2 ready, 0 to verify, 0 reserved, 0 connected, 0 unavailable\n"
        "cost a month: 2.30 USD, 2.30 at target\n"
        f"next expiries: {', '.join(expiries)}\n"
    )


def test_a_connected_number_that_is_missing_is_critical(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    number = project.answer("resolve", "--ref", "a")["phone_number"]
    project.answer("connect", "--ref", "a")
    project.sandbox.remove(number)
    project.call("reconcile", "--no-fill", "--accept-missing")
    told = project.answer("status")["attention"]
    (missing,) = [one for one in told if one["phone_number"] == number]
    assert (missing["kind"], missing["severity"]) == ("missing", "critical")


def test_text_tells_reservations_and_how_reconcile_went(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "a")
    project.answer("reconcile", "--no-fill")
    said = project.call("status").out
    assert "\nreserved: 1, the soonest until " in said
    assert " (in 23 h)\n" in said
    assert re.search(r"^last reconcile: \d+ s ago, done$", said, re.MULTILINE)
    assert "next reconcile" not in said, "no timer is installed"
    project.answer("cron", "install", "--user")
    due = r"^next reconcile: soon after \S+ \d\d:(00|15|30|45) UTC, by the timer$"
    assert re.search(due, project.call("status").out, re.MULTILINE)


def test_a_bar_is_full_for_a_full_pool_alone() -> None:
    widths = [bar(ready, 100).count(bar(1, 1)[0]) for ready in (0, 1, 50, 99, 100, 101)]
    assert widths == [0, 1, 4, 7, 8, 8]
    assert bar(3, 0) == ""
