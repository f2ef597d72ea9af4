"""Settle purchases whose outcome is not known: by looking the number up, never by buying again."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ..domain.number import Number
from ..domain.purchase import Purchase, PurchaseState
from ..errors import OutcomeUnknown
from ..process import has_ended
from ..project import Project
from .purchase import record


class Settlement(msgspec.Struct, frozen=True):
    """What became of one unresolved purchase."""

    purchase: Purchase
    number: Number | None
    """The number, when it was bought."""
    still_unknown: str | None
    """Why it cannot be settled yet; None when it is settled."""
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
            hint="run kapso-twilio reconcile later: it looks again, and never buys for it twice",
        )


def settle(project: Project, purchase: Purchase) -> Settlement:
    """Look the exact number up, and settle the purchase if that proves anything.

    Its label on the number proves that it was bought. Its absence proves the opposite only when the
    process that bought has ended, and long enough after the request that it cannot be late.
    """
    looked_up_at = project.now()
    owned = project.twilio.numbers.find(purchase.phone_number)
    if owned is not None and owned.friendly_name == purchase.label:
        return Settlement(purchase, record(project, purchase, owned), None)
    if owned is not None:
        why = (
            f"{purchase.phone_number} is in the account without this purchase's label:"
            " a person must decide"
        )
        return Settlement(purchase, None, why)
    if _is_under_way(purchase, looked_up_at):
        owner = purchase.owner
        why = f"the process that buys it is still at work (pid {owner.pid} on {owner.host})"
        return Settlement(purchase, None, why, under_way=True)
    believable_at = purchase.started_at + project.config.limits.settle_after
    if looked_up_at < believable_at:
        why = (
            f"not in the account yet; from {believable_at:%Y-%m-%d %H:%M:%S} UTC on its absence"
            " counts as not bought (limits.settle_after)"
        )
        return Settlement(purchase, None, why)
    with project.inventory.write() as tx:
        now_known = tx.purchases.get(purchase.id)
        if now_known is not None and now_known.is_unresolved:
            tx.purchases.settle(
                purchase, PurchaseState.NOT_BOUGHT, project.now(), reason="not in the account"
            )
    return Settlement(purchase, None, None)


def _is_under_way(purchase: Purchase, now: datetime) -> bool:
    if purchase.state is not PurchaseState.OPEN:
        return False  # the owner itself has said that its request is over
    return not has_ended(purchase.owner, deadline=purchase.deadline, now=now)
