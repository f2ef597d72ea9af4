"""`setup-link`: a page for one customer, and the number that is held for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

from .account import actions, kinds, number
from .links import at_kapso, links_of, made_elsewhere, new_customer, reservations, rows, statuses

LINKS = "setup_links$"


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A project with a Kapso key, and no number yet."""
    return ready_project(tmp_path, monkeypatch, sandbox, kapso=True)


@pytest.fixture
def filled(project: ReadyProject) -> ReadyProject:
    """The same with a pool of two ready numbers."""
    project.answer("pool", "fill")
    return project


@pytest.fixture
def customer(project: ReadyProject) -> str:
    return new_customer(project)


def create(project: ReadyProject, customer: str, *words: str) -> dict[str, Any]:
    """Make a link that must be made."""
    return project.answer("setup-link", "create", "--customer", customer, *words)


def posts(project: ReadyProject) -> int:
    """How often Kapso was asked for a link."""
    return sum(
        one.startswith("POST") and "setup_links" in one for one in project.sandbox.requests()
    )


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
        body={"code": 21422, "message": "Invalid number", "status": 400},
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


# what goes wrong between this program, Kapso and the customer


def connect_live(project: ReadyProject, customer: str) -> str:
    """Make a link with a number that is bought, and let the customer connect it; unnoticed yet."""
    made = create(project, customer, "--country", "CL")
    assert made["path"] == "live"
    project.sandbox.claim(phone_number=made["phone_number"], customer_id=customer)
    return str(made["phone_number"])


def test_a_live_number_that_its_customer_has_connected_is_freed_by_no_revoke(
    project: ReadyProject, customer: str
) -> None:
    number_of_a = connect_live(project, customer)
    called = project.call("setup-link", "revoke", "--customer", customer)
    assert (called.exit_code, "was used already" in called.err) == (3, True)
    other = new_customer(project, "Bo")
    assert create(project, other, "--country", "CL")["phone_number"] != number_of_a
    actions(project, "--no-fill")
    assert number(project, number_of_a)["state"] == "connected"


def test_a_second_onboarding_before_a_reconcile_leaves_the_first_number_alone(
    project: ReadyProject, customer: str
) -> None:
    number_of_a = connect_live(project, customer)
    second = create(project, customer, "--country", "CL")
    other = new_customer(project, "Bo")
    create(project, other, "--country", "CL")
    third = create(project, other, "--country", "CL", "--replace")
    assert number_of_a not in {second["phone_number"], third["phone_number"]}
    project.sandbox.fault(
        fault="status", status=500, method="GET", path="whatsapp/phone_numbers$", times=9
    )
    project.call("reconcile", "--no-fill")
    assert number(project, number_of_a)["state"] != "provisioned"


def test_a_live_number_stays_held_while_kapso_does_not_say_that_it_is_free(
    project: ReadyProject, customer: str
) -> None:
    made = create(project, customer, "--country", "CL")
    path = f"customers/{customer}/setup_links/{made['link_id']}"
    at_kapso(project, "PATCH", path, {"setup_link": {"status": "revoked"}})
    project.sandbox.claim(phone_number=made["phone_number"], customer_id=customer)
    assert ("reservation_cancelled", made["phone_number"]) not in actions(project, "--no-fill")
    assert number(project, made["phone_number"])["state"] == "connected"


def test_a_refused_replacement_takes_nothing_from_the_link_that_is_there(
    filled: ReadyProject, customer: str
) -> None:
    made = create(filled, customer, "--ref", "a")
    filled.sandbox.fault(fault="status", method="POST", path=LINKS, status=402)
    words = ("setup-link", "create", "--customer", customer, "--ref", "a", "--replace")
    assert filled.call(*words).exit_code == 5
    assert create(filled, customer, "--ref", "a")["link_id"] == made["link_id"]
    done = filled.answer("setup-link", "revoke", "--ref", "a")
    assert (done["link_id"], done["status"]) == (made["link_id"], "revoked")
    assert done["phone_number"] == made["phone_number"]


def test_reservation_cancel_leaves_the_number_of_an_active_link_alone(
    project: ReadyProject, customer: str
) -> None:
    made = create(project, customer, "--country", "CL")
    called = project.call("reservation", "cancel", "--ref", made["ref"])
    assert called.exit_code == 3
    assert f"kapso-twilio setup-link revoke {made['link_id']}" in called.err
    assert reservations(project) == {made["ref"]: made["phone_number"]}


def test_a_ref_whose_link_was_revoked_in_the_dashboard_gets_another(
    filled: ReadyProject, customer: str
) -> None:
    made = create(filled, customer, "--ref", "a")
    path = f"customers/{customer}/setup_links/{made['link_id']}"
    at_kapso(filled, "PATCH", path, {"setup_link": {"status": "revoked"}})
    again = create(filled, customer, "--ref", "a")
    assert again["created"] is True
    assert statuses(filled, customer) == ["revoked", "active"]


