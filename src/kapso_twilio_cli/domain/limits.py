"""The limits of a project: checked before money moves, in the moment it is committed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from ..errors import LimitExceeded
from .money import Money, decimal_text


@dataclass(frozen=True)
class Limits:
    """None lifts a limit; the values here are the defaults."""

    max_numbers: int | None = 50
    max_monthly_cost: Decimal | None = Decimal("100.00")
    currency: str = "USD"
    max_purchases_per_run: int | None = 10
    max_purchases_per_day: int | None = 20
    settle_after: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Spending:
    """What counts against the limits: all but released numbers, and every unresolved purchase."""

    numbers: int
    monthly_cost: Decimal
    purchases_this_run: int
    purchases_last_day: int


def check_purchase(limits: Limits, spending: Spending, price: Money) -> None:
    """Raise LimitExceeded unless one more number at `price` a month stays within every limit."""
    if price.currency != limits.currency:
        raise LimitExceeded(
            f"the price of {price} a month counts as unknown",
            reason=f"the limits are in {limits.currency}",
            hint=f"kapso-twilio config set limits.currency {price.currency}",
        )
    _check_count("max_numbers", limits.max_numbers, spending.numbers)
    _check_cost(limits, spending, price)
    _check_count("max_purchases_per_run", limits.max_purchases_per_run, spending.purchases_this_run)
    _check_count("max_purchases_per_day", limits.max_purchases_per_day, spending.purchases_last_day)


def _check_count(name: str, limit: int | None, current: int) -> None:
    if limit is not None and current + 1 > limit:
        raise LimitExceeded(
            f"limits.{name} is reached: limit {limit}, current {current}, asked 1 more",
            reason=_WHAT_IT_COUNTS[name],
            hint=f"raise it if that is meant: kapso-twilio config set limits.{name} {current + 1}",
        )


def _check_cost(limits: Limits, spending: Spending, price: Money) -> None:
    limit = limits.max_monthly_cost
    after = spending.monthly_cost + price.amount
    if limit is not None and after > limit:
        raise LimitExceeded(
            f"limits.max_monthly_cost would be exceeded: limit {decimal_text(limit)}, current "
            f"{decimal_text(spending.monthly_cost)}, asked {decimal_text(price.amount)} more "
            f"({limits.currency} a month)",
            reason=_WHAT_IT_COUNTS["max_monthly_cost"],
            hint="raise it if that is meant: kapso-twilio config set limits.max_monthly_cost "
            + decimal_text(after),
        )


_WHAT_IT_COUNTS = {
    "max_numbers": "every number but released ones counts, and every unresolved purchase",
    "max_monthly_cost": "every number but released ones costs, and every unresolved purchase",
    "max_purchases_per_run": "it bounds what one run of pool fill or reconcile buys",
    "max_purchases_per_day": "it bounds all purchases of the last 24 hours",
}
