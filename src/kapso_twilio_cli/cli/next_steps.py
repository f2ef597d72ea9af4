"""What a project still lacks before its pools can be filled, as commands to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.secret import SecretName
from ..domain.entitlement import why_not_entitled
from ..errors import KapsoTwilioError

if TYPE_CHECKING:
    from pathlib import Path

    from ..config.model import ProjectConfig
    from .command import Invocation
    from .set_up import Credentials


def next_commands(
    inv: Invocation, path: Path, config: ProjectConfig, credentials: Credentials
) -> list[str]:
    """The commands that lead from here to a filled pool, in their order."""
    which = _which_project(inv, path, config)
    return [f"kapso-twilio {words}{which}" for words in _steps(config, credentials)]


def _steps(config: ProjectConfig, credentials: Credentials) -> list[str]:
    entitled = why_not_entitled(config.plan, custom_twilio_addon=config.custom_twilio_addon) is None
    country = config.default_country or next(iter(config.allowed_countries), None)
    uses_pools = config.meta.credentials == "kapso-managed"
    steps = []
    if entitled and not config.enabled:
        steps.append("enable")
    if country is None:
        steps.append("country allow CC")
    if uses_pools and config.meta.business_id is None:
        steps.append("config set meta.business_id ID")
    if uses_pools and credentials.find(SecretName.META_TOKEN) is None:
        steps.append("auth set meta_token")
    if uses_pools and not config.pools:
        steps.append(f"pool set {country or 'CC'} --target-size 5")
    return [*steps, "pool fill" if uses_pools else f"provision --country {country or 'CC'}"]


def _which_project(inv: Invocation, path: Path, config: ProjectConfig) -> str:
    """How to name the project, where it is not the one that is meant anyway."""
    from ..config.locations import find_project_file

    if inv.config_path is not None:
        return f" --config {inv.config_path}"
    try:
        is_meant = find_project_file(name=None, config_path=None) == path
    except KapsoTwilioError:
        is_meant = False
    return "" if is_meant else f" --project {config.project}"
