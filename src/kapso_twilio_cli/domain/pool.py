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


def numbers_to_buy(target_size: int, stock: PoolStock) -> int:
    """How many purchases bring the pool to its target; never negative.

    Purchases whose outcome is unknown count as bought: buying again is the worse mistake.
    """
    held = stock.ready + stock.verifying + stock.provisioned + stock.unresolved
    return max(0, target_size - held)
