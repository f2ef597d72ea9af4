"""`setup-link list` and `revoke`."""

from __future__ import annotations

import pytest

from tests.cli.account import actions, number
from tests.cli.links import (
    at_kapso,
    made_elsewhere,
    new_customer,
    reservations,
    statuses,
)
from tests.projects import ReadyProject

from .making import create


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
