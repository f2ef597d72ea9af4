"""Where a project may have numbers."""

from __future__ import annotations

from ...config.model import ProjectConfig
from ...domain.country import Country, country_name
from ...errors import ConfigError


def require_allowed(config: ProjectConfig, country: Country) -> None:
    """Raise ConfigError unless the project may have numbers in the country."""
    if country in config.allowed_countries:
        return
    allowed = ", ".join(config.allowed_countries) or "none"
    raise ConfigError(
        f"{country_name(country)} ({country}) is not allowed in project {config.project}",
        reason=f"allowed countries: {allowed}",
        hint=f"kapso-twilio country allow {country}",
    )
