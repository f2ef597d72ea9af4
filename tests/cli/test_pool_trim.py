"""`pool trim`: releases what is above a pool's target, and not one number more."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.cli.refusals import refused
from tests.projects import ReadyProject, ready_project, wait_until
from tests.vendors import RunningSandbox, running_sandbox

TWILIO = "IncomingPhoneNumbers/PN"


def released(project: ReadyProject) -> list[str]:
    entries = project.sandbox.ledger()
    return [entry["phone_number"] for entry in entries if entry["kind"] == "release"]


def soonest(project: ReadyProject) -> list[str]:
    """The ready numbers, soonest to expire first."""
    rows = project.rows(
        "SELECT phone_number FROM numbers WHERE state = 'ready'"
        " ORDER BY verification_expiry_time, id"
    )
    return [number for (number,) in rows]


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A pool of four ready numbers, whose target is one now."""
    return over_target(tmp_path, monkeypatch, sandbox)


def over_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    project = ready_project(tmp_path, monkeypatch, sandbox, pools={"US": {"target_size": 4}})
    project.answer("pool", "fill")
    for place, (number,) in enumerate(project.rows("SELECT id FROM numbers ORDER BY id DESC")):
        project.change(
            "UPDATE numbers SET verification_expiry_time ="
            " strftime('%Y-%m-%dT%H:%M:%S.000000Z', 'now', ?) WHERE id = ?",
            f"+{30 + place} days",
            number,
        )
    project.call("pool", "set", "US", "--target-size", "1")
    return project


def test_it_releases_so_many_soonest_to_expire_first(project: ReadyProject) -> None:
    before = soonest(project)
    document = project.answer("pool", "trim", "us", "--confirm", "US:2")
    assert document["released"] == [{"phone_number": number} for number in before[:2]]
    assert released(project) == before[:2]
    assert {key: document[key] for key in ("country", "failed", "surplus", "currency")} == {
        "country": "US",
        "failed": [],
        "surplus": 1,
        "currency": "USD",
    }
    assert document["monthly_cost_saved"] == "2.30"
    assert project.states() == {"released": 2, "ready": 2}
    assert project.answer("status")["pools"][0]["surplus"] == 1


def test_more_than_is_above_the_target_is_refused(project: ReadyProject) -> None:
    refused(
        project,
        *("pool", "trim", "US", "--confirm", "US:4"),
        exit_code=3,
        message="the pool for US has 3 ready numbers above its target, not 4",
        reason="its target is 1",
        hint="kapso-twilio pool trim US --confirm US:3",
    )
    assert released(project) == []


def test_of_one_number_above_the_target_one_is_spoken_of(project: ReadyProject) -> None:
    project.call("pool", "set", "US", "--target-size", "3")
    refused(
        project,
        *("pool", "trim", "US", "--confirm", "US:2"),
        exit_code=3,
        message="the pool for US has 1 ready number above its target, not 2",
        reason="its target is 3",
        hint="kapso-twilio pool trim US --confirm US:1",
    )


def test_with_nothing_above_the_target_nothing_is_released(project: ReadyProject) -> None:
    project.call("pool", "set", "US", "--target-size", "4")
    refused(
        project,
        *("pool", "trim", "US", "--confirm", "US:1"),
        exit_code=3,
        message="the pool for US has 0 ready numbers above its target, not 1",
        reason="its target is 4",
        hint="kapso-twilio pool set US --target-size N",
    )


@pytest.mark.parametrize("confirm", ["3", "US", "US:0", "US:-1", "US:03", "us:3", "CL:3", "US: 3"])
def test_anything_but_the_exact_words_is_wrong_usage(project: ReadyProject, confirm: str) -> None:
    refused(
        project,
        *("pool", "trim", "US", "--confirm", confirm),
        exit_code=2,
        message="nothing was released: this needs --confirm US:N",
        reason=repr(confirm),
        hint="kapso-twilio pool trim US --confirm US:3",
    )
    assert released(project) == []


def test_yes_does_not_replace_the_words(project: ReadyProject) -> None:
    assert project.call("pool", "trim", "US").exit_code == 2
    assert project.call("pool", "trim", "US", "--yes").exit_code == 2
    assert released(project) == []


def test_a_country_without_a_pool_or_numbers_of_one_is_refused(project: ReadyProject) -> None:
    called = project.call("pool", "trim", "CL", "--confirm", "CL:1")
    assert called.exit_code == 3
    assert "there is no pool for Chile (CL), and no number of one" in called.err


