"""`reconcile` and Kapso: numbers that get a WhatsApp config, and numbers that lose it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.operations.handing_out.at_kapso import notice_removal
from kapso_twilio_cli.project import Project
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

from .account import actions, kinds, number

NUMBERS = "whatsapp/phone_numbers"
SOON = {"removal_confirmed_after": "0s"}


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A pool of two ready numbers, and a Kapso key."""
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True, onboarding=SOON)
    project.answer("pool", "fill")
    return project


def connected(project: ReadyProject, customer: str = "c-1") -> str:
    """A number that was handed out, and that its customer has connected."""
    answer = project.answer("resolve", "--ref", "a", "--customer", customer)
    project.sandbox.claim(preverified_id=answer["preverified_id"], customer_id=customer)
    assert ("connected", answer["phone_number"]) in actions(project, "--no-fill")
    return str(answer["phone_number"])


def facts(project: ReadyProject, phone_number: str) -> tuple[object, ...]:
    """What is kept of a number from Kapso."""
    rows = project.rows(
        "SELECT customer_id, phone_number_id IS NOT NULL, business_account_id IS NOT NULL,"
        " absent_since IS NOT NULL, phone_number FROM numbers"
    )
    return next(tuple(row[:-1]) for row in rows if row[-1] == phone_number)


def test_what_kapso_says_of_a_connected_number_is_kept(project: ReadyProject) -> None:
    held = connected(project)
    assert facts(project, held) == ("c-1", 1, 1, 0)
    shown = project.answer("number", "show", held)
    assert shown["customer"] == "c-1"
    assert shown["phone_number_id"]
    assert shown["business_account_id"]
    before = project.everything()["events"]
    assert actions(project, "--no-fill") == []
    assert project.everything()["events"] == before, "what has not changed is not written again"


def test_a_number_that_was_connected_by_hand_gets_its_customer(project: ReadyProject) -> None:
    answer = project.answer("resolve", "--ref", "a")
    project.answer("connect", "--ref", "a")
    project.sandbox.claim(preverified_id=answer["preverified_id"], customer_id="c-2")
    assert actions(project, "--no-fill") == []
    assert facts(project, answer["phone_number"]) == ("c-2", 1, 1, 0)
    listed = project.answer("number", "list", "--customer", "c-2")["numbers"]
    assert [one["phone_number"] for one in listed] == [answer["phone_number"]]


@pytest.mark.parametrize(
    ("policy", "state"), [("return_to_pool", "provisioned"), ("mark_unavailable", "unavailable")]
)
def test_a_removed_config_is_believed_at_the_second_sighting(
    project: ReadyProject, policy: str, state: str
) -> None:
    project.answer("pool", "set", "US", "--post-disconnect", policy)
    held = connected(project)
    project.sandbox.unclaim(held)
    assert actions(project, "--no-fill") == []
    assert facts(project, held) == ("c-1", 1, 1, 1)
    assert number(project, held)["state"] == "connected"
    assert actions(project, "--no-fill") == [("disconnected", held)]
    assert number(project, held)["state"] == state
    assert facts(project, held) == (None, 0, 0, 0)
    assert project.answer("reservation", "list")["reservations"] == []
    assert actions(project, "--no-fill") == []


def test_the_sightings_are_as_far_apart_as_the_settings_say(project: ReadyProject) -> None:
    project.answer("config", "set", "onboarding.removal_confirmed_after", "2s")
    held = connected(project)
    project.sandbox.unclaim(held)
    assert actions(project, "--no-fill") == []
    assert actions(project, "--no-fill") == []
    time.sleep(2)
    assert actions(project, "--no-fill") == [("disconnected", held)]


def test_a_number_that_is_there_again_needs_two_new_sightings(project: ReadyProject) -> None:
    held = connected(project)
    project.sandbox.unclaim(held)
    actions(project, "--no-fill")
    project.sandbox.claim(phone_number=held, customer_id="c-3")
    assert actions(project, "--no-fill") == []
    assert facts(project, held) == ("c-3", 1, 1, 0)
    project.sandbox.unclaim(held)
    assert actions(project, "--no-fill") == []
    assert number(project, held)["state"] == "connected"


def test_a_listing_that_broke_off_proves_nothing(project: ReadyProject) -> None:
    held = connected(project)
    for fault in (
        {"fault": "status", "status": 500, "times": 9},
        {"fault": "truncate", "times": 9},
        {"fault": "skip_page"},
        {"fault": "status", "status": 200, "body": {"data": [], "meta": {"total_count": 1}}},
    ):
        for _ in range(2):
            project.sandbox.fault(method="GET", path=f"{NUMBERS}$", **fault)
            called = project.call("reconcile", "--no-fill")
            project.sandbox.clear_faults()
            assert called.exit_code == 75, fault
            assert facts(project, held) == ("c-1", 1, 1, 0), fault


