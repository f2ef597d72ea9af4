"""What an operator should look at, each with its next step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ..domain.attention import Attention, AttentionKind, told
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
from .account.adopt import REASON as ADOPTED
from .verifying.put_off import GAVE_UP

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
            told(
                AttentionKind.NOT_OUR_PURCHASE,
                f"on {event.at:%Y-%m-%d} Twilio answered a purchase with {event.detail}, which the"
                " account held already",
            )
        )
    return found


def _of_reservations(session: Session, now: datetime) -> Iterator[Attention]:
    """What is to be said of reserved numbers: only those that it is about are looked up."""
    with_reason = {number.id for number in session.numbers.reserved_with_reason()}
    used = session.setup_links.used_refs()
    for held in session.reservations.of_reserved_numbers():
        overdue = held.reserved_until < now
        waits_long = held.reserved_at < now - META_LIMIT and held.path is Path.POOL
        if not (overdue or waits_long or held.number_id in with_reason or held.ref in used):
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
    return [told(kind, f"nothing is bought or handed out: {footing.reason}")]


def _of_finding(finding: Finding) -> Attention:
    n = finding.phone_number
    message = f"{n}: {finding.detail}" if n is not None else finding.detail
    return told(finding.kind, message, n)


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
    return told(
        AttentionKind.SETUP_LINK_USED,
        f"{n} was held for a setup link that customer {link.customer_id} has used, and is not"
        " connected: with another number, it seems",
        n,
    )


def _unfinished(number: Number) -> Attention:
    asked = number.facts.release_requested_at
    return told(
        AttentionKind.RELEASE_UNFINISHED,
        f"the release of {number.phone_number} was asked for ({asked:%Y-%m-%d %H:%M} UTC), and is"
        " not done",
        number.phone_number,
    )


def _unresolved(purchase: Purchase, *, by_hand: bool) -> Attention:
    return told(
        AttentionKind.PURCHASE_UNRESOLVED,
        f"it is not known whether {purchase.phone_number} was bought"
        f" ({purchase.started_at:%Y-%m-%d %H:%M} UTC)",
        purchase.phone_number,
        way=1 if by_hand else 0,
        id=str(purchase.id),
    )


def _overdue(number: Number, reservation: Reservation) -> Attention:
    return told(
        AttentionKind.RESERVATION_OVERDUE,
        f"{number.phone_number} is reserved for {reservation.ref} beyond"
        f" {reservation.reserved_until:%Y-%m-%d %H:%M} UTC"
        + (f": {number.reason}" if number.reason else ""),
        number.phone_number,
    )


def _not_ended(number: Number, reservation: Reservation) -> Attention:
    return told(
        AttentionKind.RESERVATION_NOT_ENDED,
        f"{number.phone_number} is reserved for {reservation.ref}: {number.reason}",
        number.phone_number,
    )


def _voice_url_changed(number: Number) -> Attention:
    return told(
        AttentionKind.VOICE_URL_CHANGED,
        f"calls to {number.phone_number} are still answered as for a code by voice",
        number.phone_number,
    )


def _not_registered(number: Number, reservation: Reservation) -> Attention:
    return told(
        AttentionKind.PAST_META_LIMIT,
        f"{number.phone_number} was handed out on {reservation.reserved_at:%Y-%m-%d} and is not"
        f" connected: what is not registered {META_LIMIT.days} days after a claim must be verified"
        " again",
        number.phone_number,
    )


def _not_verified(number: Number) -> Attention:
    n = number.phone_number
    return told(
        AttentionKind.PAST_META_LIMIT,
        f"{n} was bought on {number.bought_at:%Y-%m-%d}, added at Meta and never verified: after"
        f" {META_LIMIT.days} days Meta takes it off its list",
        n,
        way=1,
    )


def _expired(number: Number) -> Attention:
    return told(
        AttentionKind.VERIFICATION_EXPIRED,
        f"the verification of {number.phone_number} has ended, or ends too soon",
        number.phone_number,
    )


def _of_number(number: Number) -> Attention:
    n = number.phone_number
    kind, message, way = _in_words(number)
    if kind is AttentionKind.ADOPTED:
        return told(kind, message, n)
    reason = f": {number.reason}" if number.reason else ""
    return told(kind, message + reason + _next_attempt(number), n, way=way, country=number.country)


def _in_words(number: Number) -> tuple[AttentionKind, str, int]:
    """What is the matter with it, in words, and which of its kind's next steps fits."""
    n = number.phone_number
    match number.state:
        case NumberState.MISSING:
            return AttentionKind.MISSING, f"{n} is not in the account any more", 0
        case NumberState.QUARANTINED if number.reason == ADOPTED:
            told_of = f"{n} carries this project's label, and nobody knows what it was used for"
            told_of += "; its price is not known" * (number.price == UNPRICED)
            return AttentionKind.ADOPTED, told_of, 0
        case NumberState.QUARANTINED if (number.reason or "").startswith(GAVE_UP):
            costs = f"{n} is quarantined, and costs {number.price} a month"
            return AttentionKind.QUARANTINED, costs, 1
        case NumberState.QUARANTINED:
            return AttentionKind.QUARANTINED, f"{n} is quarantined", 0
        case NumberState.READY:
            until = f"{number.facts.verification_expiry_time:%Y-%m-%d}"
            message = f"{n} could not be verified anew; it is handed out until {until}"
            return AttentionKind.REVERIFICATION_FAILING, message, 0
        case _ if number.facts.pool is None:
            return AttentionKind.NO_POOL_TO_RETURN_TO, f"{n} waits outside every pool", 0
        case _:
            return AttentionKind.VERIFICATION_FAILING, f"{n} could not be verified", 0


def _next_attempt(number: Number) -> str:
    at = number.facts.next_attempt_at
    if at is None or number.state not in (NumberState.PROVISIONED, NumberState.READY):
        return ""
    return f" (the next attempt is at {at:%Y-%m-%d %H:%M} UTC)"
