"""What an operator should look at: a closed list of kinds, each with its next step."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from .phone_number import PhoneNumber


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
