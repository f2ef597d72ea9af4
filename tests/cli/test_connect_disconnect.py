"""`connect` and `disconnect`: a WhatsApp config comes and goes, by word of whoever put it there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox


def reserved(project: ReadyProject, ref: str = "a") -> str:
    """Fill the pool, and hand a number of it out."""
    project.answer("pool", "fill")
    return str(project.answer("resolve", "--ref", ref)["phone_number"])


def connected(project: ReadyProject, ref: str = "a") -> str:
    number = reserved(project, ref)
    project.answer("connect", number)
    return number


def test_connect_takes_a_number_or_its_ref_and_does_nothing_twice(project: ReadyProject) -> None:
    number = reserved(project)
    first = project.answer("connect", "--ref", "a")
    assert (first["phone_number"], first["state"]) == (number, "connected")
    before = project.everything()
    assert project.answer("connect", number) == first
    assert project.answer("connect", "--ref", "a") == first
    assert project.everything() == before


@pytest.mark.parametrize(
    ("policy", "state", "pool"),
    [("return_to_pool", "provisioned", "US"), ("mark_unavailable", "unavailable", "US")],
)
def test_disconnect_applies_the_policy_of_the_call(
    project: ReadyProject, policy: str, state: str, pool: str
) -> None:
    number = connected(project)
    document = project.answer("disconnect", number, "--policy", policy)
    assert (document["state"], document["policy"]) == (state, policy)
    shown = project.answer("number", "show", number)
    assert (shown["pool"], shown["preverified_id"], shown["ref"]) == (pool, None, None)
    assert project.owes_what_it_knows(), "the number stays in the account, whatever the policy"


def test_disconnect_without_a_policy_takes_the_pools(project: ReadyProject) -> None:
    number = connected(project)
    assert project.answer("disconnect", "--ref", "a")["policy"] == "return_to_pool"
    assert project.answer("number", "show", number)["state"] == "provisioned"


def test_a_pool_that_says_nothing_marks_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, pools={"US": {"target_size": 1}})
    number = connected(project)
    assert project.answer("disconnect", number)["state"] == "unavailable"
    called = project.call("number", "add-to-pool", number)
    assert called.exit_code == 3
    assert f"hint: kapso-twilio number add-to-pool {number} --force" in called.err
    assert project.answer("number", "add-to-pool", number, "--force")["state"] == "provisioned"


def test_disconnect_again_gives_the_same_answer_and_changes_nothing(project: ReadyProject) -> None:
    number = connected(project)
    first = project.answer("disconnect", number)
    before = project.everything()
    assert project.answer("disconnect", number) == first
    assert project.answer("disconnect", "--ref", "a") == first
    assert project.everything() == before


def test_a_live_number_joins_its_countrys_pool_if_there_is_one(project: ReadyProject) -> None:
    number = project.answer("resolve", "--country", "US", "--ref", "a")["phone_number"]
    project.answer("connect", number)
    project.answer("disconnect", number, "--policy", "return_to_pool")
    assert project.answer("number", "show", number)["pool"] == "US"


def test_a_live_number_without_a_pool_to_return_to_waits_with_attention(
    project: ReadyProject,
) -> None:
    number = project.answer("resolve", "--country", "CL", "--ref", "a")["phone_number"]
    project.answer("connect", number)
    called = project.call("disconnect", number, "--policy", "return_to_pool")
    assert called.exit_code == 0
    assert "CL has no pool to return to: kapso-twilio pool set CL --target-size N" in called.err
    shown = project.answer("number", "show", number)
    assert (shown["state"], shown["pool"]) == ("provisioned", None)
    kinds = [one["kind"] for one in project.answer("status")["attention"]]
    assert "no_pool_to_return_to" in kinds


def test_while_kapso_lists_the_number_it_is_not_disconnected_unless_forced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    project.answer("pool", "fill")
    handed_out = project.answer("resolve", "--ref", "a")
    number = handed_out["phone_number"]
    sandbox.claim(preverified_id=handed_out["preverified_id"])
    project.answer("connect", number)
    before = project.everything()
    called = project.call("disconnect", number, "--json")
    assert called.exit_code == 3
    error = called.document["error"]
    assert error["message"] == f"{number} still has a WhatsApp config at Kapso"
    assert "--force" in error["hint"]
    assert project.everything() == before
    assert project.answer("disconnect", number, "--force")["state"] == "provisioned"


def test_when_kapso_lists_it_no_longer_it_is_disconnected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    number = connected(project)
    sandbox.claim(phone_number=number)
    sandbox.unclaim(number)
    assert project.answer("disconnect", number)["state"] == "provisioned"


def test_a_dry_run_says_what_would_be_and_changes_nothing(project: ReadyProject) -> None:
    number = reserved(project)
    before = project.everything()
    assert project.answer("connect", number, "--dry-run")["state"] == "connected"
    assert project.call("connect", number, "--dry-run").out == f"{number} would be connected\n"
    assert project.everything() == before
    project.answer("connect", number)
    before = project.everything()
    assert project.answer("disconnect", number, "--dry-run")["state"] == "provisioned"
    assert project.everything() == before


def test_a_number_and_a_ref_together_or_neither_is_wrong_usage(project: ReadyProject) -> None:
    for words in ((), ("+56225550123", "--ref", "a")):
        for verb in ("connect", "disconnect"):
            called = project.call(verb, *words)
            assert called.exit_code == 2
            assert "name one number, or one ref" in called.err


def test_after_a_retirement_the_number_is_never_handed_out(project: ReadyProject) -> None:
    number = connected(project)
    project.answer("disconnect", number, "--policy", "mark_unavailable")
    project.answer("reconcile")
    others = {project.answer("resolve", "--ref", ref)["phone_number"] for ref in "bcd"}
    assert number not in others


def test_an_id_that_a_customer_may_have_seen_is_never_used_again(project: ReadyProject) -> None:
    """The customer gave up after the id was shown: Meta still has the verified object."""
    project.answer("pool", "fill")
    shown = project.answer("resolve", "--ref", "a")
    project.answer("connect", "--ref", "a")
    project.answer("disconnect", "--ref", "a")
    project.sandbox.forget_requests()
    project.answer("reconcile")
    assert f"DELETE /v25.0/{shown['preverified_id']}" in project.sandbox.requests()
    again = project.answer("number", "show", shown["phone_number"])
    assert again["state"] == "ready"
    assert again["preverified_id"] != shown["preverified_id"]
