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
    """Why the path was taken: a closed list, each with what to do for another one.

    docs/reference/errors.md is made of it.
    """

    POOL_READY = "pool_ready"
    """The pool had a ready number.

    Nothing is to be done: the customer types no code.
    """
    NO_POOL = "no_pool"
    """The country has no pool.

    `kapso-twilio pool set CC --target-size 5`, then `kapso-twilio pool fill CC`.
    """
    POOL_DISABLED = "pool_disabled"
    """The country's pool is disabled.

    `kapso-twilio pool set CC --enable`.
    """
    POOL_EMPTY = "pool_empty"
    """The pool has no number that is ready long enough.

    `kapso-twilio pool fill CC`; where that happens often, a larger `--target-size`.
    """
    CUSTOM_META = "custom_meta"
    """The project uses its own Meta credentials: no pre-verified pools.

    The customer types the code: `kapso-twilio number code N`.
    """
    DISABLED = "disabled"
    """Custom Twilio is switched off for the project.

    `kapso-twilio enable`.
    """
    PLAN = "plan"
    """The plan is not entitled to custom Twilio.

    Book the add-on or another plan, then `kapso-twilio config set plan enterprise`.
    """
