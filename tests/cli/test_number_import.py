"""`number import`: a number of the account enters, counts, and carries the project's label."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.refusals import refused
from tests.gateways.test_twilio_purchase import change_in_console
from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import RunningSandbox

NUMBER = "+12025550143"
CHILEAN = "+56225550123"
LABEL = re.compile(r"kt:acme:[a-z2-7]{8}:[a-z2-7]{16}")


def name_of(project: ReadyProject, number: str = NUMBER) -> str:
    """What Twilio shows as the number's friendly name."""
    known = project.sandbox.credentials
    account = known["account_sid"]
    answer = project.sandbox.session.get(
        f"{project.sandbox.url}/2010-04-01/Accounts/{account}/IncomingPhoneNumbers.json",
        params={"PhoneNumber": number},
        auth=(account, known["auth_token"]),
        timeout=30,
    )
    (found,) = answer.json()["incoming_phone_numbers"]
    return str(found["friendly_name"])


def recorded_label(project: ReadyProject) -> str:
    ((label,),) = project.rows("SELECT label FROM numbers")
    return str(label)


def test_a_number_of_the_console_enters_labelled_and_counts(project: ReadyProject) -> None:
    sid = project.sandbox.buy_in_console(NUMBER, "the sales line")
    document = project.answer("number", "import", NUMBER)
    assert {key: document[key] for key in ("sid", "country", "number_type", "state", "pool")} == {
        "sid": sid,
        "country": "US",
        "number_type": "local",
        "state": "provisioned",
        "pool": None,
    }
    assert (document["monthly_price"], document["imported"], document["labelled"]) == (
        "1.15",
        True,
        True,
    )
    assert LABEL.fullmatch(name_of(project))
    assert name_of(project) == recorded_label(project)
    events = project.answer("number", "history", NUMBER)["events"]
    assert [(event["kind"], event["detail"]) for event in events] == [
        ("imported", "its name was: the sales line")
    ]
    assert project.answer("status")["monthly_cost"] == "1.15"
    assert project.rows("SELECT * FROM purchases") == []


def test_it_is_used_live_and_never_bought_again(project: ReadyProject) -> None:
    project.sandbox.buy_in_console(NUMBER)
    project.answer("number", "import", NUMBER)
    assert project.answer("resolve", "--country", "US", "--ref", "a")["phone_number"] == NUMBER
    assert project.bought() == [NUMBER]


def test_into_the_pool_it_is_verified_by_the_next_fill(project: ReadyProject) -> None:
    project.sandbox.buy_in_console(NUMBER)
    document = project.answer("number", "import", NUMBER, "--pool")
    assert (document["pool"], document["state"]) == ("US", "provisioned")
    (pool,) = project.answer("pool", "fill")["pools"]
    assert (pool["bought"], pool["verified"]) == (1, 2)


def test_importing_again_changes_nothing(project: ReadyProject) -> None:
    project.sandbox.buy_in_console(NUMBER)
    project.answer("number", "import", NUMBER)
    before, name = project.everything(), name_of(project)
    called = project.call("number", "import", NUMBER, "--pool")
    assert (called.exit_code, called.out) == (
        0,
        f"{NUMBER} is in the inventory already, provisioned\n",
    )
    assert f"it is in no pool: kapso-twilio number add-to-pool {NUMBER}" in called.err
    assert (project.everything(), name_of(project)) == (before, name)


@pytest.mark.parametrize("fault", [{"fault": "status", "status": 500}, {"fault": "drop_before"}])
def test_a_label_that_cannot_be_put_on_is_said_and_mended_by_importing_again(
    project: ReadyProject, fault: dict[str, Any]
) -> None:
    project.sandbox.buy_in_console(NUMBER, "the sales line")
    project.sandbox.fault(method="POST", path="IncomingPhoneNumbers/PN", **fault)
    called = project.call("number", "import", NUMBER, "-q")
    assert called.exit_code == 0
    assert "warning: its label could not be put on it" in called.err
    assert f"kapso-twilio number import {NUMBER}" in called.err
    assert name_of(project) == "the sales line"
    before = project.everything()
    again = project.answer("number", "import", NUMBER)
    assert (again["imported"], again["labelled"]) == (False, True)
    assert name_of(project) == recorded_label(project)
    assert project.everything() == before


