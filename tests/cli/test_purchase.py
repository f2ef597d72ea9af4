"""`purchase list` and `purchase settle`: what only a person can say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.refusals import refused
from tests.gateways.test_twilio_purchase import change_in_console
from tests.projects import ReadyProject, wait_until

POST = r"IncomingPhoneNumbers\.json"


def unknown(project: ReadyProject, *words: str) -> tuple[str, str]:
    """Leave a purchase whose answer was lost, and that bought nothing; its id and number."""
    project.sandbox.fault(method="POST", path=POST, fault="drop_before")
    words = words or ("resolve", "--country", "CL", "--ref", "a")
    assert project.call(*words).exit_code == 9
    ((purchase, number),) = project.rows(
        "SELECT id, phone_number FROM purchases WHERE state = 'unknown'"
    )
    return purchase, number


def believable(project: ReadyProject) -> None:
    """From now on, the account's not having a number proves that it was not bought."""
    project.answer("config", "set", "limits.settle_after", "0s")


def purchase_state(project: ReadyProject, purchase: str) -> str:
    found = {one["id"]: one["state"] for one in project.answer("purchase", "list")["purchases"]}
    return str(found[purchase])


def test_list_shows_what_is_not_known_first(project: ReadyProject) -> None:
    purchase, number = unknown(project)
    project.answer("pool", "fill")
    project.answer("provision", "--country", "US", "--yes")
    rows = project.answer("purchase", "list")["purchases"]
    assert rows[0] == {
        "id": purchase,
        "phone_number": number,
        "country": "CL",
        "state": "unknown",
        "purpose": "ref",
        "pool": None,
        "ref": "a",
        "monthly_price": "2.50",
        "currency": "USD",
        "started_at": rows[0]["started_at"],
        "settled_at": rows[0]["settled_at"],
        "sid": None,
        "reason": rows[0]["reason"],
    }
    assert [(row["purpose"], row["state"]) for row in rows[1:]] == [
        ("provision", "bought"),
        ("pool", "bought"),
        ("pool", "bought"),
    ]
    started = [row["started_at"] for row in rows[1:]]
    assert started == sorted(started, reverse=True)
    only = project.answer("purchase", "list", "--state", "unknown")["purchases"]
    assert [row["id"] for row in only] == [purchase]
    assert "\tref a\t2.50 USD\t" in project.call("purchase", "list").out
    assert project.call("purchase", "list", "--state", "open").err == "no purchase is open\n"


def test_what_a_person_found_in_the_console_is_recorded_labelled_and_its_refs(
    project: ReadyProject,
) -> None:
    purchase, number = unknown(project)
    sid = project.sandbox.buy_in_console(number, "found it")
    document = project.answer("purchase", "settle", purchase, "--bought", sid)
    assert (document["state"], document["sid"]) == ("bought", sid)
    assert project.answer("resolve", "--country", "CL", "--ref", "a")["phone_number"] == number
    assert project.bought() == [number]
    assert project.answer("number", "import", number)["labelled"] is False, "it has its label"
    before = project.everything()
    assert project.answer("purchase", "settle", purchase, "--bought", sid)["state"] == "bought"
    assert project.everything() == before


def test_a_label_that_cannot_be_put_on_is_said_and_the_number_is_recorded(
    project: ReadyProject,
) -> None:
    purchase, number = unknown(project)
    sid = project.sandbox.buy_in_console(number)
    project.sandbox.fault(method="POST", path="IncomingPhoneNumbers/PN", fault="drop_before")
    called = project.call("purchase", "settle", purchase, "--bought", sid)
    assert called.exit_code == 0
    assert f"put it on with: kapso-twilio number import {number}" in called.err
    assert project.states() == {"reserved": 1}
    assert project.answer("number", "import", number)["labelled"] is True


