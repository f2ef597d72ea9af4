"""What an operator should look at: a closed list of kinds, each with its next step.

docs/reference/errors.md is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from .phone_number import PhoneNumber
from .standing import WAYS_ON, Standing


class AttentionKind(StrEnum):
    """Why something needs attention."""

    PURCHASE_UNRESOLVED = "purchase_unresolved"
    """A purchase whose outcome is not known."""
    NOT_OUR_PURCHASE = "not_our_purchase"
    """Twilio answered a purchase with a number that the account held already."""
    RESERVATION_OVERDUE = "reservation_overdue"
    """A reservation whose time is over, and that could not be ended."""
    RESERVATION_NOT_ENDED = "reservation_not_ended"
    """A person wanted a reservation to end, and it could not be ended safely."""
    VERIFICATION_FAILING = "verification_failing"
    """A pool's number could not be verified."""
    REVERIFICATION_FAILING = "reverification_failing"
    """A ready number could not be verified anew; it is handed out until its verification ends."""
    VERIFICATION_EXPIRED = "verification_expired"
    """A ready number's verification has ended; it is not handed out."""
    VOICE_URL_CHANGED = "voice_url_changed"
    """Calls to a number are still answered by this program, which waits for no code there."""
    KAPSO_STATUS = "kapso_status"
    """Kapso lists a number, and says that it is not well: that is no removal."""
    SETUP_LINK_USED = "setup_link_used"
    """A setup link was used, and the number that was held for it is not connected."""
    MAYBE_CLAIMED = "maybe_claimed"
    """A reserved number's object at Meta is gone: a customer may have claimed it."""
    PAST_META_LIMIT = "past_meta_limit"
    """For 90 days, a number was held and not connected, or added at Meta and not verified."""
    NO_POOL_TO_RETURN_TO = "no_pool_to_return_to"
    """A disconnected number was to return to a pool, and its country has none."""
    QUARANTINED = "quarantined"
    """A number was put aside and waits for a decision."""
    ADOPTED = "adopted"
    """A number with the project's label, which the inventory did not know, was taken in."""
    MISSING = "missing"
    """A number is not in the account any more."""
    TOO_MANY_ABSENT = "too_many_absent"
    """So many numbers are absent at once that none is believed to be gone."""
    LABEL_EDITED = "label_edited"
    """Somebody renamed a number at Twilio: were the inventory lost, it could not be found."""
    TWO_PROJECTS = "two_projects"
    """Another project of the account has put its label on a number that this one has handed out."""
    FOREIGN_NUMBERS = "foreign_numbers"
    """The account holds numbers that are not this project's. They are never touched."""
    WRONG_HOME = "wrong_home"
    """A new inventory, beside numbers of the same project in the account."""
    SUPERSEDED = "superseded"
    """Another inventory of the same project has taken numbers of this one over."""
    RESTORED = "restored"
    """The inventory is older than the account, and not checked against it yet."""
    RELEASE_UNFINISHED = "release_unfinished"
    """A release was asked for, and is not done."""
    POOL_SHORT = "pool_short"
    """A pool has fewer ready numbers than its target."""
    PURCHASE_LIMIT = "purchase_limit"
    """A run's or a day's limit kept a pool from being filled."""


class Severity(StrEnum):
    """How soon."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Attention(msgspec.Struct, frozen=True):
    """One thing to look at, and the next step."""

    kind: AttentionKind
    severity: Severity
    message: str
    hint: str
    phone_number: PhoneNumber | None = None


class Advice(msgspec.Struct, frozen=True):
    """How soon a kind is to be looked at, and its next steps: the usual one first."""

    severity: Severity
    hints: tuple[str, ...]
    """`{n}` stands for the number, `{country}` for the pool's, `{id}` for the purchase."""


_CONNECT_OR_CANCEL = "kapso-twilio connect {n}, or reservation cancel {n}"
_GIVE_BACK = "to give it back: kapso-twilio number release {n} --confirm {n}"

