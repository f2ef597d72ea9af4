"""Which bundle and which address a purchase sends."""

from __future__ import annotations

import pytest

from kapso_twilio_cli.domain.purchase import RegulatorySids
from kapso_twilio_cli.domain.regulatory import SidChoice, choose

COUNTRY, PROJECT, CALL = ("BU" + digit * 32 for digit in "123")
NONE = "none"


@pytest.mark.parametrize(
    ("choice", "sid", "source", "loser"),
    [
        (SidChoice(COUNTRY, PROJECT, CALL), COUNTRY, "country", CALL),
        (SidChoice(COUNTRY, PROJECT, None), COUNTRY, "country", None),
        (SidChoice(COUNTRY, None, CALL), COUNTRY, "country", CALL),
        (SidChoice(None, PROJECT, CALL), PROJECT, "project", CALL),
        (SidChoice(None, PROJECT, None), PROJECT, "project", None),
        (SidChoice(None, None, CALL), CALL, "call", None),
        (SidChoice(None, None, None), None, None, None),
        (SidChoice(NONE, PROJECT, CALL), None, "country", CALL),
        (SidChoice(NONE, None, None), None, "country", None),
        (SidChoice(COUNTRY, PROJECT, COUNTRY), COUNTRY, "country", None),
    ],
)
def test_the_country_wins_over_the_project_and_that_over_the_call(
    choice: SidChoice, sid: str | None, source: str | None, loser: str | None
) -> None:
    assert choice.chosen == (sid, source)
    assert choice.loser == loser


def test_bundle_and_address_are_chosen_each_on_its_own() -> None:
    chosen = choose(SidChoice(NONE, PROJECT, None), SidChoice(None, None, CALL))
    assert chosen == RegulatorySids(None, chosen.bundle_sid_from, CALL, chosen.address_sid_from)
    assert (chosen.bundle_sid_from, chosen.address_sid_from) == ("country", "call")
