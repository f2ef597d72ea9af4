"""The one error of a batch, by the rule of the exit codes."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import (
    CredentialsError,
    Interrupted,
    KapsoTwilioError,
    OutcomeUnknown,
    PartlyDone,
    Terminated,
)

_FIRST = (Terminated, Interrupted, OutcomeUnknown, CredentialsError)


def error_of_batch(
    errors: Sequence[KapsoTwilioError], *, succeeded: int
) -> KapsoTwilioError | None:
    """The first that applies: stopped, unknown, credentials; partly done; else the single cause."""
    if not errors:
        return None
    for kind in _FIRST:
        for error in errors:
            if isinstance(error, kind):
                return error
    if succeeded == 0:
        return errors[0]
    reasons = "; ".join(f"{e.message} ({e.reason})" if e.reason else e.message for e in errors)
    return PartlyDone(
        "some of it was done, and some failed",
        reason=reasons,
        hint=errors[0].hint,
    )
