"""A country's pool: what happens after a disconnect, and how many numbers to buy."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class PostDisconnect(StrEnum):
    """What becomes of a pool's number when its WhatsApp config was removed."""

    MARK_UNAVAILABLE = "mark_unavailable"
    RETURN_TO_POOL = "return_to_pool"


class PoolStock(msgspec.Struct, frozen=True):
    """What a pool holds towards its target, counted in one moment."""

    ready: int
    verifying: int
    provisioned: int
    unresolved: int
    """Purchases that are open, or whose outcome is unknown."""
    undecided: int = 0
    """Adopted numbers of the country, which may have been bought for this pool."""
    not_replaced: int = 0
    """Quarantined members beyond those that purchases may replace."""


def numbers_to_buy(target_size: int, stock: PoolStock) -> int:
    """How many purchases bring the pool to its target; never negative.

    Purchases whose outcome is unknown count as bought, and adopted numbers that nobody has decided
    about as its own: buying again is the worse mistake. So do quarantined ones beyond a few: a
    country where no number can be verified is not bought empty.
    """
    coming = stock.verifying + stock.provisioned + stock.unresolved + stock.undecided
    held = stock.ready + coming + stock.not_replaced
    return max(0, target_size - held)
