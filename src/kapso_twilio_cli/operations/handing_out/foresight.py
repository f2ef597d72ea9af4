"""What `resolve` would answer, found by going its whole way up to a purchase, with nothing kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import msgspec

from ...domain.resolution import ResolveReason
from ...project import Project
from ..buying.quote import Choice, Quote
from .onboarding import LivePurchase, Onboarding, Resolution
from .resolve import resolve


class WouldBuy(msgspec.Struct, frozen=True):
    """A number would be bought."""

    quote: Quote
    reason: ResolveReason
    """Why the pool gives none."""


class _StopsHere(Exception):
    def __init__(self, would_buy: WouldBuy) -> None:
        super().__init__()
        self.would_buy = would_buy


def foresee(
    project: Project,
    onboarding: Onboarding,
    *,
    no_provision: bool,
    lost_sids: Callable[[Choice], None],
) -> Resolution | WouldBuy:
    """What `resolve` would answer; raises what it would raise."""

    def stop_here(quote: Quote, reason: ResolveReason) -> NoReturn:
        raise _StopsHere(WouldBuy(quote, reason))

    live = None if no_provision else LivePurchase(stop_here, lost_sids)
    try:
        if project.why_not_enabled() is not None:
            return resolve(project, onboarding, live)
        with project.inventory.rehearsal():
            return resolve(project, onboarding, live)
    except _StopsHere as stopped:
        return stopped.would_buy
