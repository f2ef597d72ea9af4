"""Every error this program raises on purpose, drawn by who must act.

    KapsoTwilioError
    ├── Bug                  1   this program is wrong
    ├── UsageError           2   the words of the command are wrong
    ├── ConfigError          3   the project file forbids it, or is broken
    ├── StateError           3   the state of the project or of a number forbids it
    ├── CredentialsError     4   a secret is missing, or the vendor rejected it
    ├── VendorRefused        5   the vendor understood and said no
    ├── LimitExceeded        6   a limit of the project, or an unknown price
    │   └── PaceExceeded     6   a run's or a day's limit
    ├── PartlyDone           7   some items of a batch failed
    ├── PoolEmpty            8   no ready number, and buying was ruled out
    ├── OutcomeUnknown       9   money may have moved; `reconcile` settles it
    ├── VendorUnavailable   75   the vendor does not answer, or asks to wait
    ├── Locked              75   another run is at work
    ├── Interrupted        130   Ctrl-C, or a question declined
    └── Terminated         143   SIGTERM

A class's docstring says what it means, then what to do: docs/reference/errors.md is made of it.
Each carries what happened (`message`), why (`reason`) and what to do next (`hint`). Vendors' own
errors are translated into these beside the call, once. A secret never enters any of the three.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class KapsoTwilioError(Exception):
    """The root: `kind` and `exit_code` are the contract with scripts."""

    kind: ClassVar[str]
    exit_code: ClassVar[int]

    def __init__(self, message: str, *, reason: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.hint = hint


class Bug(KapsoTwilioError):
    """This program is wrong; the only case with a traceback.

    Report it with the traceback and what `kapso-twilio --version` says. What was under way is
    settled by `kapso-twilio reconcile`.
    """

    kind = "bug"
    exit_code = 1


class UsageError(KapsoTwilioError):
    """The words of the command are wrong.

    Nothing was done. The hint has the nearest word; `--help` behind the command has all of them.
    """

    kind = "usage"
    exit_code = 2


class ConfigError(KapsoTwilioError):
    """The project file forbids it, or is broken.

    `kapso-twilio config check` says what is wrong with the file, key by key, and what to write;
    the hint names the command that allows what was refused.
    """

    kind = "config"
    exit_code = 3


class StateError(KapsoTwilioError):
    """The state of the project, the inventory or a number forbids it.

    The hint names the command that fits. `kapso-twilio status` and `kapso-twilio number show N`
    tell how things stand.
    """

    kind = "state"
    exit_code = 3


class CredentialsError(KapsoTwilioError):
    """A secret is missing, or the vendor rejected it.

    `kapso-twilio auth status` shows where each secret is looked for; `kapso-twilio auth set NAME`
    checks one with its vendor and stores it.
    """

    kind = "credentials"
    exit_code = 4


class Concerns(StrEnum):
    """How far a refusal reaches, and so how much of a batch it stops."""

    NUMBER = "number"
    COUNTRY = "country"
    ACCOUNT = "account"


class VendorRefused(KapsoTwilioError):
    """The vendor understood the request and said no; nothing was bought.

    The reason has the vendor's words and code. `kapso-twilio doctor` checks sale, price, bundle and
    address of each allowed country.
    """

    kind = "refused"
    exit_code = 5

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        hint: str | None = None,
        concerns: Concerns = Concerns.COUNTRY,
        vendor_code: int | None = None,
        vendor_subcode: int | None = None,
    ) -> None:
        super().__init__(message, reason=reason, hint=hint)
        self.concerns = concerns
        self.vendor_code = vendor_code
        self.vendor_subcode = vendor_subcode


class LimitExceeded(KapsoTwilioError):
    """One of the project's limits would be exceeded, or a price is unknown.

    If more is meant: `kapso-twilio config set limits.max_numbers 80`, or the limit that is named.
    Where a price has changed, the same command again accepts it.
    """

    kind = "limit"
    exit_code = 6


class PaceExceeded(LimitExceeded):
    """A run's or a day's limit: it passes by itself, and is no failure of a cron run."""


class PartlyDone(KapsoTwilioError):
    """Some items of a batch succeeded and some failed.

    The answer says of each what became of it. Mend what the reasons name and run the same again:
    what is done is not done twice.
    """

    kind = "partial"
    exit_code = 7


class PoolEmpty(KapsoTwilioError):
    """No ready number, and buying one was ruled out.

    `kapso-twilio pool fill CC` makes numbers ready; without `--no-provision` one is bought.
    """

    kind = "pool_empty"
    exit_code = 8


class OutcomeUnknown(KapsoTwilioError):
    """A purchase may have happened; `reconcile` settles it.

    `kapso-twilio reconcile` looks the purchase up. What it cannot tell, a person does:
    `kapso-twilio purchase settle ID`.
    """

    kind = "outcome_unknown"
    exit_code = 9


class VendorUnavailable(KapsoTwilioError):
    """The vendor does not answer, or asks to come back later.

    Run the same again later; cron's next run goes on by itself. It is safe to repeat.
    """

    kind = "unavailable"
    exit_code = 75


class Locked(KapsoTwilioError):
    """Another run is at work.

    Run the same again later, or let it wait: `kapso-twilio pool fill --lock-timeout 5m`. The
    message and `kapso-twilio doctor` name who holds the lock.
    """

    kind = "locked"
    exit_code = 75


class Interrupted(KapsoTwilioError):
    """Ctrl-C, or a question that was declined.

    Run the same again: what was bought is recorded, and what was left open is settled first.
    """

    kind = "interrupted"
    exit_code = 130


class Terminated(KapsoTwilioError):
    """SIGTERM.

    As after Ctrl-C: run the same again.
    """

    kind = "terminated"
    exit_code = 143
