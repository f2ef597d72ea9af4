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
    if succeeded == 0 or (len(errors) == 1 and isinstance(errors[0], PartlyDone)):
        return errors[0]
    reasons = "; ".join(in_words(error) for error in errors)
    return PartlyDone(
        "some of it was done, and some failed",
        reason=reasons,
        hint=errors[0].hint,
    )


def in_words(error: KapsoTwilioError) -> str:
    """What happened and why, on one line."""
    if isinstance(error, PartlyDone) and error.reason:
        return error.reason
    return f"{error.message}: {error.reason}" if error.reason else error.message
