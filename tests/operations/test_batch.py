"""The one exit code of a batch."""

from __future__ import annotations

import itertools

import pytest

from kapso_twilio_cli.errors import (
    CredentialsError,
    Interrupted,
    KapsoTwilioError,
    LimitExceeded,
    OutcomeUnknown,
    Terminated,
    VendorRefused,
    VendorUnavailable,
)
from kapso_twilio_cli.operations.batch import error_of_batch

STOPPED, TERMINATED = Interrupted("stopped"), Terminated("terminated")
UNKNOWN, REJECTED = OutcomeUnknown("unknown"), CredentialsError("rejected")
REFUSED = VendorRefused("refused", reason="no stock", hint="look elsewhere")
LIMIT, AWAY = LimitExceeded("limit"), VendorUnavailable("away")


def exit_code(errors: list[KapsoTwilioError], succeeded: int) -> int:
    error = error_of_batch(errors, succeeded=succeeded)
    return 0 if error is None else error.exit_code


@pytest.mark.parametrize(
    ("errors", "succeeded", "code"),
    [
        ([], 0, 0),
        ([], 3, 0),
        ([REFUSED], 0, 5),
        ([REFUSED, REFUSED], 0, 5),
        ([LIMIT], 0, 6),
        ([AWAY], 0, 75),
        ([REFUSED], 1, 7),
        ([REFUSED, AWAY], 1, 7),
        ([LIMIT], 2, 7),
        ([REFUSED, REJECTED], 2, 4),
        ([REFUSED, REJECTED, UNKNOWN], 2, 9),
        ([REFUSED, REJECTED, UNKNOWN, STOPPED], 2, 130),
        ([UNKNOWN, TERMINATED], 0, 143),
        ([UNKNOWN], 5, 9),
    ],
)
def test_the_first_rule_that_applies_gives_the_exit_code(
    errors: list[KapsoTwilioError], succeeded: int, code: int
) -> None:
    for order in itertools.permutations(errors):
        assert exit_code(list(order), succeeded) == code


def test_a_single_cause_is_told_as_it_is() -> None:
    assert error_of_batch([REFUSED, VendorRefused("again")], succeeded=0) is REFUSED
    assert error_of_batch([REFUSED, AWAY], succeeded=0) is REFUSED  # nothing was partly done


def test_what_was_partly_done_tells_every_cause_and_the_way_on() -> None:
    error = error_of_batch([REFUSED, AWAY], succeeded=1)
    assert error is not None
    assert (error.kind, error.message) == ("partial", "some of it was done, and some failed")
    assert (error.reason, error.hint) == ("refused: no stock; away", "look elsewhere")