def test_a_link_that_was_used_with_another_number_is_attention(
    filled: ReadyProject, customer: str
) -> None:
    made = create(filled, customer)
    filled.sandbox.claim(phone_number="+14155550123", customer_id=customer)
    actions(filled, "--no-fill")
    (found,) = [x for x in filled.answer("status")["attention"] if x["kind"] == "setup_link_used"]
    assert found["phone_number"] == made["phone_number"]
    assert f"reservation cancel {made['phone_number']}" in found["hint"]
    filled.answer("reservation", "cancel", made["phone_number"])
    assert "setup_link_used" not in kinds(filled)


def test_what_kapso_refuses_for_one_customer_stops_no_other(
    filled: ReadyProject, customer: str
) -> None:
    create(filled, customer)
    other = new_customer(filled, "Bo")
    made = create(filled, other)
    path = f"customers/{other}/setup_links/{made['link_id']}"
    at_kapso(filled, "PATCH", path, {"setup_link": {"status": "revoked"}})
    filled.sandbox.fault(
        fault="status", status=402, method="GET", path=f"{customer}/setup_links", times=None
    )
    called = filled.call("reconcile", "--no-fill", "--json")
    assert called.exit_code == 7
    done = [(one["kind"], one["phone_number"]) for one in called.document["actions"]]
    assert ("reservation_cancelled", made["phone_number"]) in done
    listed = filled.answer("setup-link", "list", "--all")["setup_links"]
    assert {one["customer"] for one in listed} == {customer, other}


def test_a_purchase_whose_outcome_is_unknown_says_so_and_frees_its_number_in_the_end(
    filled: ReadyProject, customer: str
) -> None:
    buy = r"IncomingPhoneNumbers\.json"
    filled.sandbox.fault(method="POST", path=buy, fault="drop_after")
    filled.sandbox.fault(method="GET", path=buy, fault="delay")
    filled.sandbox.fault(method="GET", path=buy, fault="status", status=400, body="<html>")
    filled.sandbox.fault(method="PATCH", path="setup_links/", fault="status", status=503)
    words = ("setup-link", "create", "--customer", customer, "--country", "CL")
    with filled.start(*words) as process:  # one of its own, which has ended then
        _, err = process.communicate(timeout=60)
    assert process.returncode == 9, err
    filled.sandbox.clear_faults()
    for _ in range(2):
        actions(filled, "--no-fill")
    assert statuses(filled, customer) == ["revoked"]
    assert filled.states() == {"ready": 2, "provisioned": 1}
    create(filled, customer, "--country", "CL")
    assert len(filled.bought()) == 3


def test_a_restore_keeps_the_number_for_the_link_that_was_made_since(
    filled: ReadyProject, customer: str
) -> None:
    filled.answer("resolve", "--ref", "a")
    filled.answer("inventory", "backup", "backup.db")
    made = create(filled, customer, "--ref", "a")
    filled.answer("inventory", "restore", "backup.db", "--yes")
    (held,) = filled.answer("reservation", "list")["reservations"]
    assert (held["customer"], held["reserved_until"]) == (customer, made["expires_at"])
    assert held["setup_link"] == made["link_id"]


def test_of_two_at_once_for_one_customer_one_makes_a_link(
    filled: ReadyProject, customer: str
) -> None:
    words = ("setup-link", "create", "--customer", customer, "--json")
    both = [filled.start(*words) for _ in range(2)]
    for one in both:
        one.communicate(timeout=60)
    assert sorted(one.returncode for one in both) in ([0, 3], [0, 75])
    assert statuses(filled, customer) == ["active"]
    assert filled.states() == {"ready": 1, "reserved": 1}


def test_by_kapso_the_ref_names_the_link(filled: ReadyProject, customer: str) -> None:
    words = ("--by-kapso", "--country", "US", "--area-code", "415", "--ref", "a")
    made = create(filled, customer, *words)
    again = create(filled, customer, *words)
    assert (again["link_id"], again["created"]) == (made["link_id"], False)
    (link,) = links_of(filled, customer)
    assert link["phone_number_area_code"] == "415"


# list and revoke


def test_the_list_shows_what_kapso_says_and_the_number(filled: ReadyProject, customer: str) -> None:
    made = create(filled, customer)
    other = new_customer(filled, "Bo")
    made_elsewhere(filled, other)
    (listed,) = filled.answer("setup-link", "list")["setup_links"]
    assert listed == {
        "link_id": made["link_id"],
        "customer": customer,
        "status": "active",
        "whatsapp_setup_status": "pending",
        "whatsapp_setup_error": None,
        "phone_number": made["phone_number"],
        "state": "reserved",
        "provisioned_phone_number": None,
        "ref": made["link_id"],
        "provision_phone_number": False,
        "recorded": True,
        "expires_at": made["expires_at"],
    }
    (theirs,) = filled.answer("setup-link", "list", "--customer", other)["setup_links"]
    assert (theirs["recorded"], theirs["phone_number"]) == (False, None)


def test_a_used_link_shows_its_connected_number(filled: ReadyProject, customer: str) -> None:
    made = create(filled, customer)
    filled.sandbox.claim(preverified_id=made["preverified_id"], customer_id=customer)
    assert ("setup_link_ended", None) in actions(filled, "--no-fill")
    assert filled.answer("setup-link", "list")["setup_links"] == []
    (listed,) = filled.answer("setup-link", "list", "--all")["setup_links"]
    assert (listed["status"], listed["whatsapp_setup_status"]) == ("used", "completed")
    assert (listed["phone_number"], listed["state"]) == (made["phone_number"], "connected")


