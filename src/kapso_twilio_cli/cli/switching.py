"""The custom-Twilio switch: what `enable`, `disable` and `configure` share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain.entitlement import Plan, what_entitles, why_not_entitled
from ..errors import StateError
from .project_edit import edit, outcome, said

if TYPE_CHECKING:
    from ..config.model import ProjectConfig
    from .command import Invocation


def refuse_not_entitled(config: ProjectConfig, *, by_flags: bool = False) -> None:
    """Raise StateError with the reason unless the plan is entitled to custom Twilio.

    `by_flags`: the hint names flags of `configure`; there may be no project to change yet.
    """
    reason = _why_not_entitled(config)
    if reason is None:
        return
    hint = _by_flags(config.plan) if by_flags else what_entitles(config.plan)
    raise StateError(
        f"custom Twilio cannot be enabled for {config.project}", reason=reason, hint=hint
    )


def _by_flags(plan: Plan) -> str:
    if plan in (Plan.FREE, Plan.LEGACY):
        return "change the plan at Kapso, then choose another --plan, or leave --enable out"
    return "book it at Kapso, then add --custom-twilio-addon"


def warn_if_switched_off(inv: Invocation, before: ProjectConfig, after: ProjectConfig) -> None:
    """Warn where the switch stays on, and the plan is entitled to custom Twilio no longer."""
    reason = _why_not_entitled(after)
    if before.enabled and after.enabled and reason and _why_not_entitled(before) is None:
        inv.output.warn(
            f"warning: {reason}: with these settings onboardings get Kapso's own numbers"
        )


def _why_not_entitled(config: ProjectConfig) -> str | None:
    return why_not_entitled(config.plan, custom_twilio_addon=config.custom_twilio_addon)


def switch(inv: Invocation, command: str, *, enabled: bool, dry_run: bool) -> None:
    """Turn custom Twilio on or off, and answer as `command`."""
    draft = edit(inv, [(("enabled",), enabled)], dry_run=dry_run)
    config = draft.config
    fields = {
        **outcome(draft, dry_run=dry_run),
        "enabled": config.enabled,
        "plan": config.plan.value,
    }
    end = f"{'on' if enabled else 'off'} for {config.project}"
    would = f"custom Twilio would be {end}"
    inv.answer(
        command, fields, said(f"custom Twilio is {end}", draft, dry_run=dry_run, would=would)
    )
