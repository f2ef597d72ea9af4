"""Settle purchases whose outcome is not known: by looking the number up, never by buying again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ...domain.purchase import Purchase, PurchaseState
from ...errors import OutcomeUnknown
from ...process import has_ended
from ...project import Project
from .purchase import Recorded, is_from, record

if TYPE_CHECKING:
    from ...gateways.twilio_numbers import OwnedNumber


class Settlement(msgspec.Struct, frozen=True):
    """What became of one unresolved purchase."""

    purchase: Purchase
    recorded: Recorded | None
    """The number, and the reservation that it became; when it was bought."""
    still_unknown: str | None
    """Why it cannot be settled yet; None when it is settled."""
    waits: bool = False
    """Time will settle it."""
    under_way: bool = False
    """The process that buys it is alive, and will say itself what came of it."""

    @property
    def error(self) -> OutcomeUnknown | None:
        """What a run that leaves the purchase unknown ends with; None where nothing is amiss."""
        if self.still_unknown is None or self.under_way:
            return None
        return OutcomeUnknown(
            f"it is not known yet whether {self.purchase.phone_number} was bought",
            reason=self.still_unknown,
            hint="run kapso-twilio reconcile later: it looks again, and never buys for it twice"
            if self.waits
            else "look at it in the Twilio console; if this purchase brought it: kapso-twilio"
            f" purchase settle {self.purchase.id} --bought SID, else: kapso-twilio purchase settle"
            f" {self.purchase.id} --not-bought",
        )


def settle(project: Project, purchase: Purchase) -> Settlement:
    """Look the exact number up, and settle the purchase if that proves anything.

    Its label on the number proves that it was bought, if the number is no older than the purchase.
    Its absence proves the opposite only when the process that bought had ended before the look-up,
    and long enough after the request that it cannot be late; and only if its label is absent too,
    as one answer may lack what the account holds.
    """
    looked_up_at = project.now()
    under_way = is_under_way(purchase, looked_up_at)
    owned = project.twilio.numbers.find(purchase.phone_number)
    if owned is not None:
        return _settle_found(project, purchase, owned)
    if under_way:
        owner = purchase.owner
        why = f"the process that buys it is still at work (pid {owner.pid} on {owner.host})"
        return Settlement(purchase, None, why, waits=True, under_way=True)
    believable_at = purchase.started_at + project.config.limits.settle_after
    if looked_up_at < believable_at:
        why = (
            f"not in the account yet; from {believable_at:%Y-%m-%d %H:%M:%S} UTC on its absence"
            " counts as not bought (limits.settle_after)"
        )
        return Settlement(purchase, None, why, waits=True)
    labelled = project.twilio.numbers.find_label(purchase.label)
    if labelled is not None and labelled.phone_number == purchase.phone_number:
        return _settle_found(project, purchase, labelled)
    with project.inventory.write() as tx:
        now_known = tx.purchases.get(purchase.id)
        if now_known is not None and now_known.is_unresolved:
            tx.purchases.settle(
                purchase, PurchaseState.NOT_BOUGHT, project.now(), reason="not in the account"
            )
    return Settlement(purchase, None, None)


def _settle_found(project: Project, purchase: Purchase, owned: OwnedNumber) -> Settlement:
    if owned.friendly_name != purchase.label:
        why = (
            f"{purchase.phone_number} is in the account without this purchase's label:"
            " a person must decide"
        )
        return Settlement(purchase, None, why)
    if not is_from(purchase, owned):
        why = (
            f"{purchase.phone_number} was in the account before this purchase, and carries its"
            " label: a person must decide"
        )
        return Settlement(purchase, None, why)
    return Settlement(purchase, record(project, purchase, owned), None)


def is_under_way(purchase: Purchase, now: datetime) -> bool:
    """Whether the process that buys may still be waiting for Twilio's answer."""
    if purchase.state is not PurchaseState.OPEN:
        return False  # the owner itself has said that its request is over
    return not has_ended(purchase.owner, deadline=purchase.deadline, now=now)
