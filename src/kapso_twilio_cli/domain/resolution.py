"""Which path an onboarding's number takes, and why.

Source: the product description of "Bring your own Twilio": a ready number of the matching pool,
else a live purchase through the project's Twilio, else Kapso's standard behaviour.
"""

from __future__ import annotations

from enum import StrEnum


class Path(StrEnum):
    """Where an onboarding's number comes from."""

    POOL = "pool"
    LIVE = "live"
    STANDARD = "standard"


class ResolveReason(StrEnum):
    """Why the path was taken: a closed list."""

    POOL_READY = "pool_ready"
    """The pool had a ready number."""
    NO_POOL = "no_pool"
    """The country has no pool."""
    POOL_DISABLED = "pool_disabled"
    """The country's pool is disabled."""
    POOL_EMPTY = "pool_empty"
    """The pool has no number that is ready long enough."""
    CUSTOM_META = "custom_meta"
    """The project uses its own Meta credentials: no pre-verified pools."""
    DISABLED = "disabled"
    """Custom Twilio is switched off for the project."""
    PLAN = "plan"
    """The plan is not entitled to custom Twilio."""