def test_an_absence_that_its_own_id_does_not_confirm_is_none(project: ReadyProject) -> None:
    held = connected(project)
    body = {"data": [], "meta": {"page": 1, "total_pages": 1, "total_count": 0}}
    for _ in range(3):
        project.sandbox.fault(
            fault="status", status=200, body=body, method="GET", path=f"{NUMBERS}$"
        )
        assert actions(project, "--no-fill") == []
        assert facts(project, held) == ("c-1", 1, 1, 0)


def test_a_dry_run_tells_a_removal_and_notes_no_sighting(project: ReadyProject) -> None:
    held = connected(project)
    project.sandbox.unclaim(held)
    assert project.answer("reconcile", "--no-fill", "--dry-run")["actions"] == []
    assert facts(project, held) == ("c-1", 1, 1, 0)
    actions(project, "--no-fill")
    told = project.answer("reconcile", "--no-fill", "--dry-run")["actions"]
    assert [(one["kind"], one["phone_number"]) for one in told] == [("disconnected", held)]
    assert number(project, held)["state"] == "connected"


def test_a_bad_status_is_attention_and_no_removal(project: ReadyProject) -> None:
    held = connected(project)
    project.sandbox.kapso_status(held, "DISCONNECTED")
    for _ in range(2):
        assert actions(project, "--no-fill") == []
    assert number(project, held)["state"] == "connected"
    (found,) = [x for x in project.answer("status")["attention"] if x["kind"] == "kapso_status"]
    assert found["phone_number"] == held
    assert "its status at Kapso is DISCONNECTED" in found["message"]
    project.sandbox.kapso_status(held, "CONNECTED")
    actions(project, "--no-fill")
    assert "kapso_status" not in kinds(project)


def test_a_returned_number_is_verified_anew_under_another_id(project: ReadyProject) -> None:
    first = project.answer("resolve", "--ref", "a")["preverified_id"]
    held = str(project.answer("number", "list", "--ref", "a")["numbers"][0]["phone_number"])
    project.sandbox.claim(preverified_id=first, customer_id="c-1")
    actions(project, "--no-fill")
    bought = len(project.bought())
    project.sandbox.unclaim(held)
    actions(project, "--no-fill")
    done = actions(project)
    assert ("disconnected", held) in done
    assert ("verified", held) in done
    back = number(project, held)
    assert back["state"] == "ready"
    assert back["preverified_id"] not in (None, first)
    assert len(project.bought()) == bought


def test_without_a_kapso_key_a_connected_number_stays_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, onboarding=SOON)
    project.answer("pool", "fill")
    held = project.answer("resolve", "--ref", "a")["phone_number"]
    project.answer("connect", held)
    for _ in range(2):
        assert actions(project, "--no-fill") == []
    assert number(project, held)["state"] == "connected"


def test_a_live_reservation_ends_by_time_where_kapso_says_that_its_number_is_free(
    project: ReadyProject,
) -> None:
    project.answer("config", "set", "onboarding.reservation_ttl", "1s")
    live = project.answer("resolve", "--country", "CL", "--ref", "l")["phone_number"]
    used = project.answer("resolve", "--country", "CL", "--ref", "m")["phone_number"]
    project.sandbox.claim(phone_number=used, customer_id="c")
    time.sleep(1.1)
    done = actions(project, "--no-fill")
    assert ("reservation_expired", live) in done
    assert ("connected", used) in done
    assert number(project, live)["state"] == "provisioned"


def test_an_entry_that_cannot_be_read_is_no_absence(project: ReadyProject) -> None:
    held = connected(project)
    (entry,) = project.sandbox.kapso("GET", NUMBERS)["data"]
    broken = {**entry, "display_phone_number": None, "display_phone_number_normalized": None}
    meta = {"page": 1, "total_pages": 1, "total_count": 1}
    for body, path in (
        ({"data": [broken], "meta": meta}, f"{NUMBERS}$"),
        ({"data": broken}, rf"{NUMBERS}/\d+$"),
        ({}, rf"{NUMBERS}/\d+$"),
    ):
        for _ in range(2):
            lacks = {"data": [], "meta": {**meta, "total_count": 0}}
            listing = body if path.endswith(f"{NUMBERS}$") else lacks
            project.sandbox.fault(
                fault="status", status=200, body=listing, method="GET", path=f"{NUMBERS}$"
            )
            if path != f"{NUMBERS}$":
                project.sandbox.fault(
                    fault="status", status=200, body=body, method="GET", path=path
                )
            project.call("reconcile", "--no-fill")
            project.sandbox.clear_faults()
            assert number(project, held)["state"] == "connected"


def test_a_number_that_was_seen_again_meanwhile_is_not_disconnected(project: ReadyProject) -> None:
    held = connected(project)
    project.sandbox.unclaim(held)
    actions(project, "--no-fill")
    located = Project.locate(name=None, config_path=None)
    with located.inventory.read() as session:
        seen = session.numbers.find(PhoneNumber(held))
    assert seen is not None
    project.sandbox.claim(phone_number=held, customer_id="c-3")
    actions(project, "--no-fill")
    project.sandbox.unclaim(held)
    assert notice_removal(located, seen) is None
    assert number(project, held)["state"] == "connected"
    located.inventory.close()