def test_of_a_removed_pool_every_ready_number_is_above_the_target(project: ReadyProject) -> None:
    removed = project.call("pool", "remove", "US")
    assert "kapso-twilio pool trim US --confirm US:4" in removed.err
    assert len(project.answer("pool", "trim", "US", "--confirm", "US:4")["released"]) == 4


def test_a_disabled_pool_keeps_its_target(project: ReadyProject) -> None:
    project.call("pool", "set", "US", "--disable")
    assert project.call("pool", "trim", "US", "--confirm", "US:4").exit_code == 3
    assert len(project.answer("pool", "trim", "US", "--confirm", "US:3")["released"]) == 3


def test_what_cannot_be_handed_out_any_more_is_not_above_the_target(project: ReadyProject) -> None:
    project.change(
        "UPDATE numbers SET verification_expiry_time = '2020-01-01T00:00:00.000000Z' WHERE id = 1"
    )
    document = project.answer("pool", "trim", "US", "--dry-run")
    assert document["surplus"] == 2


def test_where_one_fails_the_others_are_released_and_it_is_named(project: ReadyProject) -> None:
    first, second, _, _ = soonest(project)
    body = {"code": 21000, "message": "a trunk uses it", "status": 400}
    project.sandbox.fault(method="DELETE", path=TWILIO, fault="status", status=400, body=body)
    called = project.call("pool", "trim", "US", "--confirm", "US:2", "--json")
    assert called.exit_code == 7
    document = called.document
    assert document["released"] == [{"phone_number": second}]
    (failed,) = document["failed"]
    assert failed["phone_number"] == first
    assert "a trunk uses it" in failed["reason"]
    assert released(project) == [second]


def test_a_vendor_that_is_away_stops_it_at_once(project: ReadyProject) -> None:
    project.sandbox.fault(method="DELETE", path=TWILIO, fault="drop_before", times=None)
    called = project.call("pool", "trim", "US", "--confirm", "US:3", "--json")
    assert called.exit_code == 75
    assert len(called.document["failed"]) == 1
    assert project.states() == {"provisioned": 1, "ready": 3}


def test_a_dry_run_names_the_numbers_and_what_is_saved(project: ReadyProject) -> None:
    before, numbers = project.everything(), soonest(project)
    document = project.answer("pool", "trim", "US", "--dry-run")
    assert document["to_release"] == [{"phone_number": number} for number in numbers[:3]]
    assert (document["released"], document["surplus"]) == ([], 3)
    called = project.call("pool", "trim", "US", "--confirm", "US:1", "--dry-run")
    assert called.out == (
        f"would release {numbers[0]}\n"
        "US: 3 above the target; 1 released would save 1.15 USD a month\n"
    )
    assert (project.everything(), released(project)) == (before, [])


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
)
def test_a_signal_lets_the_release_under_way_be_recorded_and_starts_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, exit_code: int
) -> None:
    with running_sandbox(latency_ms=60) as sandbox:
        project = over_target(tmp_path, monkeypatch, sandbox)
        process = project.start("pool", "trim", "US", "--confirm", "US:3", "--json")
        wait_until(lambda: "provisioned" in project.states() or "released" in project.states())
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        document = json.loads(out)
        assert process.returncode == exit_code == document["error"]["exit_code"]
        assert "Traceback" not in err
        assert len(document["released"]) == len(released(project)) < 3
        gone = len(released(project))
        assert project.states() == {"released": gone, "ready": 4 - gone}


def test_an_onboarding_that_claims_meanwhile_keeps_the_pool_at_its_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(latency_ms=60) as sandbox:
        project = over_target(tmp_path, monkeypatch, sandbox)
        process = project.start("pool", "trim", "US", "--confirm", "US:3", "--json")
        wait_until(lambda: "provisioned" in project.states())
        for ref in ("a", "b"):
            project.answer("resolve", "--country", "US", "--ref", ref)
        out, _ = process.communicate(timeout=30)
        document = json.loads(out)
        assert process.returncode == 7
        assert document["surplus"] == 0
        assert len(document["released"]) == 1
        assert project.states() == {"released": 1, "reserved": 2, "ready": 1}


def test_what_is_used_otherwise_meanwhile_keeps_the_pool_at_its_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(latency_ms=60) as sandbox:
        project = over_target(tmp_path, monkeypatch, sandbox)
        latest = soonest(project)[-1]
        process = project.start("pool", "trim", "US", "--confirm", "US:3", "--json")
        wait_until(lambda: "provisioned" in project.states())
        project.answer("connect", latest)
        out, _ = process.communicate(timeout=30)
        document = json.loads(out)
        assert process.returncode == 7
        assert "none is above the target any more" in document["failed"][0]["reason"]
        assert project.states() == {"released": 2, "connected": 1, "ready": 1}
