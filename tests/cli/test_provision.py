"""`provision`: buy one number now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox

PROMISED = {
    "phone_number",
    "sid",
    "country",
    "number_type",
    "state",
    "monthly_price",
    "currency",
    "bundle_sid",
    "bundle_sid_from",
    "address_sid",
    "address_sid_from",
}


def test_a_number_is_bought_for_no_pool(project: ReadyProject) -> None:
    document = project.answer("provision", "--country", "cl", "--yes")
    assert document.keys() >= PROMISED
    assert (document["country"], document["number_type"]) == ("CL", "local")
    assert (document["state"], document["monthly_price"]) == ("provisioned", "2.50")
    assert project.answer("number", "show", document["phone_number"])["pool"] is None
    (entry,) = project.sandbox.ledger()
    assert (entry["phone_number"], entry["sid"]) == (document["phone_number"], document["sid"])
    assert entry["friendly_name"].startswith("kt:acme:")
    assert len(entry["friendly_name"]) <= 53


def test_exactly_the_number_that_was_asked_for_is_bought(project: ReadyProject) -> None:
    wanted = project.answer("search", "--country", "CL")["numbers"][3]["phone_number"]
    words = ("provision", "--country", "CL", "--phone-number", wanted, "--yes")
    assert project.answer(*words)["phone_number"] == wanted
    again = project.call(*words)
    assert again.exit_code == 3
    assert f"{wanted} is in the account already" in again.err
    assert project.bought() == [wanted]


def test_text_is_the_number_alone_on_stdout(project: ReadyProject) -> None:
    called = project.call("provision", "--country", "CL", "--yes")
    ((number, sid),) = project.rows("SELECT phone_number, sid FROM numbers")
    assert called.out == f"{number}\n"
    assert called.err == f"bought {number} ({sid}) at 2.50 USD a month\n"


def test_the_type_of_the_call_wins_over_the_countrys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    countries = {"CL": {"number_type": "mobile"}}
    project = ready_project(tmp_path, monkeypatch, sandbox, countries=countries)
    assert project.answer("provision", "--country", "CL", "--yes")["number_type"] == "mobile"
    words = ("provision", "--country", "CL", "--number-type", "local", "--yes")
    assert project.answer(*words)["number_type"] == "local"


@pytest.mark.parametrize("where", ["country", "project", "call"])
def test_bundle_and_address_are_sent_and_their_source_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, where: str
) -> None:
    bundle, address = paperwork()
    sids = {"bundle_sid": bundle, "address_sid": address}
    other = {"bundle_sid": "BU" + "9" * 32, "address_sid": "AD" + "9" * 32}
    countries: dict[str, object] = {"GB": {"number_type": "mobile"}}
    twilio: dict[str, object] = {}
    words = ["provision", "--country", "GB", "--yes"]
    if where == "country":
        countries = {"GB": {"number_type": "mobile", **sids}}
        twilio = dict(other)
    elif where == "project":
        twilio = dict(sids)
    lost = {"country": other, "project": other, "call": sids}[where]
    words += ["--bundle-sid", lost["bundle_sid"], "--address-sid", lost["address_sid"]]
    project = ready_project(tmp_path, monkeypatch, sandbox, countries=countries, twilio=twilio)
    called = project.call(*words, "--json")
    assert called.exit_code == 0, called.err
    document = called.document
    assert (document["bundle_sid"], document["bundle_sid_from"]) == (bundle, where)
    assert (document["address_sid"], document["address_sid_from"]) == (address, where)
    if where != "call":
        assert f"{other['bundle_sid']} is not used: the settings for GB come first" in called.err
        assert f"{other['address_sid']} is not used" in called.err
    (request,) = [one for one in sandbox.requests_detail() if one.method == "POST"]
    assert dict(request.form)["BundleSid"] == bundle
    assert dict(request.form)["AddressSid"] == address


def test_none_keeps_the_projects_bundle_from_a_country(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(
        tmp_path,
        monkeypatch,
        sandbox,
        twilio={"bundle_sid": "BU" + "9" * 32},
        countries={"CL": {"bundle_sid": "none"}},
    )
    document = project.answer("provision", "--country", "CL", "--yes")
    assert document["bundle_sid"] is None
    (request,) = [one for one in sandbox.requests_detail() if one.method == "POST"]
    assert "BundleSid" not in dict(request.form)


def test_a_dry_run_says_the_price_and_buys_nothing(project: ReadyProject) -> None:
    before = project.everything()
    document = project.answer("provision", "--country", "CL", "--dry-run")
    assert document.keys() >= PROMISED
    assert (document["dry_run"], document["monthly_price"]) == (True, "2.50")
    assert project.everything() == before
    assert project.bought() == []


def test_a_disabled_project_buys_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, enabled=False)
    called = project.call("provision", "--country", "CL", "--yes")
    assert called.exit_code == 3
    assert "custom Twilio is switched off" in called.err
    assert sandbox.requests() == []


def paperwork() -> tuple[str, str]:
    """The sandbox's approved bundle for GB mobile numbers, and an address in GB."""
    from kapso_twilio_cli.sandbox.catalogue import address_sid, bundle_sid

    return bundle_sid("GB", "mobile", "approved"), address_sid("GB")
