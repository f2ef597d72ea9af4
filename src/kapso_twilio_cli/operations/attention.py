"""What an operator should look at, each with its next step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ..domain.attention import Attention, AttentionKind, Severity
from ..domain.lifecycle import NumberState
from ..domain.money import UNPRICED
from ..domain.number import Number
from ..domain.purchase import Purchase
from ..domain.reservation import Reservation
from ..domain.resolution import Path
from ..domain.setup_link import LinkState, SetupLink
from ..domain.standing import WAYS_ON, Footing
from ..errors import OutcomeUnknown
from ..inventory.findings import Finding
from ..inventory.journal import NOT_OUR_PURCHASE
from ..inventory.store import Session
from ..project import Project
from .adopt import REASON as ADOPTED
from .put_off import GAVE_UP

META_LIMIT = timedelta(days=90)
"""Meta's own: to register a claimed number, and to verify one that was added.

Source: reference "Meta: pre-verified numbers", 2 (read 2026-11-22).
"""


def attention(project: Project, session: Session, now: datetime) -> list[Attention]:
    """What a person should look at, by the inventory alone; a pool's shortage is `status`'s."""
    looked_at = _looked_at(session)
    settle_after = project.config.limits.settle_after
    found = _barred(session.standing.now())
    found += [
        _unresolved(purchase, by_hand=looked_at > purchase.started_at + settle_after)
        for purchase in session.purchases.unresolved()
    ]
    found += [_unfinished(number) for number in session.stock.to_be_released()]
    found += _of_reservations(session, now)
    found += [
        _of_number(number)
        for number in session.numbers.needing_a_look()
        if number.facts.release_requested_at is None
    ]
    found += [
        _voice_url_changed(number)
        for number in session.stock.with_voice_before()
        if number.state is not NumberState.VERIFYING
        and (number.facts.lease_until is None or number.facts.lease_until <= now)
    ]
    found += [
        _of_finding(finding) for finding in session.findings.all() if _still_holds(session, finding)
    ]
    found += [_not_verified(number) for number in session.stock.never_verified(now - META_LIMIT)]
    for country in project.config.pools:
        found += [
            _expired(number) for number in session.numbers.expired(country, project.valid_at())
        ]
    since = now - timedelta(days=7)
    for event in session.events.newest_of_kind(NOT_OUR_PURCHASE, since):
        found.append(
            Attention(
                AttentionKind.NOT_OUR_PURCHASE,
                Severity.WARNING,
                f"on {event.at:%Y-%m-%d} Twilio answered a purchase with {event.detail}, which the"
                " account held already",
                "check its friendly name in the Twilio console",
            )
        )
    return found


def _of_reservations(session: Session, now: datetime) -> Iterator[Attention]:
    """What is to be said of reserved numbers: only those that it is about are looked up."""
    told = {number.id for number in session.numbers.reserved_with_reason()}
    used = session.setup_links.used_refs()
    for held in session.reservations.of_reserved_numbers():
        overdue = held.reserved_until < now
        waits_long = held.reserved_at < now - META_LIMIT and held.path is Path.POOL
        if not (overdue or waits_long or held.number_id in told or held.ref in used):
            continue
        number = session.numbers.get(held.number_id)
        if overdue:
            yield _overdue(number, held)
        elif number.reason is not None:
            yield _not_ended(number, held)
        link = session.setup_links.of_ref(held.ref)
        if link is not None and link.state is LinkState.USED:
            yield _link_used(number, link)
        if waits_long:
            yield _not_registered(number, held)


def _still_holds(session: Session, finding: Finding) -> bool:
    """Whether it is still so: a number that was claimed may have been connected since."""
    if finding.kind is not AttentionKind.MAYBE_CLAIMED or finding.phone_number is None:
        return True
    number = session.numbers.find(finding.phone_number)
    # One that could not be ended for that reason is told with its reservation.
    return number is not None and number.state is NumberState.RESERVED and number.reason is None


def _barred(footing: Footing) -> list[Attention]:
    """Why this inventory may neither buy nor hand out, if it may not."""
    if footing.standing not in WAYS_ON:
        return []
    kind = AttentionKind(footing.standing.value)
    return [
        Attention(
            kind,
            Severity.CRITICAL,
            f"nothing is bought or handed out: {footing.reason}",
            WAYS_ON[footing.standing],
        )
    ]


_FINDINGS = {
    AttentionKind.MAYBE_CLAIMED: (
        Severity.WARNING,
        "kapso-twilio connect {n}, or if nobody has it: reservation cancel {n} --force",
    ),
    AttentionKind.KAPSO_STATUS: (
        Severity.WARNING,
        "look at the number in Kapso; here it stays connected as long as Kapso lists it",
    ),
    AttentionKind.LABEL_EDITED: (
        Severity.WARNING,
        "kapso-twilio number import {n} puts its label back",
    ),
    AttentionKind.TWO_PROJECTS: (
        Severity.CRITICAL,
        "agree with that project whose it is; who has it here: kapso-twilio number show {n}",
    ),
    AttentionKind.FOREIGN_NUMBERS: (Severity.INFO, "kapso-twilio number list --foreign"),
    AttentionKind.TOO_MANY_ABSENT: (
        Severity.CRITICAL,
        "look in the Twilio console; if they are gone: kapso-twilio reconcile --accept-missing",
    ),
    AttentionKind.WRONG_HOME: (
        Severity.CRITICAL,
        "put the project's own inventory in place; if it is lost: kapso-twilio reconcile --adopt",
    ),
}


def _of_finding(finding: Finding) -> Attention:
    severity, hint = _FINDINGS[finding.kind]
    n = finding.phone_number
    message = f"{n}: {finding.detail}" if n is not None else finding.detail
    return Attention(finding.kind, severity, message, hint.format(n=n), n)


def _looked_at(session: Session) -> datetime:
    """When a reconcile last looked unknown purchases up and left one: only a person settles it,
    if absence counted as not bought by then.
    """
    last = session.runs.last("reconcile")
    if last is None or last.exit_code != OutcomeUnknown.exit_code or last.finished_at is None:
        return datetime.min.replace(tzinfo=UTC)
    return last.finished_at


def _link_used(number: Number, link: SetupLink) -> Attention:
    n = number.phone_number
    return Attention(
        AttentionKind.SETUP_LINK_USED,
        Severity.WARNING,
        f"{n} was held for a setup link that customer {link.customer_id} has used, and is not"
        " connected: with another number, it seems",
        f"kapso-twilio reservation cancel {n}; or, if it is on it: kapso-twilio connect {n}",
        n,
    )


def _unfinished(number: Number) -> Attention:
    asked = number.facts.release_requested_at
    return Attention(
        AttentionKind.RELEASE_UNFINISHED,
        Severity.WARNING,
        f"the release of {number.phone_number} was asked for ({asked:%Y-%m-%d %H:%M} UTC), and is"
        " not done",
        f"kapso-twilio number release {number.phone_number} --confirm {number.phone_number}",
        number.phone_number,
    )


def _unresolved(purchase: Purchase, *, by_hand: bool) -> Attention:
    return Attention(
        AttentionKind.PURCHASE_UNRESOLVED,
        Severity.CRITICAL,
        f"it is not known whether {purchase.phone_number} was bought"
        f" ({purchase.started_at:%Y-%m-%d %H:%M} UTC)",
        f"kapso-twilio purchase settle {purchase.id}" if by_hand else "kapso-twilio reconcile",
        purchase.phone_number,
    )


def _overdue(number: Number, reservation: Reservation) -> Attention:
    return Attention(
        AttentionKind.RESERVATION_OVERDUE,
        Severity.WARNING,
        f"{number.phone_number} is reserved for {reservation.ref} beyond"
        f" {reservation.reserved_until:%Y-%m-%d %H:%M} UTC"
        + (f": {number.reason}" if number.reason else ""),
        f"kapso-twilio connect {number.phone_number}, or reservation cancel {number.phone_number}",
        number.phone_number,
    )


def _not_ended(number: Number, reservation: Reservation) -> Attention:
    return Attention(
        AttentionKind.RESERVATION_NOT_ENDED,
        Severity.WARNING,
        f"{number.phone_number} is reserved for {reservation.ref}: {number.reason}",
        f"kapso-twilio connect {number.phone_number}, or reservation cancel {number.phone_number}",
        number.phone_number,
    )


def _voice_url_changed(number: Number) -> Attention:
    return Attention(
        AttentionKind.VOICE_URL_CHANGED,
        Severity.INFO,
        f"calls to {number.phone_number} are still answered as for a code by voice",
        "kapso-twilio reconcile puts back what answered them before",
        number.phone_number,
    )


def _not_registered(number: Number, reservation: Reservation) -> Attention:
    return Attention(
        AttentionKind.PAST_META_LIMIT,
        Severity.WARNING,
        f"{number.phone_number} was handed out on {reservation.reserved_at:%Y-%m-%d} and is not"
        f" connected: what is not registered {META_LIMIT.days} days after a claim must be verified"
        " again",
        f"kapso-twilio connect {number.phone_number}, or reservation cancel {number.phone_number}",
        number.phone_number,
    )


def _not_verified(number: Number) -> Attention:
    n = number.phone_number
    return Attention(
        AttentionKind.PAST_META_LIMIT,
        Severity.WARNING,
        f"{n} was bought on {number.bought_at:%Y-%m-%d}, added at Meta and never verified: after"
        f" {META_LIMIT.days} days Meta takes it off its list",
        f"kapso-twilio number verify {n} --force, or give it back: kapso-twilio number release {n}"
        f" --confirm {n}",
        n,
    )


def _expired(number: Number) -> Attention:
    return Attention(
        AttentionKind.VERIFICATION_EXPIRED,
        Severity.WARNING,
        f"the verification of {number.phone_number} has ended, or ends too soon",
        "kapso-twilio reconcile",
        number.phone_number,
    )


def _of_number(number: Number) -> Attention:
    n = number.phone_number
    match number.state:
        case NumberState.MISSING:
            kind, severity = AttentionKind.MISSING, Severity.CRITICAL
            message, hint = f"{n} is not in the account any more", "look in the Twilio console"
        case NumberState.QUARANTINED if number.reason == ADOPTED:
            kind, severity = AttentionKind.ADOPTED, Severity.WARNING
            message = f"{n} carries this project's label, and nobody knows what it was used for"
            message += "; its price is not known" * (number.price == UNPRICED)
            hint = (
                f"to use it: kapso-twilio number add-to-pool {n} --force; to give it back:"
                f" kapso-twilio number release {n} --confirm {n}"
            )
            return Attention(kind, severity, message, hint, n)
        case NumberState.QUARANTINED if (number.reason or "").startswith(GAVE_UP):
            message = f"{n} is quarantined, and costs {number.price} a month: {number.reason}"
            hint = (
                f"to try again: kapso-twilio number verify {n} --force; to give it back:"
                f" kapso-twilio number release {n} --confirm {n}"
            )
            return Attention(AttentionKind.QUARANTINED, Severity.WARNING, message, hint, n)
        case NumberState.QUARANTINED:
            kind, severity = AttentionKind.QUARANTINED, Severity.WARNING
            message = f"{n} is quarantined"
            hint = f"kapso-twilio number show {n}"
        case NumberState.READY:
            kind, severity = AttentionKind.REVERIFICATION_FAILING, Severity.WARNING
            message = (
                f"{n} could not be verified anew; it is handed out until"
                f" {number.facts.verification_expiry_time:%Y-%m-%d}"
            )
            hint = "kapso-twilio reconcile tries again in time"
        case _ if number.facts.pool is None:
            kind, severity = AttentionKind.NO_POOL_TO_RETURN_TO, Severity.WARNING
            message = f"{n} waits outside every pool"
            hint = f"kapso-twilio pool set {number.country} --target-size N"
        case _:
            kind, severity = AttentionKind.VERIFICATION_FAILING, Severity.WARNING
            message = f"{n} could not be verified"
            hint = f"kapso-twilio number verify {n} --force"
    reason = f": {number.reason}" if number.reason else ""
    return Attention(kind, severity, message + reason + _next_attempt(number), hint, n)


def _next_attempt(number: Number) -> str:
    at = number.facts.next_attempt_at
    if at is None or number.state not in (NumberState.PROVISIONED, NumberState.READY):
        return ""
    return f" (the next attempt is at {at:%Y-%m-%d %H:%M} UTC)"