ADVICE: Mapping[AttentionKind, Advice] = {
    AttentionKind.PURCHASE_UNRESOLVED: Advice(
        Severity.CRITICAL, ("kapso-twilio reconcile", "kapso-twilio purchase settle {id}")
    ),
    AttentionKind.NOT_OUR_PURCHASE: Advice(
        Severity.WARNING, ("check its friendly name in the Twilio console",)
    ),
    AttentionKind.RESERVATION_OVERDUE: Advice(Severity.WARNING, (_CONNECT_OR_CANCEL,)),
    AttentionKind.RESERVATION_NOT_ENDED: Advice(Severity.WARNING, (_CONNECT_OR_CANCEL,)),
    AttentionKind.VERIFICATION_FAILING: Advice(
        Severity.WARNING, ("kapso-twilio number verify {n} --force",)
    ),
    AttentionKind.REVERIFICATION_FAILING: Advice(
        Severity.WARNING, ("kapso-twilio reconcile tries again in time",)
    ),
    AttentionKind.VERIFICATION_EXPIRED: Advice(Severity.WARNING, ("kapso-twilio reconcile",)),
    AttentionKind.VOICE_URL_CHANGED: Advice(
        Severity.INFO, ("kapso-twilio reconcile puts back what answered them before",)
    ),
    AttentionKind.KAPSO_STATUS: Advice(
        Severity.WARNING,
        ("look at the number in Kapso; here it stays connected as long as Kapso lists it",),
    ),
    AttentionKind.SETUP_LINK_USED: Advice(
        Severity.WARNING,
        ("kapso-twilio reservation cancel {n}; or, if it is on it: kapso-twilio connect {n}",),
    ),
    AttentionKind.MAYBE_CLAIMED: Advice(
        Severity.WARNING,
        ("kapso-twilio connect {n}, or if nobody has it: reservation cancel {n} --force",),
    ),
    AttentionKind.PAST_META_LIMIT: Advice(
        Severity.WARNING,
        (
            _CONNECT_OR_CANCEL,
            "kapso-twilio number verify {n} --force; " + _GIVE_BACK,
        ),
    ),
    AttentionKind.NO_POOL_TO_RETURN_TO: Advice(
        Severity.WARNING, ("kapso-twilio pool set {country} --target-size N",)
    ),
    AttentionKind.QUARANTINED: Advice(
        Severity.WARNING,
        (
            "kapso-twilio number show {n}",
            "to try again: kapso-twilio number verify {n} --force; " + _GIVE_BACK,
        ),
    ),
    AttentionKind.ADOPTED: Advice(
        Severity.WARNING,
        ("to use it: kapso-twilio number add-to-pool {n} --force; " + _GIVE_BACK,),
    ),
    AttentionKind.MISSING: Advice(Severity.CRITICAL, ("look in the Twilio console",)),
    AttentionKind.TOO_MANY_ABSENT: Advice(
        Severity.CRITICAL,
        ("look in the Twilio console; if they are gone: kapso-twilio reconcile --accept-missing",),
    ),
    AttentionKind.LABEL_EDITED: Advice(
        Severity.WARNING, ("kapso-twilio number import {n} puts its label back",)
    ),
    AttentionKind.TWO_PROJECTS: Advice(
        Severity.CRITICAL,
        ("agree with that project whose it is; who has it here: kapso-twilio number show {n}",),
    ),
    AttentionKind.FOREIGN_NUMBERS: Advice(Severity.INFO, ("kapso-twilio number list --foreign",)),
    AttentionKind.WRONG_HOME: Advice(
        Severity.CRITICAL,
        ("put the project's own inventory in place; if lost: kapso-twilio reconcile --adopt",),
    ),
    AttentionKind.SUPERSEDED: Advice(Severity.CRITICAL, (WAYS_ON[Standing.SUPERSEDED],)),
    AttentionKind.RESTORED: Advice(Severity.CRITICAL, (WAYS_ON[Standing.RESTORED],)),
    AttentionKind.RELEASE_UNFINISHED: Advice(
        Severity.WARNING, ("kapso-twilio number release {n} --confirm {n}",)
    ),
    AttentionKind.POOL_SHORT: Advice(
        Severity.INFO,
        ("kapso-twilio pool fill {country}", "kapso-twilio enable, then pool fill {country}"),
    ),
    AttentionKind.PURCHASE_LIMIT: Advice(
        Severity.WARNING, ("the next run goes on; to buy more at once, raise the limit",)
    ),
}
"""Of every kind."""


def told(
    kind: AttentionKind,
    message: str,
    phone_number: PhoneNumber | None = None,
    *,
    way: int = 0,
    **names: str,
) -> Attention:
    """One thing to look at, with its kind's severity and the next step that `way` chooses."""
    advice = ADVICE[kind]
    hint = advice.hints[way].format(n=phone_number, **names)
    return Attention(kind, advice.severity, message, hint, phone_number)