def test_what_brought_nothing_counts_no_longer(project: ReadyProject) -> None:
    purchase, _ = unknown(project)
    believable(project)
    assert project.answer("status")["monthly_cost"] == "2.50"
    document = project.answer("purchase", "settle", purchase, "--not-bought")
    assert (document["state"], document["reason"]) == ("not_bought", "by a person")
    assert project.answer("status")["monthly_cost"] == "0.00"
    assert project.answer("status")["attention"][0]["kind"] == "pool_short"
    before = project.everything()
    project.answer("purchase", "settle", purchase, "--not-bought")
    assert project.everything() == before


def settle_refused(project: ReadyProject, purchase: str, *words: str, **told: Any) -> None:
    state = purchase_state(project, purchase)
    refused(project, "purchase", "settle", purchase, *words, **told)
    assert purchase_state(project, purchase) == state


def test_a_settled_purchase_is_not_settled_otherwise(project: ReadyProject) -> None:
    purchase, number = unknown(project)
    believable(project)
    project.answer("purchase", "settle", purchase, "--not-bought")
    sid = project.sandbox.buy_in_console(number)
    settle_refused(
        project,
        *(purchase, "--bought", sid),
        exit_code=3,
        message=f"purchase {purchase} is settled: {number} was not bought",
        reason="(by a person)",
        hint=f"kapso-twilio number import {number}",
    )
    project.answer("provision", "--country", "US", "--yes")
    ((bought, its_sid, its_number),) = project.rows(
        "SELECT id, sid, phone_number FROM purchases WHERE state = 'bought'"
    )
    settle_refused(
        project,
        *(bought, "--not-bought"),
        exit_code=3,
        message=f"purchase {bought} is settled: {its_number} was bought",
        reason=f"({its_sid})",
        hint=f"kapso-twilio number show {its_number}",
    )
    settle_refused(
        project,
        *(bought, "--bought", sid),
        exit_code=3,
        message=f"purchase {bought} is settled: {its_number} was bought",
        reason=f"({its_sid})",
        hint=f"kapso-twilio number show {its_number}",
    )


def test_while_twilio_may_still_be_late_nobody_can_say_that_it_was_not_bought(
    project: ReadyProject,
) -> None:
    purchase, number = unknown(project)
    settle_refused(
        project,
        *(purchase, "--not-bought"),
        exit_code=75,
        message=f"it is too early to say that {number} was not bought",
        reason="limits.settle_after",
        hint="kapso-twilio reconcile settles it then",
    )


@pytest.mark.parametrize("other", [None, "+56225550123"])
def test_a_sid_that_is_not_exactly_this_number_is_refused(
    project: ReadyProject, other: str | None
) -> None:
    purchase, number = unknown(project)
    sid = project.sandbox.buy_in_console(other) if other else "PN" + "0" * 32
    settle_refused(
        project,
        *(purchase, "--bought", sid),
        exit_code=3,
        message=f"{sid} is not {number}",
        reason=f"Twilio shows {other} under it" if other else "the account has no such number",
        hint=f"kapso-twilio purchase settle {purchase} --not-bought",
    )


def test_a_number_with_another_projects_label_was_not_bought_here(project: ReadyProject) -> None:
    purchase, number = unknown(project)
    sid = project.sandbox.buy_in_console(number, "kt:beta:aaaaaaaa:bbbbbbbbbbbbbbbb")
    settle_refused(
        project,
        *(purchase, "--bought", sid),
        exit_code=3,
        message=f"{number} carries the label of project beta",
        reason="in the same moment",
        hint=f"kapso-twilio purchase settle {purchase} --not-bought",
    )


def test_a_number_that_came_in_by_another_way_is_not_recorded_twice(project: ReadyProject) -> None:
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    ((purchase, sid),) = project.rows("SELECT id, sid FROM purchases")
    project.change("UPDATE numbers SET purchase_id = NULL")
    project.change("UPDATE purchases SET state = 'unknown', sid = NULL")
    settle_refused(
        project,
        *(purchase, "--bought", sid),
        exit_code=3,
        message=f"{number} is in the inventory already ({sid})",
        reason="by another way",
        hint=f"kapso-twilio number history {number}",
    )


