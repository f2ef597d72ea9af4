"""One verdict for each number that the account lists."""

from __future__ import annotations

import pytest

from kapso_twilio_cli.domain.drift import Home, Recorded, Verdict, judge, too_many_absent
from kapso_twilio_cli.domain.lifecycle import NumberState
from kapso_twilio_cli.domain.purchase import PurchaseState

HOME = Home("acme", "abcdefgh")
OWN = "kt:acme:abcdefgh:aaaaaaaaaaaaaaaa"
ELSEWHERE = "kt:acme:zzzzzzzz:aaaaaaaaaaaaaaaa"
ANOTHER_PROJECT = "kt:acme-eu:abcdefgh:aaaaaaaaaaaaaaaa"
BY_HAND = "the sales line"
LIVING = sorted(set(NumberState) - {NumberState.MISSING, NumberState.RELEASED})


@pytest.mark.parametrize("state", LIVING)
@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        (OWN, Verdict.AS_RECORDED),
        (BY_HAND, Verdict.RENAMED),
        ("", Verdict.RENAMED),
        (OWN.replace("aaaa", "bbbb", 1), Verdict.RENAMED),
        (ANOTHER_PROJECT, Verdict.OTHER_PROJECTS),
        (ELSEWHERE, Verdict.TAKEN_OVER),
    ],
)
def test_a_recorded_number_is_known_by_its_sid_whatever_its_name(
    state: NumberState, name: str, verdict: Verdict
) -> None:
    assert judge(name, Recorded(1, OWN, state), None, HOME) is verdict


def test_a_number_that_was_imported_with_a_name_of_its_own_is_as_recorded() -> None:
    assert judge(BY_HAND, Recorded(1, BY_HAND, NumberState.READY), None, HOME) is (
        Verdict.AS_RECORDED
    )


@pytest.mark.parametrize("name", [OWN, ELSEWHERE, BY_HAND])
def test_a_missing_number_that_is_listed_again_is_found(name: str) -> None:
    missing = Recorded(1, OWN, NumberState.MISSING)
    assert judge(name, missing, None, HOME) is Verdict.FOUND


def test_a_number_that_was_given_up_to_another_project_is_not_found_again() -> None:
    missing = Recorded(1, OWN, NumberState.MISSING)
    assert judge(ANOTHER_PROJECT, missing, None, HOME) is Verdict.FOREIGN


@pytest.mark.parametrize(
    ("intent", "verdict"),
    [
        (PurchaseState.OPEN, Verdict.UNSETTLED),
        (PurchaseState.UNKNOWN, Verdict.UNSETTLED),
        (PurchaseState.NOT_BOUGHT, Verdict.LATE),
        (PurchaseState.BOUGHT, Verdict.STRAY),
        (None, Verdict.STRAY),
    ],
)
@pytest.mark.parametrize("name", [OWN, ELSEWHERE])
def test_an_unrecorded_number_is_ours_by_its_label(
    name: str, intent: PurchaseState | None, verdict: Verdict
) -> None:
    assert judge(name, None, intent, HOME) is verdict


@pytest.mark.parametrize("name", [BY_HAND, "", ANOTHER_PROJECT, OWN + "x", "kt:acme:abcdefgh:aa"])
def test_without_the_projects_label_a_number_is_foreign(name: str) -> None:
    assert judge(name, None, None, HOME) is Verdict.FOREIGN


@pytest.mark.parametrize(
    ("absent", "expected", "doubted"),
    [(0, 0, False), (5, 5, False), (6, 6, True), (6, 300, False), (7, 300, True), (6, 299, True)],
)
def test_more_than_five_and_two_in_a_hundred_absent_at_once_are_doubted(
    absent: int, expected: int, *, doubted: bool
) -> None:
    assert too_many_absent(absent, expected) is doubted
