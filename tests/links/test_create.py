"""`setup-link create`: a page for one customer, and the number that is held for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.account import actions, number
from tests.cli.links import (
    at_kapso,
    links_of,
    new_customer,
    reservations,
    rows,
    statuses,
)
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox

from .making import LINKS, create, posts


def test_a_pool_number_is_held_until_the_link_ends(filled: ReadyProject, customer: str) -> None:
    made = create(filled, customer, "--country", "US")
    (link,) = links_of(filled, customer)
    assert (made["link_id"], made["status"], made["created"]) == (link["id"], "active", True)
    assert link["provision_phone_number"] is False
    assert made["url"].endswith(made["token"])
    assert (made["path"], made["reason"], made["otp_required"]) == ("pool", "pool_ready", False)
    ids = [made["preverified_id"]]
    assert made["embedded_signup"] == {"setup": {"preVerifiedPhone": {"ids": ids}}}
    assert made["ref"] == made["link_id"]
    assert made["reserved_until"] == made["expires_at"]
    assert reservations(filled) == {made["link_id"]: made["phone_number"]}
    (held,) = filled.answer("reservation", "list")["reservations"]
    assert (held["customer"], held["setup_link"]) == (customer, made["link_id"])
    until = datetime.fromisoformat(held["reserved_until"])
    assert until - datetime.now(UTC) > timedelta(days=29)
    shown = filled.answer("number", "show", made["phone_number"])
    assert (shown["customer"], shown["setup_link"]) == (customer, made["link_id"])
    listed = filled.answer("number", "list", "--customer", customer)["numbers"]
    assert [one["phone_number"] for one in listed] == [made["phone_number"]]


def test_the_text_says_that_kapso_has_no_field_for_the_number(
    filled: ReadyProject, customer: str
) -> None:
    called = filled.call("setup-link", "create", "--customer", customer)
    first, second, third = called.out.splitlines()
    assert first.startswith("https://app.kapso.ai/whatsapp/setup/")
    assert f"for {customer}, until " in second
    n = third.split()[0]
    assert third == f"{n} is held for it (pool, no one-time code)"
    assert "Kapso's API has no field for the number" in called.err
    assert "embedded_signup" in called.err
    assert f"kapso-twilio number code {n} --wait 120" in called.err


def test_token_and_url_are_stored_nowhere(filled: ReadyProject, customer: str) -> None:
    token = create(filled, customer)["token"]
    for path in filled.home.rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes(), path


def test_without_a_ready_number_one_is_bought_and_the_customer_types_the_code(
    project: ReadyProject, customer: str
) -> None:
    made = create(project, customer, "--country", "CL")
    assert (made["path"], made["otp_required"]) == ("live", True)
    assert made["embedded_signup"] is None
    assert project.bought() == [made["phone_number"]]
    assert reservations(project) == {made["link_id"]: made["phone_number"]}
    assert project.purchase_states() == {"bought": 1}


def test_options_are_handed_on_to_kapso(filled: ReadyProject, customer: str) -> None:
    create(
        filled,
        customer,
        *("--success-url", "https://a.example/yes", "--failure-url", "https://a.example/no"),
        *("--language", "es", "--connection-type", "dedicated", "--billing-mode", "partner"),
    )
    (link,) = links_of(filled, customer)
    assert link["success_redirect_url"] == "https://a.example/yes"
    assert link["failure_redirect_url"] == "https://a.example/no"
    assert (link["language"], link["meta_billing_mode"]) == ("es", "partner")
    assert link["allowed_connection_types"] == ["dedicated"]


def test_the_same_ref_gets_the_same_number_and_no_second_link(
    filled: ReadyProject, customer: str
) -> None:
    made = create(filled, customer, "--ref", "signup-1")
    assert made["ref"] == "signup-1"
    again = create(filled, customer, "--ref", "signup-1")
    assert (again["link_id"], again["phone_number"]) == (made["link_id"], made["phone_number"])
    assert (again["created"], again["url"], again["token"]) == (False, None, None)
    assert posts(filled) == 1


def test_a_number_that_the_ref_holds_already_is_the_links(
    filled: ReadyProject, customer: str
) -> None:
    held = filled.answer("resolve", "--ref", "signup-1")["phone_number"]
    made = create(filled, customer, "--ref", "signup-1")
    assert made["phone_number"] == held
    (reservation,) = filled.answer("reservation", "list")["reservations"]
    assert reservation["customer"] == customer
    assert reservation["reserved_until"] == made["expires_at"]


def test_an_active_link_is_shown_and_replaced_only_when_asked(
    filled: ReadyProject, customer: str
) -> None:
    first = create(filled, customer)
    called = filled.call("setup-link", "create", "--customer", customer, "--json")
    assert called.exit_code == 3
    error = called.document["error"]
    assert first["link_id"] in error["message"]
    assert "--replace" in error["hint"]
    assert statuses(filled, customer) == ["active"]
    second = create(filled, customer, "--replace")
    assert second["link_id"] != first["link_id"]
    assert second["phone_number"] != first["phone_number"]
    assert statuses(filled, customer) == ["revoked", "active"]
    assert reservations(filled) == {second["link_id"]: second["phone_number"]}
    assert number(filled, first["phone_number"])["state"] == "provisioned"
    assert first["phone_number"] not in filled.portfolio(), "its id was shown: Meta's object goes"


def test_a_link_of_another_program_is_not_revoked_unasked(
    filled: ReadyProject, customer: str
) -> None:
    at_kapso(
        filled, "POST", f"customers/{customer}/setup_links", {"setup_link": {"language": "en"}}
    )
    called = filled.call("setup-link", "create", "--customer", customer)
    assert called.exit_code == 3
    assert "has an active setup link already" in called.err
    assert statuses(filled, customer) == ["active"]
    assert filled.states() == {"ready": 2}
    create(filled, customer, "--replace")
    assert statuses(filled, customer) == ["revoked", "active"]


def test_replaced_under_its_own_ref_a_link_keeps_its_number(
    filled: ReadyProject, customer: str
) -> None:
    first = create(filled, customer, "--ref", "signup-1")
    second = create(filled, customer, "--ref", "signup-1", "--replace")
    assert second["created"] is True
    assert second["link_id"] != first["link_id"]
    assert second["phone_number"] == first["phone_number"]
    assert statuses(filled, customer) == ["revoked", "active"]
    assert filled.states() == {"ready": 1, "reserved": 1}


def test_a_customers_second_onboarding_gets_a_second_number(
    filled: ReadyProject, customer: str
) -> None:
    first = create(filled, customer)
    filled.sandbox.claim(preverified_id=first["preverified_id"], customer_id=customer)
    actions(filled, "--no-fill")
    second = create(filled, customer)
    assert second["phone_number"] != first["phone_number"]
    assert filled.states() == {"connected": 1, "reserved": 1}


def test_kapso_provides_the_number_where_the_project_is_disabled(
    project: ReadyProject, customer: str
) -> None:
    project.answer("disable")
    called = project.call("setup-link", "create", "--customer", customer, "--json")
    assert called.exit_code == 0
    assert "Kapso provides the number (custom Twilio is switched off)" in called.err
    answer = called.document
    assert (answer["path"], answer["reason"]) == ("standard", "disabled")
    assert answer["phone_number"] is None
    (link,) = links_of(project, customer)
    assert (link["provision_phone_number"], link["phone_number_country_isos"]) == (True, ["US"])
    assert project.states() == {}
    project.sandbox.forget_requests()
    other = new_customer(project, "Bo")
    project.sandbox.forget_requests()
    refused = project.call("setup-link", "create", "--customer", other, "--country", "CL")
    assert refused.exit_code == 3
    assert "custom Twilio is switched off" in refused.err
    assert project.sandbox.requests() == [], "before Kapso is asked"


def test_by_kapso_takes_several_countries_and_holds_nothing(
    filled: ReadyProject, customer: str
) -> None:
    words = ("--by-kapso", "--country", "US", "--country", "CL")
    made = create(filled, customer, *words)
    (link,) = links_of(filled, customer)
    assert link["provision_phone_number"] is True
    assert link["phone_number_country_isos"] == ["US", "CL"]
    assert (made["path"], made["ref"]) == ("standard", None)
    assert filled.states() == {"ready": 2}


@pytest.mark.parametrize(
    ("words", "exit_code", "told"),
    [
        (("--country", "FR"), 3, "France"),
        (("--country", "US", "--country", "CL"), 2, "one country is needed"),
        (("--area-code", "415"), 2, "an area code cannot be chosen here"),
        (("--by-kapso", "--country", "CL", "--area-code", "2"), 2, "an area code cannot be chosen"),
        (("--by-kapso", "--country", "FR"), 3, "France"),
        (("--customer", "no such"), 2, "cannot be a customer's id"),
    ],
)
def test_what_the_settings_forbid_is_refused_before_kapso_is_asked(
    project: ReadyProject, customer: str, words: tuple[str, ...], exit_code: int, told: str
) -> None:
    project.sandbox.forget_requests()
    called = project.call("setup-link", "create", "--customer", customer, *words)
    assert (called.exit_code, told in called.err) == (exit_code, True), called.err
    assert project.sandbox.requests() == []
    assert rows(project) == []


def test_an_unknown_customer_is_named_and_nothing_is_held(filled: ReadyProject) -> None:
    called = filled.call("setup-link", "create", "--customer", "nobody")
    assert called.exit_code == 3
    assert "Kapso knows no customer nobody" in called.err
    assert filled.states() == {"ready": 2}


def test_without_a_kapso_key_it_says_how_to_set_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox)
    called = project.call("setup-link", "create", "--customer", "c")
    assert called.exit_code == 4
    assert "kapso-twilio auth set kapso_api_key" in called.err


@pytest.mark.parametrize(
    ("status", "exit_code", "told"),
    [
        (401, 4, "Kapso rejected the API key"),
        (402, 5, "Pay first"),
        (422, 5, "Pay first"),
        (429, 75, "Kapso asks to wait"),
    ],
)
def test_what_kapso_refuses_leaves_neither_link_nor_reservation(
    filled: ReadyProject, customer: str, status: int, exit_code: int, told: str
) -> None:
    filled.sandbox.fault(
        fault="status",
        method="POST",
        path=LINKS,
        status=status,
        body={"error": "Pay first"},
        headers={"Retry-After": "0"},
        times=3,
    )
    called = filled.call("setup-link", "create", "--customer", customer)
    assert (called.exit_code, told in called.err) == (exit_code, True), called.err
    assert filled.states() == {"ready": 2}
    assert reservations(filled) == {}
    assert [state for state, _ in rows(filled)] == ["failed"]


def test_a_busy_kapso_is_asked_again(filled: ReadyProject, customer: str) -> None:
    filled.sandbox.fault(
        fault="status", method="POST", path=LINKS, status=429, headers={"Retry-After": "1"}
    )
    assert create(filled, customer)["created"] is True


def test_a_link_that_cannot_get_a_number_is_revoked(project: ReadyProject, customer: str) -> None:
    project.sandbox.fault(
        fault="status",
        method="POST",
        path=r"IncomingPhoneNumbers\.json",
        status=400,
        body={"code": 21649, "message": "Bundle required", "status": 400},
        times=None,
    )
    called = project.call("setup-link", "create", "--customer", customer, "--country", "CL")
    assert called.exit_code == 5
    assert statuses(project, customer) == ["revoked"]
    assert [state for state, _ in rows(project)] == ["revoked"]
    assert reservations(project) == {}


def test_what_would_pass_a_limit_is_refused_before_a_link_is_made(
    project: ReadyProject, customer: str
) -> None:
    project.answer("config", "set", "limits.max_numbers", "0")
    called = project.call("setup-link", "create", "--customer", customer, "--country", "CL")
    assert called.exit_code == 6
    assert statuses(project, customer) == []


def test_a_lost_answer_is_settled_by_looking_at_the_customers_links(
    filled: ReadyProject, customer: str
) -> None:
    filled.sandbox.fault(fault="drop_after", method="POST", path=LINKS)
    made = create(filled, customer)
    assert made["url"], "its URL was lost with the answer, so another was made"
    assert statuses(filled, customer) == ["revoked", "active"]
    assert reservations(filled) == {made["link_id"]: made["phone_number"]}


def test_a_request_that_was_lost_on_its_way_leaves_nothing(
    filled: ReadyProject, customer: str
) -> None:
    filled.sandbox.fault(fault="drop_before", method="POST", path=LINKS)
    called = filled.call("setup-link", "create", "--customer", customer)
    assert called.exit_code == 75
    assert "it is not known whether Kapso made a setup link" in called.err
    assert filled.states() == {"ready": 2}
    assert create(filled, customer)["created"] is True


def test_a_rehearsal_sends_nothing_and_tells_the_number(
    filled: ReadyProject, customer: str
) -> None:
    before = filled.everything()
    told = create(filled, customer, "--dry-run")
    assert (told["dry_run"], told["path"]) == (True, "pool")
    live = filled.call(
        "setup-link", "create", "--customer", customer, "--country", "CL", "--dry-run"
    )
    assert "would buy one local number in Chile for" in live.out
    assert filled.everything() == before
    assert posts(filled) == 0


def test_the_ref_of_another_customer_is_refused(filled: ReadyProject, customer: str) -> None:
    create(filled, customer, "--ref", "a")
    other = new_customer(filled, "Bo")
    called = filled.call("setup-link", "create", "--customer", other, "--ref", "a")
    assert called.exit_code == 3
    assert f"ref a is an onboarding of customer {customer}" in called.err
    filled.answer("resolve", "--ref", "b", "--customer", customer)
    assert filled.call("setup-link", "create", "--customer", other, "--ref", "b").exit_code == 3
    assert statuses(filled, other) == []


def test_a_ref_that_is_connected_gets_no_link(filled: ReadyProject, customer: str) -> None:
    filled.answer("resolve", "--ref", "a")
    filled.answer("connect", "--ref", "a")
    called = filled.call("setup-link", "create", "--customer", customer, "--ref", "a")
    assert (called.exit_code, "is connected already" in called.err) == (3, True)
    assert statuses(filled, customer) == []
