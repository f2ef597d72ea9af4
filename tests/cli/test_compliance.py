"""Bundles and addresses before money is spent: each verb says what is wrong, and buys nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kapso_twilio_cli.sandbox.catalogue import (
    BUNDLE_KINDS,
    BundleKind,
    address_sid,
    bundle_sid,
    stray_address_sid,
)
from tests.cli.refusals import refused
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox

GB_MOBILE = bundle_sid("GB", "mobile")
VERBS = [
    ("provision", "--country", "GB", "--yes"),
    ("provision", "--country", "GB", "--dry-run"),
    ("resolve", "--country", "GB", "--number-type", "mobile"),
    ("pool", "fill"),
    ("pool", "fill", "--dry-run"),
]


def gb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, **own: Any
) -> ReadyProject:
    """A project with a pool of GB mobile numbers; `own` are the country's settings."""
    countries = {"GB": {"number_type": "mobile", **own}}
    pools = {"GB": {"target_size": 1}}
    return ready_project(tmp_path, monkeypatch, sandbox, countries=countries, pools=pools)


@pytest.mark.parametrize("kind", [kind for kind in BUNDLE_KINDS if kind != "approved"])
def test_a_bundle_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, kind: BundleKind
) -> None:
    bundle = bundle_sid("GB", "mobile", kind)
    project = gb(tmp_path, monkeypatch, sandbox, bundle_sid=bundle)
    reason = {"expired": "it was valid until", "other-account": "it is a bundle of account AC"}
    for words in VERBS:
        refused(
            project,
            *words,
            exit_code=5,
            message=f"bundle {bundle} cannot be used for numbers in GB",
            reason=reason.get(kind, f"its status is {kind}, not twilio-approved"),
            hint="kapso-twilio country set GB --bundle-sid BU",
        )
    assert not [one for one in sandbox.requests() if one.startswith("POST")]


@pytest.mark.parametrize("bundle", [bundle_sid("DE", "mobile"), bundle_sid("GB", "local")])
@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_a_bundle_for_other_numbers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: RunningSandbox,
    words: tuple[str, ...],
    bundle: str,
) -> None:
    project = gb(tmp_path, monkeypatch, sandbox, bundle_sid=bundle)
    refused(
        project,
        *words,
        exit_code=5,
        message=f"bundle {bundle} cannot be used for numbers in GB",
        reason="not for GB mobile numbers",
        hint="kapso-twilio country set GB --bundle-sid BU",
    )


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("AD" + "f" * 32, "the account has no such address"),
        (stray_address_sid("GB"), f"bundle {GB_MOBILE} does not contain it (Twilio 21651)"),
        (address_sid("US"), f"bundle {GB_MOBILE} does not contain it (Twilio 21651)"),
    ],
)
@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_an_address_that_cannot_be_used(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: RunningSandbox,
    words: tuple[str, ...],
    address: str,
    reason: str,
) -> None:
    project = gb(tmp_path, monkeypatch, sandbox, bundle_sid=GB_MOBILE, address_sid=address)
    refused(
        project,
        *words,
        exit_code=5,
        message=f"address {address} cannot be used for numbers in GB",
        reason=reason,
        hint="kapso-twilio country set GB --address-sid AD",
    )


def test_numbers_that_need_an_address_while_none_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(
        tmp_path,
        monkeypatch,
        sandbox,
        allowed_countries=["US", "DE", "SE"],
        countries={"SE": {"number_type": "mobile"}},
        pools={"SE": {"target_size": 1}},
    )
    for words, place in (
        (("provision", "--country", "DE", "--yes"), "an address in Germany (DE)"),
        (("provision", "--country", "SE", "--yes"), "an address outside of Sweden (SE)"),
        (("resolve", "--country", "DE"), "an address in Germany (DE)"),
        (("pool", "fill"), "an address outside of Sweden (SE)"),
    ):
        called = refused(
            project,
            *words,
            exit_code=5,
            message="",
            reason="no address is configured (Twilio 21631)",
            hint="kapso-twilio country set",
        )
        assert f"need {place}" in called.document["error"]["message"]
    assert not [one for one in sandbox.requests() if one.startswith("POST")]


def test_an_exact_number_is_held_against_the_address_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    allowed = ["US", "SE"]
    project = ready_project(tmp_path, monkeypatch, sandbox, allowed_countries=allowed)
    words = ("--country", "SE", "--number-type", "mobile")
    wanted = project.answer("search", *words)["numbers"][0]["phone_number"]
    provision = ("provision", *words, "--phone-number", wanted, "--yes")
    refused(project, *provision, exit_code=5, message="mobile", reason="21631", hint="country set")
    abroad = ("--address-sid", address_sid("US"))
    assert project.answer(*provision, *abroad)["phone_number"] == wanted
    assert project.bought() == [wanted]


