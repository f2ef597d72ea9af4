"""Settle a purchase on a person's word, where looking the number up proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ...domain.lifecycle import NumberState
from ...domain.purchase import Purchase, PurchaseState
from ...errors import (
    CredentialsError,
    KapsoTwilioError,
    Locked,
    StateError,
    VendorRefused,
    VendorUnavailable,
)
from ...inventory.purchases import require_purchase
from ...project import Project
from ..account.ownership import other_home
from .purchase import Recorded, record
from .settle import is_under_way

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import OwnedNumber

BY_A_PERSON = "by a person"


class SettledByHand(msgspec.Struct, frozen=True):
    """A purchase as it is now, and what it brought."""

    purchase: Purchase
    recorded: Recorded | None = None
    label_error: KapsoTwilioError | None = None
    """Why its label could not be put on the number at Twilio."""


class Brought(msgspec.Struct, frozen=True):
    """What a person says that a purchase brought, and Twilio shows."""

    purchase: Purchase
    owned: OwnedNumber | None
    """None: the purchase is settled so already."""


def settle_as_bought(project: Project, brought: Brought) -> SettledByHand:
    """Record the number, then put the purchase's label on it if it has another name."""
    purchase, owned = brought.purchase, brought.owned
    if owned is None:
        return SettledByHand(purchase)
    recorded = record(project, purchase, owned)
    error: KapsoTwilioError | None = None
    if owned.friendly_name != purchase.label:
        try:
            project.twilio.numbers.label(owned.sid, purchase.label)
        except (CredentialsError, VendorRefused, VendorUnavailable) as failure:
            error = failure
    return SettledByHand(_purchase(project, purchase.id), recorded, error)


def brought_by(project: Project, purchase_id: str, sid: str) -> Brought:
    """The purchase and the number that it is said to have brought. Changes nothing.

    Raises StateError where it is settled otherwise, or Twilio shows another number under the SID;
    Locked while the process that buys is alive.
    """
    purchase = _purchase(project, purchase_id)
    if purchase.state is PurchaseState.BOUGHT and purchase.sid == sid:
        return Brought(purchase, None)
    _require_unresolved(project, purchase)
    owned = project.twilio.numbers.read(sid)
    if owned is None or owned.phone_number != purchase.phone_number:
        raise StateError(
            f"{sid} is not {purchase.phone_number}",
            reason=f"Twilio shows {owned.phone_number} under it"
            if owned
            else "the account has no such number",
            hint=f"copy the SID of {purchase.phone_number} from the Twilio console; if it is not"
            f" there: kapso-twilio purchase settle {purchase.id} --not-bought",
        )
    other = other_home(project, owned.friendly_name)
    if other is not None:
        raise StateError(
            f"{owned.phone_number} carries the label of {other}",
            reason="it was bought there, in the same moment",
            hint=f"kapso-twilio purchase settle {purchase.id} --not-bought",
        )
    _refuse_held(project, purchase, sid)
    return Brought(purchase, owned)


def settle_as_not_bought(project: Project, purchase: Purchase) -> SettledByHand:
    """Record that the purchase brought nothing; it counts no longer."""
    with project.inventory.write() as tx:
        if require_purchase(tx.purchases.get(purchase.id), purchase.id).is_unresolved:
            tx.purchases.settle(
                purchase, PurchaseState.NOT_BOUGHT, project.now(), reason=BY_A_PERSON
            )
    settled = _purchase(project, purchase.id)
    if settled.state is not PurchaseState.NOT_BOUGHT:
        raise _settled_otherwise(settled)
    return SettledByHand(settled)


def brought_nothing(project: Project, purchase_id: str) -> Purchase:
    """The purchase, if it may be said to have brought nothing. Changes nothing.

    Raises StateError while the account holds the number with its label: then it was bought.
    """
    purchase = _purchase(project, purchase_id)
    if purchase.state is PurchaseState.NOT_BOUGHT:
        return purchase
    _require_unresolved(project, purchase)
    owned = project.twilio.numbers.find(purchase.phone_number)
    if owned is not None and owned.friendly_name == purchase.label:
        raise StateError(
            f"{purchase.phone_number} is in the account with this purchase's label ({owned.sid})",
            reason="so it was bought, and is paid for",
            hint="kapso-twilio reconcile, or kapso-twilio purchase settle"
            f" {purchase.id} --bought {owned.sid}",
        )
    _refuse_too_early(project, purchase, owned)
    return purchase


def _refuse_too_early(project: Project, purchase: Purchase, owned: OwnedNumber | None) -> None:
    """Twilio may still buy what it was asked for: an absence proves nothing so soon."""
    believable_at = purchase.started_at + project.config.limits.settle_after
    if owned is None and project.now() < believable_at:
        raise Locked(
            f"it is too early to say that {purchase.phone_number} was not bought",
            reason="Twilio may be late; its absence counts from"
            f" {believable_at:%Y-%m-%d %H:%M:%S} UTC on (limits.settle_after)",
            hint="kapso-twilio reconcile settles it then",
        )


def _purchase(project: Project, purchase_id: str) -> Purchase:
    with project.inventory.read() as session:
        return require_purchase(session.purchases.get(purchase_id), purchase_id)


def _require_unresolved(project: Project, purchase: Purchase) -> None:
    if not purchase.is_unresolved:
        raise _settled_otherwise(purchase)
    if is_under_way(purchase, project.now()):
        owner = purchase.owner
        raise Locked(
            f"{purchase.phone_number} is being bought",
            reason=f"the process that buys it is still at work (pid {owner.pid} on {owner.host})",
            hint="it says itself what came of it; run the command again if it does not",
        )


def _settled_otherwise(purchase: Purchase) -> StateError:
    what = "bought" if purchase.state is PurchaseState.BOUGHT else "not bought"
    details = ", ".join(text for text in (purchase.sid, purchase.reason) if text)
    return StateError(
        f"purchase {purchase.id} is settled: {purchase.phone_number} was {what}",
        reason=f"since {purchase.settled_at:%Y-%m-%d %H:%M} UTC"
        + (f" ({details})" * bool(details)),
        hint=f"kapso-twilio number show {purchase.phone_number}"
        if purchase.state is PurchaseState.BOUGHT
        else f"if the account holds it after all: kapso-twilio number import"
        f" {purchase.phone_number}",
    )


def _refuse_held(project: Project, purchase: Purchase, sid: str) -> None:
    """Raise StateError where the number is in the inventory, by another way than this purchase."""
    with project.inventory.read() as session:
        number = session.numbers.find(purchase.phone_number)
    if number is None or number.state is NumberState.RELEASED or number.purchase_id == purchase.id:
        return
    raise StateError(
        f"{purchase.phone_number} is in the inventory already ({number.sid})",
        reason=f"it came in by another way than this purchase; you named {sid}",
        hint=f"kapso-twilio number history {purchase.phone_number}",
    )
