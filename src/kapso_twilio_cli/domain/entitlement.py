"""Who may use custom Twilio: the plan, the add-on and the switch.

Source: the product description of "Bring your own Twilio": Enterprise includes it; Pro, Team and
Platform need the add-on; Free and Legacy cannot enable it.
"""

from __future__ import annotations

from enum import StrEnum


class Plan(StrEnum):
    """The project's subscription at Kapso."""

    FREE = "free"
    LEGACY = "legacy"
    PRO = "pro"
    TEAM = "team"
    PLATFORM = "platform"
    ENTERPRISE = "enterprise"


_WITH_ADDON = frozenset({Plan.PRO, Plan.TEAM, Plan.PLATFORM})


def why_not_entitled(plan: Plan, *, custom_twilio_addon: bool) -> str | None:
    """None when the plan is entitled to custom Twilio, else the reason in words."""
    if plan is Plan.ENTERPRISE or (plan in _WITH_ADDON and custom_twilio_addon):
        return None
    if plan in _WITH_ADDON:
        return f"the {plan} plan needs the custom Twilio add-on"
    return f"the {plan} plan cannot use custom Twilio"


def what_entitles(plan: Plan) -> str:
    """What to do for a plan that is not entitled: only some plans have an add-on."""
    if plan in _WITH_ADDON:
        return "book it at Kapso, then run: kapso-twilio config set custom_twilio_addon true"
    return "change the plan at Kapso, then run: kapso-twilio config set plan PLAN"