def test_a_number_with_the_purchases_own_label_was_bought(project: ReadyProject) -> None:
    purchase, number = unknown(project)
    ((label,),) = project.rows("SELECT label FROM purchases")
    sid = project.sandbox.buy_in_console(number, label)
    settle_refused(
        project,
        *(purchase, "--not-bought"),
        exit_code=3,
        message=f"{number} is in the account with this purchase's label ({sid})",
        reason="it was bought",
        hint="kapso-twilio reconcile",
    )


@pytest.mark.parametrize("words", [("--bought", "PN" + "0" * 32), ("--not-bought",)])
def test_while_the_process_that_buys_is_alive_nothing_is_settled(
    project: ReadyProject, words: tuple[str, ...]
) -> None:
    project.sandbox.fault(method="POST", path=POST, fault="delay", delay_ms=15_000)
    process = project.start("resolve", "--country", "CL", "--ref", "a")
    try:
        wait_until(lambda: bool(project.rows("SELECT 1 FROM purchases")))
        ((purchase, number),) = project.rows("SELECT id, phone_number FROM purchases")
        settle_refused(
            project,
            *(purchase, *words),
            exit_code=75,
            message=f"{number} is being bought",
            reason=f"(pid {process.pid} on ",
            hint="run the command again",
        )
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("words", "reason"),
    [((), "neither was given"), (("--bought", "PN" + "0" * 32, "--not-bought"), "both were given")],
)
def test_exactly_one_answer_is_needed(
    project: ReadyProject, words: tuple[str, ...], reason: str
) -> None:
    purchase, _ = unknown(project)
    called = project.call("purchase", "settle", purchase, *words)
    assert (called.exit_code, reason in called.err) == (2, True)


def test_an_unknown_id_and_a_wrong_sid_are_refused(project: ReadyProject) -> None:
    called = project.call("purchase", "settle", "nonsense", "--not-bought")
    assert called.exit_code == 3
    assert "there is no purchase nonsense" in called.err
    assert "hint: kapso-twilio purchase list" in called.err
    assert project.call("purchase", "settle", "x", "--bought", "PN1").exit_code == 2


@pytest.mark.parametrize("bought", [True, False])
def test_a_dry_run_settles_nothing(project: ReadyProject, bought: bool) -> None:
    purchase, number = unknown(project)
    believable(project)
    words: tuple[str, ...] = ("--not-bought",)
    if bought:
        words = ("--bought", project.sandbox.buy_in_console(number, "found it"))
    before = project.everything()
    document = project.answer("purchase", "settle", purchase, *words, "--dry-run")
    assert (document["state"], project.everything()) == ("unknown", before)


def test_where_only_a_person_can_decide_reconcile_and_status_name_the_command(
    project: ReadyProject,
) -> None:
    believable(project)
    purchase, number = unknown(project)
    hints = {one["kind"]: one["hint"] for one in project.answer("status")["attention"]}
    assert hints["purchase_unresolved"] == "kapso-twilio reconcile"
    project.sandbox.buy_in_console(number, "the sales line")
    called = project.call("reconcile", "--no-fill")
    assert called.exit_code == 9
    assert f"kapso-twilio purchase settle {purchase} --bought SID" in called.err
    hints = {one["kind"]: one["hint"] for one in project.answer("status")["attention"]}
    assert hints["purchase_unresolved"] == f"kapso-twilio purchase settle {purchase}"


def test_settling_never_renames_what_it_may_not_record(project: ReadyProject) -> None:
    purchase, number = unknown(project)
    sid = project.sandbox.buy_in_console(number)
    change_in_console(project.sandbox, sid, {"FriendlyName": "kt:beta:aaaaaaaa:bbbbbbbbbbbbbbbb"})
    project.sandbox.forget_requests()
    project.call("purchase", "settle", purchase, "--bought", sid)
    assert not [one for one in project.sandbox.requests() if not one.startswith("GET")]