def test_a_label_that_somebody_edited_is_put_back(project: ReadyProject) -> None:
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    sid = project.answer("number", "show", number)["sid"]
    change_in_console(project.sandbox, sid, {"FriendlyName": "oops"})
    assert project.answer("number", "import", number)["labelled"] is True
    assert name_of(project, number) == recorded_label(project)


def test_what_kapso_lists_enters_as_connected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    sandbox.buy_in_console(NUMBER)
    sandbox.claim(phone_number=NUMBER)
    assert project.answer("number", "import", NUMBER)["state"] == "connected"
    kinds = [event["kind"] for event in project.answer("number", "history", NUMBER)["events"]]
    assert kinds == ["imported", "seen_connected"]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_numbers": 1}, "limits.max_numbers is 1, and 2 count now"),
        ({"max_monthly_cost": 2}, "limits.max_monthly_cost is 2.00, and all cost 2.30 USD"),
    ],
)
def test_it_passes_a_limit_and_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: RunningSandbox,
    limits: dict[str, int],
    words: str,
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits=limits)
    project.answer("provision", "--country", "US", "--yes")
    sandbox.buy_in_console(NUMBER)
    called = project.call("number", "import", NUMBER)
    assert (called.exit_code, words in called.err) == (0, True)
    assert project.call("provision", "--country", "US", "--yes").exit_code == 6


def imports_nothing(
    project: ReadyProject, *options: str, number: str = NUMBER, **told: Any
) -> None:
    """Check a refusal, and that the number has the name it had."""
    name = name_of(project, number)
    refused(project, "number", "import", number, *options, **told)
    assert name_of(project, number) == name


def test_a_number_that_is_not_in_the_account_is_refused(project: ReadyProject) -> None:
    refused(
        project,
        *("number", "import", NUMBER),
        exit_code=3,
        message=f"{NUMBER} is not in the Twilio account",
        reason="exactly this number",
        hint="kapso-twilio number list --foreign",
    )


def test_another_projects_number_is_refused(project: ReadyProject) -> None:
    project.sandbox.buy_in_console(NUMBER, "kt:beta:aaaaaaaa:bbbbbbbbbbbbbbbb")
    imports_nothing(
        project,
        exit_code=3,
        message=f"{NUMBER} carries the label of project beta",
        reason="two homes",
        hint="give it another name in the Twilio console",
    )


def test_a_number_of_another_inventory_of_the_project_is_refused(project: ReadyProject) -> None:
    project.answer("reconcile", "--no-fill")
    project.sandbox.buy_in_console(NUMBER, "kt:acme:aaaaaaaa:bbbbbbbbbbbbbbbb")
    imports_nothing(
        project,
        exit_code=3,
        message=f"{NUMBER} carries the label of another inventory of project acme (aaaaaaaa)",
        reason="two homes",
        hint="kapso-twilio reconcile --adopt",
    )


def test_a_number_whose_purchase_is_not_settled_is_refused(project: ReadyProject) -> None:
    project.sandbox.fault(method="POST", path=r"IncomingPhoneNumbers\.json", fault="drop_before")
    assert project.call("resolve", "--country", "CL", "--ref", "a").exit_code == 9
    ((purchase, number),) = project.rows("SELECT id, phone_number FROM purchases")
    project.sandbox.buy_in_console(number)
    imports_nothing(
        project,
        number=number,
        exit_code=3,
        message=f"a purchase of {number} is not settled yet",
        reason="count twice",
        hint=f"kapso-twilio purchase settle {purchase} --bought SID",
    )