def test_the_projects_bundle_is_sent_to_its_own_country_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    twilio = {"bundle_sid": GB_MOBILE}
    project = ready_project(tmp_path, monkeypatch, sandbox, twilio=twilio, pools={})
    there = project.answer("provision", "--country", "GB", "--number-type", "mobile", "--yes")
    assert (there["bundle_sid"], there["bundle_sid_from"]) == (GB_MOBILE, "project")
    elsewhere = project.answer("provision", "--country", "CL", "--yes")
    assert (elsewhere["bundle_sid"], elsewhere["bundle_sid_from"]) == (None, None)
    for dry in ((), ("--dry-run",)):
        live = project.answer("resolve", "--country", "US", "--ref", "a", *dry)
        assert (live["path"], live["bundle_sid_from"]) == ("live", None)
    posts = [dict(one.form) for one in sandbox.requests_detail() if one.method == "POST"]
    assert [one.get("BundleSid") for one in posts] == [GB_MOBILE, None, None]
    stored = project.rows("SELECT bundle_sid, bundle_sid_from FROM purchases ORDER BY started_at")
    assert stored == [(GB_MOBILE, "project"), (None, None), (None, None)]


def test_a_fill_of_several_countries_reads_their_bundle_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(
        tmp_path,
        monkeypatch,
        sandbox,
        twilio={"bundle_sid": GB_MOBILE},
        countries={"GB": {"number_type": "mobile"}},
        pools={country: {"target_size": 1} for country in ("GB", "US", "CL")},
    )
    project.answer("pool", "fill")
    assert project.states() == {"ready": 3}
    reads = [one for one in sandbox.requests() if one.endswith(f"/Bundles/{GB_MOBILE}")]
    assert len(reads) == 1


def test_a_wrong_bundle_stops_its_country_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(
        tmp_path,
        monkeypatch,
        sandbox,
        countries={"GB": {"number_type": "mobile", "bundle_sid": bundle_sid("DE", "mobile")}},
        pools={"GB": {"target_size": 2}, "US": {"target_size": 2}},
    )
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 7
    britain, states = called.document["pools"]
    assert (britain["bought"], states["ready"]) == (0, 2)
    assert "it is for DE mobile numbers, not for GB mobile numbers" in britain["reasons"][0]
    posts = [dict(one.form) for one in sandbox.requests_detail() if one.method == "POST"]
    assert not [one for one in posts if one.get("PhoneNumber", "").startswith("+44")]
    assert project.owes_what_it_knows()


def test_a_bundle_that_twilio_refuses_all_the_same_stops_its_country_after_one_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(
        tmp_path,
        monkeypatch,
        sandbox,
        countries={"GB": {"number_type": "mobile"}},
        pools={"GB": {"target_size": 5}, "US": {"target_size": 2}},
    )
    called = project.call("pool", "fill", "--concurrency", "1", "--json")
    assert called.exit_code == 7
    assert [pool["ready"] for pool in called.document["pools"]] == [0, 2]
    posts = [dict(one.form) for one in sandbox.requests_detail() if one.method == "POST"]
    tried = [one for one in posts if one.get("PhoneNumber", "").startswith("+44")]
    assert len(tried) == 1
    assert "may need a regulatory bundle, and none is sent" in called.err


@pytest.mark.parametrize(
    "words",
    [
        ("provision", "--country", "GB", "--number-type", "mobile", "--dry-run"),
        ("resolve", "--country", "GB", "--number-type", "mobile", "--dry-run"),
        ("pool", "fill", "--dry-run"),
        ("reconcile", "--dry-run"),
        ("search", "--country", "GB", "--number-type", "mobile"),
    ],
    ids=" ".join,
)
def test_what_is_only_likely_is_a_warning(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: RunningSandbox,
    words: tuple[str, ...],
) -> None:
    project = gb(tmp_path, monkeypatch, sandbox)
    for quiet in ((), ("--quiet",)):
        called = project.call(*words, *quiet)
        assert called.exit_code == 0
        assert (
            "warning: mobile numbers in United Kingdom (GB) may need a regulatory bundle, and none"
            " is sent: kapso-twilio country set GB --bundle-sid BU" in called.err
        )


def test_a_search_warns_of_what_a_purchase_would_be_refused_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    draft = bundle_sid("GB", "mobile", "draft")
    project = gb(tmp_path, monkeypatch, sandbox, bundle_sid=draft, address_sid="AD" + "f" * 32)
    called = project.call("search", "--country", "GB", "--json")
    assert called.exit_code == 0
    assert called.document["numbers"]
    bundle, address = called.document["warnings"]
    assert bundle.startswith(
        f"bundle {draft} cannot be used for numbers in GB: its status is draft"
    )
    assert "kapso-twilio country set GB --bundle-sid" in bundle
    assert "the account has no such address" in address
    assert f"warning: {bundle}\n" in called.err
    assert project.answer("search", "--country", "US")["warnings"] == []


def test_a_search_goes_on_where_papers_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = gb(tmp_path, monkeypatch, sandbox, bundle_sid=GB_MOBILE)
    body = {"code": 70051, "message": "not granted", "status": 403}
    sandbox.fault(path="/Bundles/", fault="status", status=403, body=body)
    document = project.answer("search", "--country", "GB")
    assert document["numbers"]
    (warning,) = document["warnings"]
    assert warning.startswith("bundle and address could not be checked: Twilio rejected")


def test_a_filled_pool_is_searched_for_once(project: ReadyProject) -> None:
    """The sample that was looked at before the purchases is what they are made from."""
    project.answer("pool", "fill")
    searches = [one for one in project.sandbox.requests() if "/US/Local.json" in one]
    assert len(searches) == 1
    project.answer("provision", "--country", "CL", "--yes")
    assert len([one for one in project.sandbox.requests() if "/CL/Local.json" in one]) == 1
