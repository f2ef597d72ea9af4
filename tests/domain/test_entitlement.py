"""Six plans, with and without the add-on."""

from __future__ import annotations

import itertools

import pytest

from kapso_twilio_cli.domain.entitlement import Plan, why_not_entitled

ALWAYS = {"enterprise"}
WITH_ADDON = {"pro", "team", "platform"}
NEVER = {"free", "legacy"}


def test_there_are_six_plans() -> None:
    assert set(Plan) == ALWAYS | WITH_ADDON | NEVER


@pytest.mark.parametrize(("plan", "addon"), list(itertools.product(Plan, (True, False))))
def test_a_plan_is_entitled_as_the_interface_says(plan: Plan, addon: bool) -> None:
    why_not = why_not_entitled(plan, custom_twilio_addon=addon)
    entitled = plan in ALWAYS or (plan in WITH_ADDON and addon)
    assert (why_not is None) == entitled
    if why_not is not None:
        assert f"the {plan} plan" in why_not
        assert ("add-on" in why_not) == (plan in WITH_ADDON)
