"""Claims: a number whose object is gone from Meta's list never goes back by that alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox


def delete_at_meta(project: ReadyProject, preverified_id: str) -> None:
    """Let the object go, as a claim or a purge does, with nothing in its place."""
    known = project.sandbox.credentials
    answer = project.sandbox.session.delete(
        f"{project.sandbox.url}/v25.0/{preverified_id}",
        headers={"Authorization": f"Bearer {known['meta_token']}"},
        timeout=30,
    )
    assert answer.ok


def kinds(project: ReadyProject) -> list[tuple[str, str]]:
    """What needs attention, but for a pool that is short."""
    found = project.answer("status")["attention"]
    return [(one["kind"], one["phone_number"]) for one in found if one["kind"] != "pool_short"]


@pytest.fixture
def with_kapso(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A project that has a Kapso API key."""
    return ready_project(tmp_path, monkeypatch, sandbox, kapso=True)


def test_a_ready_number_whose_object_is_gone_is_quarantined_and_replaced(
    project: ReadyProject,
) -> None:
    project.answer("pool", "fill")
    ready = project.answer("number", "list")["numbers"][0]
    delete_at_meta(project, ready["preverified_id"])
    done = project.answer("reconcile")["actions"]
    assert (done[0]["kind"], done[0]["phone_number"]) == ("quarantined", ready["phone_number"])
    assert project.states() == {"quarantined": 1, "ready": 2}
    assert kinds(project) == [("quarantined", ready["phone_number"])]
    assert project.answer("reconcile")["actions"] == []


def test_a_reserved_number_that_kapso_lists_is_connected(with_kapso: ReadyProject) -> None:
    project = with_kapso
    project.answer("pool", "fill")
    held = project.answer("resolve", "--ref", "a")
    project.sandbox.claim(preverified_id=held["preverified_id"])
    done = project.answer("reconcile", "--no-fill")["actions"]
    assert [(one["kind"], one["phone_number"]) for one in done] == [
        ("connected", held["phone_number"])
    ]
    assert kinds(project) == []


@pytest.mark.parametrize("kapso", [False, True])
def test_a_reserved_number_whose_object_is_gone_stays_and_a_person_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, kapso: bool
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=kapso)
    project.answer("pool", "fill")
    held = project.answer("resolve", "--ref", "a")
    number = held["phone_number"]
    if kapso:
        delete_at_meta(project, held["preverified_id"])
    else:
        sandbox.claim(preverified_id=held["preverified_id"])
    for _ in range(2):
        assert project.answer("reconcile", "--no-fill")["actions"] == []
        assert project.answer("number", "show", number)["state"] == "reserved"
        assert kinds(project) == [("maybe_claimed", number)]
    (attention,) = [
        one for one in project.answer("status")["attention"] if one["kind"] == "maybe_claimed"
    ]
    says = "Kapso has not confirmed it" if kapso else "no Kapso API key says more"
    assert says in attention["message"]
    project.answer("connect", number)
    assert kinds(project) == []


def test_a_reserved_number_that_is_still_there_raises_nothing(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "a")
    project.answer("reconcile", "--no-fill")
    assert kinds(project) == []


def test_a_listing_that_leaves_one_out_takes_nothing_away(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "a")
    project.sandbox.fault(
        method="GET",
        path="preverified_numbers",
        fault="status",
        status=200,
        body={"data": []},
        times=1,
    )
    before = project.states()
    assert project.answer("reconcile", "--no-fill")["actions"] == []
    assert project.states() == before
    assert kinds(project) == []


def test_meta_being_away_is_told_and_what_needs_no_meta_goes_on(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.sandbox.fault(
        method="GET", path="preverified_numbers", fault="status", status=503, times=None
    )
    project.sandbox.remove(project.bought()[0])
    called = project.call("reconcile", "--no-fill", "--json")
    assert called.exit_code == 7
    assert [one["kind"] for one in called.document["actions"]] == ["missing"]
    assert project.states() == {"missing": 1, "ready": 1}


def test_without_pool_numbers_meta_is_not_asked(project: ReadyProject) -> None:
    project.answer("reconcile", "--no-fill")
    assert not [one for one in project.sandbox.requests() if "preverified" in one]


def test_what_is_past_metas_ninety_days_raises_attention(project: ReadyProject) -> None:
    project.sandbox.fault(method="POST", path="request_code", fault="status", status=503)
    project.call("pool", "fill")
    project.sandbox.clear_faults()
    assert sorted(kinds(project)) == sorted(("verification_failing", n) for n in project.bought())
    never, other = project.bought()
    long_ago = "2026-01-01T00:00:00.000000Z"
    project.change("UPDATE numbers SET bought_at = ? WHERE phone_number = ?", long_ago, never)
    assert ("past_meta_limit", never) in kinds(project)
    assert ("past_meta_limit", other) not in kinds(project)
    project.answer("pool", "fill")
    assert kinds(project) == []
    held = project.answer("resolve", "--ref", "a")["phone_number"]
    project.change("UPDATE reservations SET reserved_at = ?", long_ago)
    assert kinds(project) == [("past_meta_limit", held)]
    project.answer("connect", held)
    assert kinds(project) == []
