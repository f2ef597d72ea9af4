"""What the demo plays: the typical set-up of "Bring your own Twilio", as a person would type it.

The commands are data; `demo` runs them. Their wording is the product description's: credentials,
countries, pools, then onboardings with and without a pool, and both policies after a disconnect.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..sandbox.options import Ready

_WIDTH = 84


@dataclass(frozen=True)
class Typed:
    """One command: the words after `kapso-twilio`, and the file that it reads, if any."""

    words: str
    stdin: str | None = None

    def arguments(self) -> list[str]:
        """The words as a program receives them."""
        return shlex.split(self.words)

    def __str__(self) -> str:
        """The line as it is typed."""
        return f"kapso-twilio {self.words}" + (f" < {self.stdin}" if self.stdin else "")

    def wrapped(self) -> str:
        """The line, broken as a shell takes it where it is too wide to read."""
        lines = [""]
        for part in str(self).replace(" --", "\n--").replace(" < ", "\n< ").split("\n"):
            if len(lines[-1]) + len(part) >= _WIDTH:
                lines[-1] += " \\"
                lines.append("   ")
            lines[-1] += f" {part}" if lines[-1] else part
        return "\n".join(lines)


@dataclass(frozen=True)
class Happens:
    """Something that a customer does, at Kapso and Meta; the sandbox plays it."""

    words: str
    customer: str
    connects: bool
    """It connects the number that is held for it; else it removes its WhatsApp config."""


@dataclass(frozen=True)
class Scene:
    """A step of the demo: what it shows, its commands, and what happens between them."""

    heading: str
    commands: tuple[Typed | Happens, ...]


def scenes(ready: Ready, customer: str) -> list[Scene]:
    """The whole demo, against a sandbox that is ready, and knows a customer."""
    return [*_set_up(ready), *_onboardings(), *_setup_link(customer), *_afterwards()]


def secret_files(ready: Ready) -> dict[str, str]:
    """The files that the commands read their secrets from."""
    return {
        "auth_token": ready.auth_token,
        "meta_token": ready.meta_token,
        "kapso_api_key": ready.kapso_api_key,
    }


def _set_up(ready: Ready) -> list[Scene]:
    from ..sandbox.catalogue import bundle_sid

    configure = (
        f"configure acme --account-sid {ready.account_sid} --plan platform --custom-twilio-addon"
        f" --meta-business-id {ready.meta_business_id} --country US --default-country US --enable"
        " --auth-token-stdin --store file"
    )
    override = f"--number-type mobile --bundle-sid {bundle_sid('GB', 'mobile')}"
    return [
        Scene(
            "Add your Twilio credentials, the Meta token that pools verify with, and Kapso's key",
            (
                Typed(configure, "auth_token"),
                Typed("auth set meta_token --stdin --store file", "meta_token"),
                Typed("auth set kapso_api_key --stdin --store file", "kapso_api_key"),
            ),
        ),
        Scene(
            "Allow more countries, and override what one of them needs",
            (Typed("country allow CL GB"), Typed(f"country set GB {override}")),
        ),
        Scene(
            "Keep a pool for each country that is to have ready numbers",
            (
                Typed("pool set US --target-size 3 --post-disconnect return_to_pool"),
                Typed("pool set CL --target-size 2 --post-disconnect mark_unavailable"),
            ),
        ),
        Scene("Fill them: buy, verify at Meta, keep ready", (Typed("pool fill --yes"),)),
    ]


def _onboardings() -> list[Scene]:
    return [
        Scene(
            "A customer comes: the pool has a number, so no one-time code is needed",
            (Typed("resolve --country US --ref signup-1"),),
        ),
        Scene(
            "Ask again with the same ref: the same number, never a second one",
            (Typed("resolve --country US --ref signup-1"),),
        ),
        Scene(
            "A country without a pool still works: a number is bought live",
            (Typed("resolve --country GB --ref signup-2 --yes"),),
        ),
    ]


def _setup_link(customer: str) -> list[Scene]:
    return [
        Scene(
            "A customer gets a setup link, and a number is held for it",
            (Typed(f"setup-link create --customer {customer} --country US"),),
        ),
        Scene(
            "It connects: the cron run notices that by itself",
            (
                Happens("the customer connects the number", customer, connects=True),
                Typed("reconcile --no-fill"),
            ),
        ),
        Scene(
            "It leaves: a removal is believed at the second look, here without a pause between",
            (
                Happens("the customer removes its WhatsApp config", customer, connects=False),
                Typed("config set onboarding.removal_confirmed_after 0s"),
                Typed("reconcile --no-fill"),
                Typed("reconcile --no-fill"),
            ),
        ),
    ]


def _afterwards() -> list[Scene]:
    return [
        Scene(
            "What Kapso does not tell, a person can: the CL pool retires a number that was used",
            (
                Typed("resolve --country CL --ref signup-3"),
                Typed("connect --ref signup-3"),
                Typed("disconnect --ref signup-3"),
            ),
        ),
        Scene(
            "The cron run: verify what came back, buy what is missing",
            (Typed("reconcile --yes"),),
        ),
        Scene(
            "Where everything stands: no number was released",
            (Typed("status"), Typed("number list")),
        ),
    ]
