"""A new inventory, one that was taken over and an old copy neither buy nor hand out."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox

from .account import ONE, OURS, actions, kinds, name_of, number


@pytest.fixture
def filled(project: ReadyProject) -> ReadyProject:
    """A pool of two ready numbers."""
    project.answer("pool", "fill")
    return project


@pytest.mark.parametrize(
    "words",
    [
        ("pool", "fill"),
        ("provision", "--country", "US", "--yes"),
        ("resolve", "--country", "US", "--ref", "b"),
        ("reconcile",),
        ("reconcile", "--no-fill"),
        ("pool", "fill", "--dry-run"),
    ],
    ids=" ".join,
)
def test_a_new_inventory_beside_the_projects_numbers_neither_buys_nor_hands_out(
    filled: ReadyProject, words: tuple[str, ...]
) -> None:
    filled.inventory.unlink()
    filled.answer("inventory", "create")
    before = filled.bought()
    called = filled.call(*words, "--json")
    assert called.exit_code == 3, called.out
    assert called.document["error"]["message"].startswith("this inventory is new, and project acme")
    assert "kapso-twilio reconcile --adopt" in called.document["error"]["hint"]
    assert filled.bought() == before
    assert filled.states() == {}


def test_adopting_makes_a_new_inventory_the_home_and_buys_nothing_again(
    filled: ReadyProject,
) -> None:
    before = sorted(filled.bought())
    filled.inventory.unlink()
    filled.answer("inventory", "create")
    assert filled.call("reconcile").exit_code == 3
    assert "wrong_home" in kinds(filled)
    assert sorted(actions(filled, "--adopt")) == [("adopted", one) for one in before]
    ((installation,),) = filled.rows("SELECT installation FROM identity")
    assert {name_of(filled, one).split(":")[2] for one in before} == {installation}
    assert "wrong_home" not in kinds(filled)
    assert actions(filled) == []
    assert sorted(filled.bought()) == before
    filled.answer("provision", "--country", "US", "--yes")


def test_an_inventory_whose_numbers_were_taken_over_stops_until_it_takes_them_back(
    filled: ReadyProject, tmp_path: Path
) -> None:
    first = tmp_path / "first.db"
    shutil.copy(filled.inventory, first)
    filled.inventory.unlink()
    filled.answer("inventory", "create")
    filled.answer("reconcile", "--adopt")
    shutil.copy(first, filled.inventory)
    called = filled.call("reconcile", "--json")
    assert called.exit_code == 3
    assert "2 numbers of it carry the label of installation" in called.document["error"]["reason"]
    for words in (("resolve", "--ref", "a"), ("provision", "--country", "US", "--yes")):
        refused = filled.call(*words)
        assert refused.exit_code == 3
        assert "neither buys nor hands out numbers" in refused.err
        assert "reconcile --adopt" in refused.err
    assert "superseded" in kinds(filled)
    assert len(filled.bought()) == 2
    taken = actions(filled, "--adopt")
    labelled = [("labelled", one) for one in filled.bought()]
    assert set(taken) == {*labelled, ("inventory_checked", None)}
    assert filled.answer("resolve", "--ref", "a")["path"] == "pool"


@pytest.fixture
def old_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """An inventory that was put back as it was before one hand-out, one claim and one purchase."""
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    project.answer("pool", "fill")
    copy = tmp_path / "copy.db"
    shutil.copy(project.inventory, copy)
    held = project.answer("resolve", "--ref", "a")
    project.answer("provision", "--country", "US", "--yes")
    sandbox.claim(preverified_id=held["preverified_id"], customer_id="c")
    shutil.copy(copy, project.inventory)
    return project


@pytest.mark.parametrize(
    "words",
    [
        ("resolve", "--ref", "b"),
        ("resolve", "--ref", "b", "--no-provision"),
        ("resolve", "--country", "CL", "--ref", "b"),
        ("provision", "--country", "US", "--yes"),
    ],
    ids=" ".join,
)
def test_an_old_copy_of_the_inventory_neither_buys_nor_hands_out(
    old_copy: ReadyProject, words: tuple[str, ...]
) -> None:
    before = old_copy.bought()
    called = old_copy.call(*words, "--json")
    assert called.exit_code == 3
    assert called.document["error"]["hint"] == "kapso-twilio reconcile --no-fill"
    assert "restored" in kinds(old_copy)
    assert old_copy.bought() == before


@pytest.mark.parametrize("words", [("reconcile", "--no-fill"), ("reconcile",)], ids=" ".join)
def test_a_reconcile_teaches_an_old_copy_what_it_forgot_and_buys_nothing_again(
    old_copy: ReadyProject, words: tuple[str, ...]
) -> None:
    before = sorted(old_copy.bought())
    done = old_copy.answer(*words)["actions"]
    assert sorted(one["kind"] for one in done) == ["adopted", "connected", "inventory_checked"]
    assert old_copy.states() == {"ready": 1, "connected": 1, "quarantined": 1}
    assert "restored" not in kinds(old_copy)
    old_copy.answer("reconcile")
    assert sorted(old_copy.bought()) == before
    handed_out = old_copy.answer("resolve", "--ref", "b")
    assert handed_out["path"] == "pool"
    (connected,) = [
        one["phone_number"]
        for one in old_copy.answer("number", "list", "--state", "connected")["numbers"]
    ]
    assert handed_out["phone_number"] != connected


def test_an_old_copy_whose_object_is_gone_at_meta_is_known_without_kapso(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox)
    project.answer("pool", "fill")
    copy = tmp_path / "copy.db"
    shutil.copy(project.inventory, copy)
    held = project.answer("resolve", "--ref", "a")
    sandbox.claim(preverified_id=held["preverified_id"], customer_id="c")
    shutil.copy(copy, project.inventory)
    quarantined = ("quarantined", held["phone_number"])
    assert actions(project, "--no-fill") == [quarantined, ("inventory_checked", None)]
    assert number(project, held["phone_number"])["reason"].startswith("its object at Meta is gone")
    assert project.answer("resolve", "--ref", "b")["phone_number"] != held["phone_number"]


def test_an_old_copy_stays_barred_while_kapso_does_not_answer(old_copy: ReadyProject) -> None:
    old_copy.sandbox.fault(fault="status", status=503, path="/platform/v1", times=None)
    called = old_copy.call("reconcile", "--no-fill")
    assert called.exit_code == 7
    assert "Kapso is not available" in called.err
    assert old_copy.call("resolve", "--ref", "b").exit_code == 3
    old_copy.sandbox.clear_faults()
    old_copy.answer("reconcile", "--no-fill")
    assert old_copy.answer("resolve", "--ref", "b")["path"] == "pool"


def test_an_old_copy_ends_no_reservation_while_kapso_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(
        tmp_path, monkeypatch, sandbox, kapso=True, onboarding={"reservation_ttl": "1s"}
    )
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "a")
    copy = tmp_path / "copy.db"
    shutil.copy(project.inventory, copy)
    project.answer("resolve", "--ref", "b")
    shutil.copy(copy, project.inventory)
    time.sleep(1.1)
    sandbox.fault(fault="status", status=503, path="/platform/v1", times=None)
    sandbox.forget_requests()
    assert project.call("reconcile", "--no-fill").exit_code in (7, 75)
    assert not [one for one in sandbox.requests() if one.startswith("DELETE")]
    assert project.states() == {"reserved": 1, "ready": 1}


def test_a_new_inventory_beside_the_projects_numbers_takes_no_other_in_to_hand_it_out(
    filled: ReadyProject,
) -> None:
    filled.sandbox.buy_in_console(OURS)
    filled.inventory.unlink()
    filled.answer("inventory", "create")
    called = filled.call("number", "import", OURS)
    assert called.exit_code == 3
    assert "reconcile --adopt" in called.err
    assert filled.call("resolve", "--country", "US", "--ref", "b").exit_code == 3


def test_an_adoption_whose_label_cannot_be_put_on_leaves_one_home(filled: ReadyProject) -> None:
    filled.inventory.unlink()
    filled.answer("inventory", "create")
    filled.sandbox.fault(fault="status", status=503, method="POST", path=ONE)
    assert filled.call("reconcile", "--adopt").exit_code == 75
    assert filled.call("reconcile").exit_code == 3
    assert len(actions(filled, "--adopt")) == 2
    ((installation,),) = filled.rows("SELECT installation FROM identity")
    assert {name_of(filled, one).split(":")[2] for one in filled.bought()} == {installation}


def test_a_doubted_inventory_is_checked_against_kapso_while_the_project_is_off(
    old_copy: ReadyProject,
) -> None:
    old_copy.answer("disable")
    done = old_copy.answer("reconcile", "--no-fill")["actions"]
    assert {one["kind"] for one in done} == {"adopted", "connected", "inventory_checked"}
    old_copy.answer("enable")
    assert old_copy.answer("resolve", "--ref", "b")["path"] == "pool"


@pytest.mark.parametrize(
    "words", [("number", "verify"), ("reservation", "cancel")], ids=lambda words: words[0]
)
def test_an_old_copy_takes_nothing_off_meta(old_copy: ReadyProject, words: tuple[str, ...]) -> None:
    known, _ = sorted(old_copy.bought())[:2]
    called = old_copy.call(*words, known)
    assert called.exit_code == 3
    assert "older than the account" in called.err
    assert not [one for one in old_copy.sandbox.requests() if one.startswith("DELETE")]


def test_a_dry_run_beside_a_wrong_home_writes_nothing(filled: ReadyProject) -> None:
    filled.inventory.unlink()
    filled.answer("inventory", "create")
    before = filled.everything()
    for words in (("pool", "fill"), ("provision", "--country", "US"), ("reconcile",)):
        assert filled.call(*words, "--dry-run").exit_code == 3
    assert filled.everything() == before
