"""`resolve`: a number for one onboarding, from the pool, else live, else standard."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kapso_twilio_cli.sandbox.catalogue import address_sid
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

ENTITLED_ALWAYS = {"enterprise"}
ENTITLED_WITH_ADDON = {"pro", "team", "platform"}


@pytest.mark.parametrize("addon", [True, False])
@pytest.mark.parametrize("plan", ["free", "legacy", "pro", "team", "platform", "enterprise"])
def test_the_plan_decides_between_live_and_standard(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: RunningSandbox,
    plan: str,
    addon: bool,
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, plan=plan, custom_twilio_addon=addon)
    entitled = plan in ENTITLED_ALWAYS or (addon and plan in ENTITLED_WITH_ADDON)
    answer = project.answer("resolve", "--country", "CL", "--ref", "a")
    if entitled:
        assert (answer["path"], answer["reason"]) == ("live", "no_pool")
        assert project.bought() == [answer["phone_number"]]
    else:
        assert (answer["path"], answer["reason"]) == ("standard", "plan")
        assert (answer["phone_number"], answer["sid"], answer["otp_required"]) == (None, None, None)
        assert project.sandbox.requests() == []
    assert project.answer("status")["enabled"] is entitled


def test_a_disabled_project_answers_standard_and_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, enabled=False)
    answer = project.answer("resolve", "--country", "CL", "--ref", "a")
    assert (answer["path"], answer["reason"], answer["ref"]) == ("standard", "disabled", "a")
    assert answer["embedded_signup"] is None
    assert sandbox.requests() == []
    called = project.call("resolve", "--country", "CL")
    assert called.out == "standard: Kapso's own numbers are used (custom Twilio is switched off)\n"


def test_a_ready_number_is_handed_out_without_secrets_or_network(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.answer("pool", "fill")
    project.sandbox.forget_requests()
    for name in ("AUTH_TOKEN", "META_TOKEN"):
        monkeypatch.delenv(f"KAPSO_TWILIO_{name}")
    answer = project.answer("resolve", "--country", "us", "--ref", "a", "--customer", "c-7")
    assert (answer["path"], answer["reason"]) == ("pool", "pool_ready")
    assert answer["otp_required"] is False
    ids = answer["embedded_signup"]["setup"]["preVerifiedPhone"]["ids"]
    assert ids == [answer["preverified_id"]]
    assert project.sandbox.requests() == []
    (shown,) = project.answer("number", "list", "--customer", "c-7")["numbers"]
    assert (shown["phone_number"], shown["state"]) == (answer["phone_number"], "reserved")
    assert shown["reserved_until"] == answer["reserved_until"]


def test_the_same_ref_gives_the_same_answer_and_another_ref_another_number(
    project: ReadyProject,
) -> None:
    project.answer("pool", "fill")
    first = project.answer("resolve", "--ref", "a")
    assert project.answer("resolve", "--country", "US", "--ref", "a") == first
    project.answer("connect", "--ref", "a")
    assert project.answer("resolve", "--ref", "a")["phone_number"] == first["phone_number"]
    second = project.answer("resolve", "--ref", "b")
    assert second["phone_number"] != first["phone_number"]
    assert len(project.bought()) == 2


def test_the_same_ref_with_another_country_is_refused(project: ReadyProject) -> None:
    project.answer("resolve", "--country", "CL", "--ref", "a")
    called = project.call("resolve", "--country", "US", "--ref", "a", "--json")
    assert called.exit_code == 3
    error = called.document["error"]
    assert error["message"] == "ref a has a number of Chile (CL)"
    assert error["hint"] == "use another --ref for another onboarding"
    assert len(project.bought()) == 1


def test_without_a_ref_one_is_made_and_said_before_anything_is_bought(
    project: ReadyProject,
) -> None:
    called = project.call("resolve", "--country", "CL", "--json")
    ref = called.document["ref"]
    assert called.err.startswith(f"ref: {ref}\n")
    assert (
        project.answer("resolve", "--country", "CL", "--ref", ref)["phone_number"]
        == called.document["phone_number"]
    )
    project.sandbox.fault(method="POST", path="IncomingPhoneNumbers", fault="drop_before")
    called = project.call("resolve", "--country", "CL")
    assert called.exit_code == 9
    ((stored,),) = project.rows("SELECT ref FROM purchases WHERE state = 'unknown'")
    assert called.err.startswith(f"ref: {stored}\n")


def test_an_empty_pool_is_answered_live(project: ReadyProject) -> None:
    answer = project.answer("resolve", "--country", "US", "--ref", "a")
    assert (answer["path"], answer["reason"], answer["otp_required"]) == (
        "live",
        "pool_empty",
        True,
    )
    assert (answer["preverified_id"], answer["embedded_signup"]) == (None, None)
    assert (answer["monthly_price"], answer["currency"]) == ("1.15", "USD")
    ((state, pool),) = project.rows("SELECT state, pool FROM numbers")
    assert (state, pool) == ("reserved", None)


def test_a_disabled_pool_is_not_handed_out_from(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("pool", "set", "US", "--disable")
    answer = project.answer("resolve", "--country", "US", "--ref", "a")
    assert (answer["path"], answer["reason"]) == ("live", "pool_disabled")


def test_no_provision_exits_8_and_buys_nothing(project: ReadyProject) -> None:
    before = project.everything()
    called = project.call("resolve", "--country", "US", "--no-provision", "--json")
    assert called.exit_code == 8
    assert called.document["error"]["kind"] == "pool_empty"
    assert "kapso-twilio pool fill US" in called.document["error"]["hint"]
    assert project.everything() == before
    assert project.sandbox.requests() == []


def test_a_number_whose_verification_ends_too_soon_is_not_handed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(verification_days=20) as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox, onboarding={"min_validity": "10d"})
        project.answer("pool", "fill")
        project.answer("config", "set", "onboarding.min_validity", "30d")
        assert project.call("resolve", "--ref", "a", "--no-provision").exit_code == 8
        # Meta verifies anew in the second half of the time alone.
        assert project.call("pool", "fill").exit_code == 5
        project.answer("config", "set", "onboarding.min_validity", "10d")
        project.answer("pool", "fill")
        assert project.answer("resolve", "--ref", "a", "--no-provision")["path"] == "pool"


def test_an_owned_number_of_no_pool_is_reused_before_one_is_bought(project: ReadyProject) -> None:
    owned = project.answer("provision", "--country", "CL", "--yes")["phone_number"]
    answer = project.answer("resolve", "--country", "CL", "--ref", "a")
    assert (answer["path"], answer["phone_number"]) == ("live", owned)
    assert project.bought() == [owned]
    assert project.answer("resolve", "--country", "CL", "--ref", "b")["phone_number"] != owned
    assert len(project.bought()) == 2


def test_an_owned_number_of_another_type_is_not_reused(project: ReadyProject) -> None:
    project.answer("provision", "--country", "CL", "--number-type", "mobile", "--yes")
    answer = project.answer("resolve", "--country", "CL", "--ref", "a")
    assert answer["monthly_price"] == "2.50"
    assert len(project.bought()) == 2


def test_with_custom_meta_credentials_pools_are_passed_over_and_live_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, meta={"credentials": "custom"})
    answer = project.answer("resolve", "--country", "US", "--ref", "a")
    assert (answer["path"], answer["reason"]) == ("live", "custom_meta")
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 3
    assert called.document["error"]["hint"] == (
        "live provisioning works: kapso-twilio resolve --country CC"
    )
    assert 'meta.credentials is "custom"' in called.document["error"]["reason"]
    assert len(project.bought()) == 1


def test_the_answer_says_where_bundle_and_address_come_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    countries = {"CL": {"address_sid": address_sid("CL")}}
    project = ready_project(tmp_path, monkeypatch, sandbox, countries=countries, pools={})
    other = "AD" + "2" * 32
    called = project.call(
        "resolve", "--country", "CL", "--ref", "a", "--address-sid", other, "--dry-run"
    )
    assert called.exit_code == 0
    assert f"{other} is not used: the settings for CL come first" in called.err


def test_a_dry_run_of_a_claim_and_of_a_purchase_change_nothing(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    before, bought = project.everything(), project.bought()
    claim = project.answer("resolve", "--country", "US", "--ref", "a", "--dry-run")
    assert (claim["dry_run"], claim["path"]) == (True, "pool")
    live = project.answer("resolve", "--country", "CL", "--ref", "b", "--dry-run")
    assert (live["dry_run"], live["path"], live["monthly_price"]) == (True, "live", "2.50")
    assert project.everything() == before
    assert project.bought() == bought


def test_two_processes_with_the_same_ref_buy_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(latency_ms=150) as slow:
        project = ready_project(tmp_path, monkeypatch, slow)
        words = ("resolve", "--country", "CL", "--ref", "a", "--json")
        exits = sorted(_ended(process)[0] for process in [project.start(*words) for _ in range(2)])
        assert exits in ([0, 0], [0, 75])
        assert project.answer(*words[:-1])["phone_number"] == project.bought()[0]
        assert len(project.bought()) == 1
        assert project.owes_what_it_knows()


def test_processes_that_claim_at_once_never_get_the_same_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, pools={"US": {"target_size": 3}})
    project.answer("pool", "fill")
    words = ("resolve", "--country", "US", "--no-provision", "--json")
    ended = [_ended(process) for process in [project.start(*words) for _ in range(5)]]
    assert Counter(exit_code for exit_code, _ in ended) == {0: 3, 8: 2}
    assert project.states() == {"reserved": 3}
    assert project.rows("SELECT count(*), count(DISTINCT number_id) FROM reservations") == [(3, 3)]


def _ended(process: Any) -> tuple[int, str]:
    out, _ = process.communicate(timeout=30)
    return process.returncode, out
