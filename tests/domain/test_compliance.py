"""What Twilio would refuse of a bundle and an address, and what it may refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from kapso_twilio_cli.domain.compliance import (
    Bundle,
    Paperwork,
    Regulation,
    address_suits,
    problems,
    warnings,
)
from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.purchase import RegulatorySids, SidSource
from kapso_twilio_cli.errors import Concerns

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT, OTHER_ACCOUNT = "AC" + "0" * 32, "AC" + "f" * 32
BU, AD, INSIDE = "BU" + "1" * 32, "AD" + "1" * 32, "AD" + "2" * 32
GB, US = Country("GB"), Country("US")
FOR_GB_MOBILE = Regulation("GB", "mobile", "business")
GOOD = Bundle(BU, ACCOUNT, "twilio-approved", NOW + timedelta(days=1), FOR_GB_MOBILE)
SET_BUNDLE = "kapso-twilio country set GB --bundle-sid BU"
SET_ADDRESS = "kapso-twilio country set GB --address-sid"


def papers(**changes: Any) -> Paperwork:
    """What is in order for GB mobile numbers, with a bundle and an address, but for `changes`."""
    sources = {"bundle_sid_from": SidSource.COUNTRY, "address_sid_from": SidSource.COUNTRY}
    good = Paperwork(
        country=GB,
        number_type=NumberType.MOBILE,
        account_sid=ACCOUNT,
        chosen=RegulatorySids(bundle_sid=BU, address_sid=AD, **sources),
        bundle=GOOD,
        address_country="GB",
        addresses_in_bundle=frozenset({AD}),
    )
    return replace(good, **changes)


def without_bundle(**changes: Any) -> Paperwork:
    """An address alone."""
    chosen = RegulatorySids(address_sid=AD, address_sid_from=SidSource.COUNTRY)
    return papers(chosen=chosen, bundle=None, addresses_in_bundle=frozenset(), **changes)


def from_project(**changes: Any) -> Paperwork:
    """The project's bundle and address."""
    chosen = RegulatorySids(BU, SidSource.PROJECT, AD, SidSource.PROJECT)
    return papers(chosen=chosen, **changes)


def test_good_papers_are_no_problem_and_no_warning() -> None:
    assert problems(papers(), ["local", "any"], NOW) == []
    assert warnings(papers()) == []


@pytest.mark.parametrize(
    ("bundle", "reason"),
    [
        (None, "the account has no such bundle"),
        (replace(GOOD, account_sid=OTHER_ACCOUNT), f"it is a bundle of account {OTHER_ACCOUNT}"),
        (replace(GOOD, status="draft"), "its status is draft, not twilio-approved"),
        (replace(GOOD, status="provisionally-approved"), "its status is provisionally-approved"),
        (replace(GOOD, valid_until=NOW), "it was valid until 2026-11-22"),
        (
            replace(GOOD, regulation=Regulation("DE", "mobile", None)),
            "it is for DE mobile numbers, not for GB mobile numbers",
        ),
        (
            replace(GOOD, regulation=Regulation("GB", "local", None)),
            "it is for GB local numbers, not for GB mobile numbers",
        ),
    ],
)
@pytest.mark.parametrize("source", [SidSource.COUNTRY, SidSource.CALL])
def test_a_bundle_that_twilio_would_refuse_is_named_with_the_command_that_mends_it(
    bundle: Bundle | None, reason: str, source: SidSource
) -> None:
    chosen = RegulatorySids(BU, source)
    (problem,) = problems(papers(chosen=chosen, bundle=bundle), ["none"], NOW)
    assert problem.message == f"bundle {BU} cannot be used for numbers in GB"
    assert (problem.reason or "").startswith(reason)
    assert (problem.hint or "").startswith(SET_BUNDLE)
    assert (problem.exit_code, problem.concerns) == (5, Concerns.COUNTRY)


def test_a_bundle_without_an_end_is_valid() -> None:
    assert problems(papers(bundle=replace(GOOD, valid_until=None)), ["none"], NOW) == []


def test_the_projects_bundle_goes_to_its_own_country_alone() -> None:
    assert from_project().sent == from_project().chosen
    elsewhere = from_project(country=US, address_country="US")
    assert elsewhere.sent == RegulatorySids(None, None, AD, SidSource.PROJECT)
    assert problems(elsewhere, ["local"], NOW) == [], "what is not sent is not looked at"
    unread = from_project(bundle=replace(GOOD, regulation=None))
    assert unread.sent.bundle_sid is None


