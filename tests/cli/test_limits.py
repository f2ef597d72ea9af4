"""Limits and prices: what would pass them is refused before money moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.refusals import BUYS, refused
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox


@pytest.mark.parametrize("words", BUYS, ids=" ".join)
@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_numbers": 0}, "limits.max_numbers would be exceeded: limit 0, current 0, asked"),
        (
            {"max_numbers_per_country": 0},
            "limits.max_numbers_per_country would be exceeded: limit 0, current 0, asked",
        ),
        ({"max_monthly_cost": 1.14}, "limits.max_monthly_cost would be exceeded: limit 1.14"),
        ({"max_purchases_per_day": 0}, "limits.max_purchases_per_day would be exceeded: limit 0"),
        ({"currency": "EUR"}, "the price of 1.15 USD a month counts as unknown"),
    ],
    ids=[
        "max_numbers",
        "max_numbers_per_country",
        "max_monthly_cost",
        "max_purchases_per_day",
        "currency",
    ],
)
def test_a_limit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: RunningSandbox,
    words: tuple[str, ...],
    limits: dict[str, object],
    message: str,
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits=limits)
    called = refused(
        project,
        *words,
        exit_code=6,
        message=message,
        reason="",
        hint="kapso-twilio config set limits.",
    )
    assert called.document["error"]["kind"] == "limit"


def test_a_cost_limit_one_cent_short_of_the_fill_buys_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={"max_monthly_cost": 2.29})
    refused(
        project,
        "pool",
        "fill",
        exit_code=6,
        message="limits.max_monthly_cost would be exceeded: limit 2.29, current 0.00, asked 2.30",
        reason="",
        hint="kapso-twilio config set limits.max_monthly_cost 2.30",
    )
    project.answer("config", "set", "limits.max_monthly_cost", "2.30")
    assert project.answer("pool", "fill")["pools"][0]["ready"] == 2


def test_a_country_at_its_limit_buys_nothing_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    pools = {"CL": {"target_size": 3}, "US": {"target_size": 2}}
    limits = {"max_numbers_per_country": 2, "max_purchases_per_run": 3}
    project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools, limits=limits)
    told = "limits.max_numbers_per_country would be exceeded: limit 2, current 0, asked 3"
    dry = project.call("pool", "fill", "--dry-run", "--json")
    assert (dry.exit_code, dry.document["error"]["message"]) == (6, told)
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 7
    chile, states = called.document["pools"]
    assert (chile["bought"], states["ready"]) == (0, 2)
    (reason,) = chile["reasons"]
    assert reason.startswith(f"{told}: every number of CL but released ones counts")
    assert called.document["error"]["hint"] == (
        "if that is meant: kapso-twilio config set limits.max_numbers_per_country 3"
    )
    project.answer("config", "set", "limits.max_numbers_per_country", "3")
    assert project.call("pool", "fill", "CL").exit_code == 0
    assert project.states() == {"ready": 5}


def test_a_countrys_limit_counts_what_is_bought_live_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={"max_numbers_per_country": 1})
    project.answer("provision", "--country", "CL", "--yes")
    refused(
        project,
        "provision",
        "--country",
        "CL",
        "--yes",
        exit_code=6,
        message="limits.max_numbers_per_country would be exceeded: limit 1, current 1, asked 1",
        reason="every number of CL",
        hint="kapso-twilio config set limits.max_numbers_per_country 2",
    )
    project.answer("provision", "--country", "US", "--yes")


@pytest.mark.parametrize("limit", ["max_numbers", "max_numbers_per_country"])
def test_two_processes_do_not_take_the_last_place_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    with running_sandbox(latency_ms=150) as slow:
        project = ready_project(tmp_path, monkeypatch, slow, limits={limit: 1})
        words = ("provision", "--country", "CL", "--yes", "--json")
        processes = [project.start(*words) for _ in range(2)]
        for process in processes:
            process.communicate(timeout=30)
        assert sorted(process.returncode for process in processes) == [0, 6]
        assert len(project.bought()) == 1
        assert project.owes_what_it_knows()


@pytest.mark.parametrize("limit", ["max_purchases_per_run", "max_purchases_per_day"])
def test_the_pace_of_a_fill_is_kept_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, limit: str
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={limit: 1})
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 7
    assert f"limits.{limit}" in called.document["error"]["reason"]
    assert len(project.bought()) == 1
    (attention,) = project.answer("status")["attention"]
    assert (attention["kind"], attention["severity"]) == ("purchase_limit", "warning")
    assert f"limits.{limit}" in attention["message"]


def test_a_run_that_may_buy_nothing_is_refused_by_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    limits = {"max_purchases_per_run": 0}
    project = ready_project(tmp_path, monkeypatch, sandbox, limits=limits)
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 6
    assert project.bought() == []


def test_to_reconcile_the_pace_is_attention_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={"max_purchases_per_run": 1})
    (pool,) = project.answer("reconcile")["pools"]
    assert (pool["bought"], pool["shortfall"]) == (1, 1)
    assert [one["kind"] for one in project.answer("status")["attention"]] == ["purchase_limit"]
    assert project.answer("reconcile")["pools"][0]["ready"] == 2
    assert project.answer("status")["attention"] == []


@pytest.mark.parametrize(
    "prices",
    [
        {
            "country": "United States",
            "iso_country": "US",
            "price_unit": "USD",
            "phone_number_prices": [],
        },
        {
            "country": "United States",
            "iso_country": "US",
            "price_unit": "USD",
            "phone_number_prices": None,
        },
        {"code": 20404, "message": "not found", "status": 404},
        {"code": 70051, "message": "not granted", "status": 403},
    ],
    ids=["none", "null", "404", "key may not ask"],
)
@pytest.mark.parametrize("words", BUYS, ids=" ".join)
def test_an_unknown_price(
    project: ReadyProject, prices: dict[str, Any], words: tuple[str, ...]
) -> None:
    project.sandbox.fault(
        method="GET",
        path="PhoneNumbers/Countries",
        times=None,
        fault="status",
        status=prices.get("status", 200),
        body=prices,
    )
    refused(
        project,
        *words,
        exit_code=6,
        message="the price of local numbers in US is unknown",
        reason="Twilio names none",
        hint="use the auth token",
    )