def test_what_kapso_provided_is_joined_where_it_is_in_this_account(
    filled: ReadyProject, customer: str
) -> None:
    made = create(filled, customer, "--by-kapso", "--country", "US")
    ours = filled.bought()[0]
    filled.sandbox.setup_link(made["link_id"], provisioned_phone_number=ours)
    (listed,) = filled.answer("setup-link", "list")["setup_links"]
    assert (listed["provisioned_phone_number"], listed["state"]) == (ours, "ready")
    filled.sandbox.setup_link(made["link_id"], provisioned_phone_number="+14155550199")
    (listed,) = filled.answer("setup-link", "list")["setup_links"]
    assert (listed["phone_number"], listed["state"]) == ("+14155550199", None)


@pytest.mark.parametrize("by", ["link", "ref", "customer"])
def test_revoke_ends_link_and_reservation_and_doing_it_again_is_nothing(
    filled: ReadyProject, customer: str, by: str
) -> None:
    made = create(filled, customer, "--ref", "signup-1")
    named = {
        "link": [made["link_id"]],
        "ref": ["--ref", "signup-1"],
        "customer": ["--customer", customer],
    }[by]
    done = filled.answer("setup-link", "revoke", *named)
    assert (done["status"], done["phone_number"]) == ("revoked", made["phone_number"])
    assert statuses(filled, customer) == ["revoked"]
    assert reservations(filled) == {}
    assert made["phone_number"] not in filled.portfolio()
    again = filled.answer("setup-link", "revoke", made["link_id"])
    assert (again["status"], again["phone_number"]) == ("revoked", None)


def test_a_live_number_is_free_for_the_next_after_a_revoke(
    project: ReadyProject, customer: str
) -> None:
    made = create(project, customer, "--country", "CL")
    project.answer("setup-link", "revoke", made["link_id"])
    assert project.states() == {"provisioned": 1}
    again = create(project, customer, "--country", "CL")
    assert again["phone_number"] == made["phone_number"]
    assert len(project.bought()) == 1


def test_a_used_link_is_not_revoked(filled: ReadyProject, customer: str) -> None:
    made = create(filled, customer)
    filled.sandbox.claim(preverified_id=made["preverified_id"], customer_id=customer)
    actions(filled, "--no-fill")
    called = filled.call("setup-link", "revoke", made["link_id"])
    assert (called.exit_code, "was used already" in called.err) == (3, True)
    assert number(filled, made["phone_number"])["state"] == "connected"


def test_a_link_that_was_revoked_in_the_dashboard_gives_its_number_back(
    filled: ReadyProject, customer: str
) -> None:
    made = create(filled, customer)
    path = f"customers/{customer}/setup_links/{made['link_id']}"
    at_kapso(filled, "PATCH", path, {"setup_link": {"status": "revoked"}})
    done = actions(filled, "--no-fill")
    assert ("reservation_cancelled", made["phone_number"]) in done
    assert reservations(filled) == {}
    assert actions(filled, "--no-fill") == []


def test_a_revoke_whose_answer_is_lost_is_done_by_doing_it_again(
    filled: ReadyProject, customer: str
) -> None:
    made = create(filled, customer)
    filled.sandbox.fault(fault="drop_after", method="PATCH", path="setup_links/")
    called = filled.call("setup-link", "revoke", made["link_id"])
    assert called.exit_code == 75
    assert reservations(filled) == {made["link_id"]: made["phone_number"]}
    assert filled.answer("setup-link", "revoke", made["link_id"])["status"] == "revoked"
    assert reservations(filled) == {}


def test_a_revoke_while_meta_is_away_says_what_is_left(filled: ReadyProject, customer: str) -> None:
    made = create(filled, customer)
    filled.sandbox.fault(
        fault="status", method="DELETE", path=r"^/v25\.0/\d+$", status=503, times=None
    )
    called = filled.call("setup-link", "revoke", made["link_id"])
    assert called.exit_code == 75
    assert statuses(filled, customer) == ["revoked"]
    filled.sandbox.clear_faults()
    assert ("reservation_cancelled", made["phone_number"]) in actions(filled, "--no-fill")


# embedded signup


def test_extras_prints_only_what_metas_dialog_takes(filled: ReadyProject) -> None:
    called = filled.call("resolve", "--ref", "a", "--format", "extras")
    preverified_id = filled.answer("resolve", "--ref", "a")["preverified_id"]
    assert called.out == '{"setup":{"preVerifiedPhone":{"ids":["' + preverified_id + '"]}}}\n'
    live = filled.call("resolve", "--country", "CL", "--ref", "b", "--format", "extras")
    assert (live.out, "Meta's dialog takes nothing for it" in live.err) == ("null\n", True)
    assert filled.call("resolve", "--ref", "a", "--format", "extras", "--json").exit_code == 2