def test_the_projects_bundle_for_another_type_of_its_country_is_a_problem() -> None:
    (problem,) = problems(from_project(number_type=NumberType.LOCAL), ["none"], NOW)
    assert "it is for GB mobile numbers, not for GB local numbers" in (problem.reason or "")


def test_a_bundle_of_the_project_that_does_not_exist_is_a_problem_everywhere() -> None:
    (problem,) = problems(from_project(country=US, bundle=None), ["none"], NOW)
    assert problem.reason == "the account has no such bundle"
    assert "none to send none" in (problem.hint or "")


def test_an_address_that_the_account_lacks_is_one_problem() -> None:
    (problem,) = problems(papers(address_country=None), ["local"], NOW)
    assert problem.message == f"address {AD} cannot be used for numbers in GB"
    assert problem.reason == "the account has no such address"
    assert (problem.hint or "").startswith(SET_ADDRESS)


def test_an_address_outside_of_the_bundle_names_one_inside() -> None:
    (problem,) = problems(papers(addresses_in_bundle=frozenset({INSIDE})), ["local"], NOW)
    assert problem.reason == f"bundle {BU} does not contain it (Twilio 21651)"
    assert problem.hint == f"{SET_ADDRESS} {INSIDE}"
    (problem,) = problems(papers(addresses_in_bundle=frozenset()), ["local"], NOW)
    assert "it contains none yet" in (problem.hint or "")


def test_without_a_bundle_the_address_need_not_be_in_one() -> None:
    assert problems(without_bundle(), ["local"], NOW) == []


@pytest.mark.parametrize(
    ("requirement", "none", "home", "abroad"),
    [
        ("none", True, True, True),
        ("any", False, True, True),
        ("local", False, True, False),
        ("foreign", False, False, True),
        ("LOCAL", False, True, False),
        ("something new", True, True, True),
    ],
)
def test_what_a_number_requires_of_an_address(
    requirement: str, none: bool, home: bool, abroad: bool
) -> None:
    assert address_suits(requirement, GB, None) is none
    assert address_suits(requirement, GB, "GB") is home
    assert address_suits(requirement, GB, "US") is abroad


@pytest.mark.parametrize(
    ("requirement", "address_country", "needed", "code"),
    [
        ("local", "US", "an address in United Kingdom (GB), and it is in US", 21615),
        ("foreign", "GB", "an address outside of United Kingdom (GB), and it is in GB", 21613),
    ],
)
def test_an_address_of_the_wrong_country_is_a_problem(
    requirement: str, address_country: str, needed: str, code: int
) -> None:
    wrong = without_bundle(address_country=address_country)
    (problem,) = problems(wrong, [requirement], NOW)
    assert problem.message == f"address {AD} cannot be used for numbers in GB"
    assert problem.reason == f"mobile numbers need {needed} (Twilio {code})"
    assert (problem.hint or "").startswith(SET_ADDRESS)


@pytest.mark.parametrize("requirement", ["any", "local", "foreign"])
def test_a_missing_address_is_a_problem_where_one_is_required(requirement: str) -> None:
    bare = papers(chosen=RegulatorySids(), bundle=None, address_country=None)
    (problem,) = problems(bare, [requirement], NOW)
    assert problem.message.startswith("mobile numbers in United Kingdom (GB) need an address")
    assert problem.reason == "no address is configured (Twilio 21631)"
    assert (problem.hint or "").startswith(SET_ADDRESS)


def test_of_mixed_numbers_one_that_can_be_bought_is_enough() -> None:
    bare = papers(chosen=RegulatorySids(), bundle=None, address_country=None)
    assert problems(bare, ["local", "none", "any"], NOW) == []
    assert problems(bare, [], NOW) == [], "of nothing on sale, nothing is known"


def test_regulated_numbers_without_a_bundle_are_a_warning_and_no_problem() -> None:
    regulated = without_bundle(is_regulated=True)
    assert problems(regulated, ["local"], NOW) == []
    (warning,) = warnings(regulated)
    assert warning.startswith("mobile numbers in United Kingdom (GB) may need a regulatory bundle")
    assert SET_BUNDLE in warning
    assert warnings(without_bundle()) == []


def test_the_warning_tells_of_a_projects_bundle_that_is_for_elsewhere() -> None:
    elsewhere = replace(GOOD, regulation=Regulation("DE", "local", None))
    (warning,) = warnings(from_project(bundle=elsewhere, is_regulated=True))
    assert f"none is sent (the project's {BU} is for DE)" in warning


def test_a_bundle_whose_regulation_is_not_known_is_a_warning() -> None:
    unread = papers(bundle=replace(GOOD, regulation=None))
    assert problems(unread, ["local"], NOW) == []
    (warning,) = warnings(unread)
    assert BU in warning
