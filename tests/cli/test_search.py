"""`search`: numbers on sale, with the monthly price."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox


def test_numbers_come_with_their_price_and_abilities(project: ReadyProject) -> None:
    document = project.answer("search", "--country", "cl")
    assert (document["country"], document["number_type"]) == ("CL", "local")
    assert (document["monthly_price"], document["currency"]) == ("2.50", "USD")
    assert 0 < len(document["numbers"]) <= 30
    for number in document["numbers"]:
        assert number.keys() == {
            "phone_number",
            "locality",
            "region",
            "capabilities",
            "address_requirements",
        }
        assert number["capabilities"].keys() == {"sms", "voice", "mms"}
        assert number["phone_number"].startswith("+56")


def test_a_type_can_be_asked_for(project: ReadyProject) -> None:
    document = project.answer("search", "--country", "CL", "--number-type", "mobile")
    assert document["monthly_price"] == "5.00"
    assert all(one["phone_number"].startswith("+569") for one in document["numbers"])


def test_contains_narrows_the_search(project: ReadyProject) -> None:
    document = project.answer("search", "--country", "CL", "--contains", "5622")
    assert all("5622" in one["phone_number"] for one in document["numbers"])


def test_a_country_that_is_not_allowed_is_searched_with_a_note(project: ReadyProject) -> None:
    called = project.call("search", "--country", "PE", "--json")
    assert called.exit_code == 0
    assert called.document["monthly_price"] == "5.00"
    assert "PE is not allowed yet: kapso-twilio country allow PE" in called.err


def test_it_works_while_custom_twilio_is_off_and_without_an_inventory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, enabled=False)
    project.inventory.unlink()
    assert project.answer("search", "--country", "US")["numbers"]
    assert project.bought() == []


def test_text_is_a_line_a_number_with_the_price_beside_it(project: ReadyProject) -> None:
    called = project.call("search", "--country", "CL")
    lines = called.out.splitlines()
    assert all(line.startswith("+56") and line.count("\t") == 4 for line in lines)
    assert called.err == "Chile, local: 2.50 USD a month each\n"
    assert project.call("search", "--country", "CL", "--quiet").err == ""


def test_an_unknown_price_is_null_and_no_error(project: ReadyProject) -> None:
    body = {"iso_country": "CL", "price_unit": "USD", "phone_number_prices": []}
    project.sandbox.fault(path="PhoneNumbers/Countries", fault="status", status=200, body=body)
    document = project.answer("search", "--country", "CL")
    assert (document["monthly_price"], document["currency"]) == (None, None)
