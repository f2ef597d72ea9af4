"""One check: what was looked at, how it stands, and what mends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec

from ...errors import KapsoTwilioError, StateError, VendorUnavailable


class Severity(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    """It may go wrong, or could not be looked at."""
    FAILURE = "failure"
    """A command that needs it will be refused."""


class Check(msgspec.Struct, frozen=True):
    """What one look found."""

    name: str
    """Stays the same between versions: `python`, `twilio.auth_token`, `country.US`."""
    severity: Severity
    message: str
    hint: str | None = None
    """What mends it; None where nothing is to be mended."""
    error: KapsoTwilioError | None = None
    """What a command would raise that needs it; of a failure alone."""

    @property
    def ok(self) -> bool:
        """Whether there is nothing to mend."""
        return self.severity is Severity.OK


def fine(name: str, message: str) -> Check:
    """All is well."""
    return Check(name, Severity.OK, message)


def warning(name: str, message: str, hint: str | None) -> Check:
    """It may go wrong."""
    return Check(name, Severity.WARNING, message, hint)


def not_checked(name: str, why: str, hint: str | None) -> Check:
    """It could not be looked at."""
    return warning(name, f"not checked: {why}", hint)


def failure(name: str, error: KapsoTwilioError) -> Check:
    """A command that needs it would raise this error."""
    words = in_words(error)
    if isinstance(error, VendorUnavailable):
        words = f"not checked: {words}"  # how it stands is not known
    return Check(name, Severity.FAILURE, words, error.hint, error)


def caution(name: str, error: KapsoTwilioError) -> Check:
    """This error says what may go wrong, and stops no command now."""
    return warning(name, in_words(error), error.hint)


def in_words(error: KapsoTwilioError) -> str:
    """What happened and why, on one line."""
    return error.message if error.reason is None else f"{error.message}: {error.reason}"


def first_line(message: str) -> str:
    """A message without the list that may follow it."""
    return message.partition("\n")[0]


def judged(name: str, look: Callable[[], Check]) -> Check:
    """What the look found; a failure where it raised, or a file cannot be looked at."""
    try:
        return look()
    except KapsoTwilioError as error:
        return failure(name, error)
    except OSError as error:
        return failure(name, cannot_look(error))


def cannot_look(error: OSError) -> StateError:
    """The failure where the system does not let a file be looked at."""
    return StateError(
        f"{error.filename} cannot be looked at",
        reason=error.strerror,
        hint="check its name, its owner and the permissions of its folder",
    )


def first_error(checks: Sequence[Check]) -> KapsoTwilioError | None:
    """The error of the first failure; None where nothing failed."""
    return next((check.error for check in checks if check.error is not None), None)
