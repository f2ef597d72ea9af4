"""The custom-Twilio switch: what `enable`, `disable` and `configure` share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain.entitlement import Plan, why_not_entitled
from ..errors import StateError
from .project_edit import edit, outcome, said

if TYPE_CHECKING:
    from ..config.model import ProjectConfig
    from .command import Invocation


def refuse_not_entitled(config: ProjectConfig) -> None:
    """Raise StateError with the reason unless the plan is entitled to custom Twilio."""
    addon = config.custom_twilio_addon
    reason = why_not_entitled(config.plan, custom_twilio_addon=addon)
    if reason is None:
        return
    if config.plan in (Plan.FREE, Plan.LEGACY):
        hint = "change the plan at Kapso, then run: kapso-twilio config set plan PLAN"
    else:
        hint = "book it at Kapso, then run: kapso-twilio config set custom_twilio_addon true"
    raise StateError(
        f"custom Twilio cannot be enabled for {config.project}", reason=reason, hint=hint
    )


def switch(inv: Invocation, command: str, *, enabled: bool, dry_run: bool) -> None:
    """Turn custom Twilio on or off, and answer as `command`."""
    draft = edit(inv, [(("enabled",), enabled)], dry_run=dry_run)
    config = draft.config
    fields = {
        **outcome(draft, dry_run=dry_run),
        "enabled": config.enabled,
        "plan": config.plan.value,
    }
    words = f"custom Twilio is {'on' if enabled else 'off'} for {config.project}"
    inv.answer(command, fields, said(words, draft, dry_run=dry_run))
