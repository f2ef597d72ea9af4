"""What goes wrong between this program, Kapso, and a customer with a setup link."""

from __future__ import annotations

from tests.cli.account import actions, kinds, number
from tests.cli.links import (
    at_kapso,
    links_of,
    new_customer,
    reservations,
    statuses,
)
from tests.projects import ReadyProject

from .making import LINKS, create


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