def test_a_missing_number_is_for_reconcile_to_take_back(project: ReadyProject) -> None:
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    project.change("UPDATE numbers SET state = 'missing'")
    imports_nothing(
        project,
        number=number,
        exit_code=3,
        message=f"{number} is in the inventory, as missing",
        reason="history",
        hint="kapso-twilio reconcile",
    )


def test_a_number_that_was_bought_again_under_another_sid_is_refused(project: ReadyProject) -> None:
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    project.sandbox.remove(number)
    project.sandbox.buy_in_console(number)
    imports_nothing(
        project,
        number=number,
        exit_code=3,
        message=f"{number} is PN",
        reason="bought again outside this program",
        hint="kapso-twilio reconcile",
    )


def test_a_country_that_is_not_allowed_is_refused(project: ReadyProject) -> None:
    project.sandbox.buy_in_console("+551155550123")
    imports_nothing(
        project,
        number="+551155550123",
        exit_code=3,
        message="Brazil (BR) is not allowed in project acme",
        reason="allowed countries: US, CL, GB",
        hint="kapso-twilio country allow BR",
    )


def test_a_number_of_no_country_is_refused(project: ReadyProject) -> None:
    project.sandbox.buy_in_console("+80012345678")
    imports_nothing(
        project,
        number="+80012345678",
        exit_code=3,
        message="it cannot be told which country +80012345678 is of",
        reason="",
        hint="",
    )


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ({"status": 404, "body": {"code": 20404, "message": "no", "status": 404}}, "is unknown"),
        (
            {
                "status": 200,
                "body": {
                    "country": "United States",
                    "iso_country": "US",
                    "price_unit": "EUR",
                    "phone_number_prices": [
                        {"number_type": "local", "base_price": "1.00", "current_price": "1.00"}
                    ],
                },
            },
            "the price of 1.00 EUR a month counts as unknown",
        ),
    ],
)
def test_a_price_that_cannot_be_counted_is_refused(
    project: ReadyProject, price: dict[str, Any], message: str
) -> None:
    project.sandbox.buy_in_console(NUMBER, "the sales line")
    project.sandbox.fault(method="GET", path="^/v1/", fault="status", times=None, **price)
    called = project.call("number", "import", NUMBER)
    assert called.exit_code == 6
    assert message in called.err
    assert project.rows("SELECT * FROM numbers") == []
    assert name_of(project) == "the sales line"


def test_into_a_pool_that_is_not_there_is_refused(project: ReadyProject) -> None:
    project.sandbox.buy_in_console(CHILEAN)
    imports_nothing(
        project,
        "--pool",
        number=CHILEAN,
        exit_code=3,
        message="there is no pool for Chile (CL)",
        reason="the pool of its own country",
        hint="kapso-twilio pool set CL --target-size N",
    )


def test_a_dry_run_shows_what_would_enter_and_changes_nothing(project: ReadyProject) -> None:
    project.sandbox.buy_in_console(NUMBER, "the sales line")
    before = project.everything()
    called = project.call("number", "import", NUMBER, "--pool", "--dry-run")
    assert called.out == (
        f"would import {NUMBER} (US local at 1.15 USD a month), for the US pool, as provisioned\n"
    )
    assert (project.everything(), name_of(project)) == (before, "the sales line")


def test_a_kill_while_the_label_is_put_on_loses_nothing(project: ReadyProject) -> None:
    project.sandbox.buy_in_console(NUMBER, "the sales line")
    project.sandbox.fault(
        method="POST", path="IncomingPhoneNumbers/PN", fault="delay", delay_ms=60_000
    )
    process = project.start("number", "import", NUMBER)
    wait_until(lambda: any(one.startswith("POST") for one in project.sandbox.requests()))
    process.kill()
    process.communicate(timeout=10)
    assert project.states() == {"provisioned": 1}
    assert project.answer("number", "import", NUMBER)["imported"] is False
    assert name_of(project) == recorded_label(project)
