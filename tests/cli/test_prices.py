"""Prices and their age: nobody pays one that was not shown before."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.refusals import BUYS
from tests.cli.terminal import type_into
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox

KNOWN = "SELECT country, number_type, price_millionths, currency FROM prices ORDER BY country"
TODAY = time.strftime("%Y-%m-%d", time.gmtime())


def dearer(sandbox: RunningSandbox, price: str = "2.00", **details: Any) -> None:
    """Let US local numbers cost something else from now on."""
    entry = {"number_type": "local", "base_price": price, "current_price": price}
    body = {"iso_country": "US", "price_unit": "USD", "phone_number_prices": [entry]}
    details = {"times": None, **details}
    sandbox.fault(path="Countries/US", fault="status", status=200, body=body, **details)


def age(project: ReadyProject, asked_at: str = "2026-11-20T09:00:00.000000Z") -> None:
    """Let the known prices be old."""
    import sqlite3

    with sqlite3.connect(project.inventory) as connection:
        connection.execute("UPDATE prices SET asked_at = ?", (asked_at,))
    connection.close()


@pytest.mark.parametrize("words", [*BUYS, ("search", "--country", "US")], ids=" ".join)
def test_a_price_that_was_asked_for_is_kept_with_its_time(
    project: ReadyProject, words: tuple[str, ...]
) -> None:
    project.answer(*words)
    assert project.rows(KNOWN) == [("US", "local", 1_150_000, "USD")]
    ((asked_at,),) = project.rows("SELECT asked_at FROM prices")
    assert asked_at.startswith("20")
    age(project)
    project.answer("search", "--country", "US")
    ((again,),) = project.rows("SELECT asked_at FROM prices")
    assert again > asked_at


@pytest.mark.parametrize(
    "words",
    [(*words, "--dry-run") for words in [*BUYS, ("reconcile",)]],
    ids=" ".join,
)
def test_a_dry_run_keeps_no_price(project: ReadyProject, words: tuple[str, ...]) -> None:
    project.answer(*words)
    assert project.rows(KNOWN) == []


@pytest.mark.parametrize("words", BUYS, ids=" ".join)
def test_a_changed_price_stops_the_run_once(project: ReadyProject, words: tuple[str, ...]) -> None:
    project.answer("search", "--country", "US")
    age(project)
    dearer(project.sandbox)
    for _ in range(2):
        dry = project.call(*words, "--dry-run", "--json")
        assert dry.exit_code == 6, "a dry run says what would happen, and accepts nothing"
    called = project.call(*words, "--json")
    assert called.exit_code == 6
    error = called.document["error"]
    assert error["kind"] == "limit"
    assert error["message"] == (
        "the price of local numbers in US changed: 1.15 USD a month on 2026-11-20, 2.00 now"
    )
    assert error["hint"] == "to accept it, run the command again"
    assert project.bought() == []
    assert project.purchase_states() == {}
    project.answer(*words)
    assert project.bought() != []
    ((price,),) = set(project.rows("SELECT price_millionths FROM numbers"))
    assert price == 2_000_000


def test_a_price_that_fell_or_is_in_another_currency_has_changed_too(project: ReadyProject) -> None:
    project.answer("search", "--country", "US")
    dearer(project.sandbox, "1.00")
    called = project.call("provision", "--country", "US", "--yes")
    assert called.exit_code == 6
    assert f"1.15 USD a month on {TODAY}, 1.00 now" in called.err


def test_a_search_shows_a_changed_price_and_so_the_purchase_goes_on(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    dearer(project.sandbox)
    assert project.answer("search", "--country", "US")["monthly_price"] == "2.00"
    project.answer("provision", "--country", "US", "--yes")


def test_a_changed_price_buys_nothing_in_any_country_and_verifying_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    pools = {"US": {"target_size": 1}, "CL": {"target_size": 2}}
    project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools)
    loose = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    project.answer("number", "add-to-pool", loose)
    project.answer("pool", "set", "US", "--target-size", "2")
    dearer(sandbox)
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 7
    assert [pool["bought"] for pool in called.document["pools"]] == [0, 0]
    assert project.states() == {"ready": 1}
    for pool in called.document["pools"]:
        assert pool["reasons"][0].startswith("the price of local numbers in US changed")
    document = project.answer("pool", "fill")
    assert [pool["ready"] for pool in document["pools"]] == [2, 2]


def test_a_changed_price_is_told_beside_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    """Else it would be kept, and paid in the next run, without having been shown."""
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={"max_monthly_cost": 3})
    project.answer("search", "--country", "US")
    dearer(sandbox)
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 6
    limit, price = called.document["pools"][0]["reasons"]
    assert limit.startswith("limits.max_monthly_cost would be exceeded")
    assert price.startswith("the price of local numbers in US changed: 1.15 USD a month on")


def test_a_reconcile_stops_at_a_changed_price_and_the_next_goes_on(project: ReadyProject) -> None:
    project.answer("search", "--country", "US")
    dearer(project.sandbox)
    assert project.call("reconcile").exit_code == 6
    assert project.bought() == []
    assert project.call("reconcile").exit_code == 0
    assert project.states() == {"ready": 2}


@pytest.mark.parametrize(
    ("words", "question"),
    [
        (("provision", "--country", "US"), "Buy one local number"),
        (("resolve", "--country", "US"), "No number is ready. Buy one local number"),
        (("pool", "fill"), "Buy 2 numbers for 2.30 USD a month?"),
        (("reconcile",), "Buy 2 numbers for 2.30 USD a month?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_after_a_person_was_asked_the_price_is_asked_for_again(
    project: ReadyProject, words: tuple[str, ...], question: str
) -> None:
    project.sandbox.fault(path="Countries/US", fault="delay", delay_ms=0)  # the first answer
    dearer(project.sandbox, times=1)
    called = type_into([*words], [(question, "y")])
    assert called.exit_code == 6, called.err
    assert "changed: 1.15 USD a month when you were asked, 2.00 now" in called.err
    assert project.bought() == []
    assert project.rows("SELECT price_millionths FROM prices") == [(2_000_000,)]
    dearer(project.sandbox)
    assert type_into([*words], [(question.replace("2.30", "4.00"), "y")]).exit_code == 0
    assert project.bought() != []


def test_one_number_is_asked_about_as_one(project: ReadyProject) -> None:
    project.answer("pool", "set", "US", "--target-size", "1")
    called = type_into(["pool", "fill"], [("Buy 1 number for 1.15 USD a month?", "n")])
    assert (called.exit_code, project.bought()) == (130, [])


@pytest.mark.parametrize("words", BUYS, ids=" ".join)
def test_who_is_not_asked_asks_once(project: ReadyProject, words: tuple[str, ...]) -> None:
    project.answer(*words)
    asked = [one for one in project.sandbox.requests() if "Countries/US" in one]
    assert len(asked) == 1


def test_a_search_works_beside_an_inventory_that_cannot_be_used(project: ReadyProject) -> None:
    project.inventory.write_bytes(b"no database")
    assert project.answer("search", "--country", "US")["monthly_price"] == "1.15"


def test_status_counts_on_known_prices_and_tells_their_age(project: ReadyProject) -> None:
    assert project.answer("status")["monthly_cost_at_target"] is None
    project.answer("search", "--country", "US")
    assert project.answer("status")["monthly_cost_at_target"] == "2.30"
    assert "cost a month: 0.00 USD, 2.30 at target\n" in project.call("status").out
    age(project)
    assert "2.30 at target (prices of 2026-11-20)\n" in project.call("status").out
    project.answer("pool", "fill")
    age(project)
    assert "2.30 at target\n" in project.call("status").out, "nothing is to buy"


def test_status_knows_the_price_of_the_type_that_would_be_bought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    pools = {"CL": {"target_size": 2}}
    countries = {"CL": {"number_type": "mobile"}}
    project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools, countries=countries)
    project.answer("search", "--country", "CL", "--number-type", "local")
    assert project.answer("status")["monthly_cost_at_target"] is None
    project.answer("search", "--country", "CL")
    assert project.answer("status")["monthly_cost_at_target"] == "10.00"
    project.answer("config", "set", "limits.currency", "EUR")
    assert project.answer("status")["monthly_cost_at_target"] is None
