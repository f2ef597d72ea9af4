"""`number release`: on a person's word alone, and a kill or a lost answer loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.refusals import refused
from tests.gateways.test_twilio_purchase import change_in_console
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox

from .releasing import TWILIO, attention, ready, release, released, row, shown_object, writes


def test_a_ready_number_leaves_meta_first_and_then_the_account(project: ReadyProject) -> None:
    number = ready(project)
    known = project.answer("number", "show", number)
    project.sandbox.forget_requests()
    called = release(project, number, "--json")
    assert called.exit_code == 0, called.err
    assert (called.document["state"], called.document["monthly_price"]) == ("released", "1.15")
    assert "10 days" in called.err
    account = project.sandbox.credentials["account_sid"]
    assert writes(project) == [
        f"DELETE /v25.0/{known['preverified_id']}",
        f"DELETE /2010-04-01/Accounts/{account}/IncomingPhoneNumbers/{known['sid']}.json",
    ]
    assert released(project) == [number]
    assert project.states() == {"released": 1, "ready": 1}
    kinds = [kind for (kind,) in project.rows("SELECT kind FROM events ORDER BY id DESC LIMIT 3")]
    assert kinds == ["release", "object_deleted", "lapsed"]
    assert project.answer("status")["monthly_cost"] == "1.15"
    assert attention(project) == []


def test_a_number_without_an_object_needs_no_credentials_of_meta(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    monkeypatch.delenv("KAPSO_TWILIO_META_TOKEN")
    assert release(project, number).exit_code == 0
    assert (released(project), project.states()) == ([number], {"released": 1})


def test_releasing_again_says_so_and_changes_nothing(project: ReadyProject) -> None:
    number = ready(project)
    release(project, number)
    before = project.everything()
    called = release(project, number)
    assert (called.exit_code, project.everything()) == (0, before)
    assert called.out == f"{number} was released before; it is not in the account\n"
    assert released(project) == [number]


def test_a_released_number_that_is_in_the_account_again_is_not_this_projects(
    project: ReadyProject,
) -> None:
    number = ready(project)
    release(project, number)
    project.sandbox.buy_in_console(number)
    refused(
        project,
        *("number", "release", number, "--confirm", number),
        exit_code=3,
        message=f"{number} was released, and is in the account again (PN",
        reason="restored in the Twilio console",
        hint=f"kapso-twilio number import {number}",
    )
    assert released(project) == [number]


@pytest.mark.parametrize("words", [(), ("--yes",)])
def test_without_the_number_written_twice_nothing_is_released(
    project: ReadyProject, words: tuple[str, ...]
) -> None:
    number = ready(project)
    called = project.call("number", "release", number, *words)
    assert called.exit_code == 2
    if not words:
        assert f"hint: kapso-twilio number release {number} --confirm {number}" in called.err
    assert released(project) == []


def test_another_number_is_no_confirmation(project: ReadyProject) -> None:
    number = ready(project)
    refused(
        project,
        *("number", "release", number, "--confirm", number[:-1]),
        exit_code=2,
        message=f"nothing was released: this needs --confirm {number}",
        reason=f"'{number[:-1]}' is not the number",
        hint=f"kapso-twilio number release {number} --confirm {number}",
    )
    assert released(project) == []


@pytest.mark.parametrize(
    ("connects", "hint"),
    [(False, "kapso-twilio reservation cancel"), (True, "kapso-twilio disconnect")],
)
def test_a_reserved_or_a_connected_number_is_never_released(
    project: ReadyProject, connects: bool, hint: str
) -> None:
    ready(project)
    number = project.answer("resolve", "--ref", "a")["phone_number"]
    if connects:
        project.answer("connect", "--ref", "a")
    refused(
        project,
        *("number", "release", number, "--confirm", number),
        exit_code=3,
        message=f"{number} is {'connected' if connects else 'reserved'}; releasing it is not",
        reason="numbers allow it",
        hint=hint,
    )
    assert released(project) == []


def test_what_kapso_lists_is_not_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    sandbox.claim(phone_number=number)
    refused(
        project,
        *("number", "release", number, "--confirm", number),
        exit_code=3,
        message=f"{number} still has a WhatsApp config at Kapso",
        reason="Kapso lists it (phone_number_id ",
        hint="remove it there first",
    )
    assert (released(project), row(project, number)) == ([], ["provisioned", 0, 0])


def test_an_emergency_address_is_found_before_anything_is_changed(project: ReadyProject) -> None:
    number = ready(project)
    sid = project.answer("number", "show", number)["sid"]
    form = {"EmergencyAddressSid": "AD" + "0" * 32, "EmergencyStatus": "Active"}
    change_in_console(project.sandbox, sid, form)
    project.sandbox.forget_requests()
    refused(
        project,
        *("number", "release", number, "--confirm", number),
        exit_code=5,
        message=f"{number} has an emergency address",
        reason="emergency calls",
        hint=f"free {sid} of it in the Twilio console",
    )
    assert writes(project) == []


def test_a_number_with_another_projects_label_is_left_to_it(project: ReadyProject) -> None:
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    sid = project.answer("number", "show", number)["sid"]
    change_in_console(project.sandbox, sid, {"FriendlyName": "kt:beta:aaaaaaaa:bbbbbbbbbbbbbbbb"})
    refused(
        project,
        *("number", "release", number, "--confirm", number),
        exit_code=3,
        message=f"{number} carries the label of project beta",
        reason="",
        hint="kapso-twilio reconcile",
    )
    assert released(project) == []


def test_a_number_that_somebody_renamed_is_still_this_projects(project: ReadyProject) -> None:
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    sid = project.answer("number", "show", number)["sid"]
    change_in_console(project.sandbox, sid, {"FriendlyName": "the sales line"})
    assert release(project, number).exit_code == 0
    assert released(project) == [number]


def vanish(project: ReadyProject, number: str) -> None:
    """Let the inventory know the number as missing."""
    connection_rows = f"UPDATE numbers SET state = 'missing' WHERE phone_number = '{number}'"  # noqa: S608
    project.change(connection_rows)


def test_a_missing_number_is_released_and_its_reservation_ends(project: ReadyProject) -> None:
    ready(project)
    number = project.answer("resolve", "--ref", "a")["phone_number"]
    project.sandbox.remove(number)
    vanish(project, number)
    assert release(project, number).exit_code == 0
    assert row(project, number)[0] == "released"
    assert project.answer("reservation", "list")["reservations"] == []
    assert project.call("connect", "--ref", "a").exit_code == 3


def test_a_missing_number_that_lives_on_in_another_project_stays_in_the_account(
    project: ReadyProject,
) -> None:
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    sid = project.answer("number", "show", number)["sid"]
    change_in_console(project.sandbox, sid, {"FriendlyName": "kt:beta:aaaaaaaa:bbbbbbbbbbbbbbbb"})
    vanish(project, number)
    assert release(project, number).exit_code == 0
    assert (released(project), project.states()) == ([], {"released": 1})


def test_a_number_that_is_gone_from_the_account_already_is_recorded_as_released(
    project: ReadyProject,
) -> None:
    number = ready(project)
    project.sandbox.remove(number)
    assert release(project, number).exit_code == 0
    assert row(project, number)[0] == "released"


def test_a_look_that_does_not_find_the_number_is_no_proof_that_it_is_gone(
    project: ReadyProject,
) -> None:
    number = ready(project)
    body = {"code": 20404, "message": "not found", "status": 404}
    project.sandbox.fault(method="GET", path=TWILIO, fault="status", status=404, body=body)
    assert release(project, number).exit_code == 0
    assert released(project) == [number]


def test_a_ready_number_whose_object_is_gone_waits_for_a_person(project: ReadyProject) -> None:
    number = ready(project)
    project.sandbox.claim(preverified_id=shown_object(project, number))
    dry = project.call("number", "release", number, "--dry-run")
    assert (dry.exit_code, row(project, number)) == (3, ["ready", 1, 0])
    assert "would be quarantined" in dry.err
    called = release(project, number)
    assert called.exit_code == 3
    assert "a customer may have claimed it" in called.err
    assert "hint: find out whether a customer uses it; if nobody does: kapso-twilio" in called.err
    assert (released(project), row(project, number)) == ([], ["quarantined", 0, 0])
    assert attention(project)[0][0] == "quarantined"
    assert release(project, number).exit_code == 0
    assert released(project) == [number]


def test_a_number_that_is_not_the_projects_is_left_alone(project: ReadyProject) -> None:
    other = "+56225550123"
    project.sandbox.buy_in_console(other, "somebody's own")
    refused(
        project,
        *("number", "release", other, "--confirm", other),
        exit_code=3,
        message=f"{other} is not a number of project acme",
        reason="the inventory does not hold it",
        hint="kapso-twilio number list",
    )
    assert released(project) == []


def test_a_pool_that_falls_below_its_target_is_named(project: ReadyProject) -> None:
    number = ready(project)
    words = (
        "that leaves 1 ready of 2 in the US pool: the next fill buys another;"
        " to have less: kapso-twilio pool set US --target-size 1"
    )
    assert words in project.call("number", "release", number, "--dry-run").err
    assert words in release(project, number).err


def test_a_dry_run_refuses_what_would_be_refused_and_needs_no_confirmation(
    project: ReadyProject,
) -> None:
    ready(project)
    project.answer("resolve", "--ref", "a")
    (left,) = project.answer("number", "list", "--state", "ready")["numbers"]
    before = project.everything()
    called = project.call("number", "release", left["phone_number"], "--dry-run")
    assert called.out == (
        f"would release {left['phone_number']}, which is ready: 1.15 USD a month saved\n"
    )
    (held,) = project.answer("number", "list", "--state", "reserved")["numbers"]
    assert project.call("number", "release", held["phone_number"], "--dry-run").exit_code == 3
    assert (project.everything(), released(project)) == (before, [])


def test_an_inventory_that_may_have_forgotten_hand_outs_releases_nothing(
    project: ReadyProject,
) -> None:
    number = ready(project)
    copy = project.inventory.read_bytes()
    project.answer("resolve", "--ref", "a")
    project.inventory.write_bytes(copy)
    called = release(project, number)
    assert called.exit_code == 3
    assert "this inventory is older than the account" in called.err
    assert released(project) == []
