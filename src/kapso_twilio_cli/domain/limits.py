"""The limits of a project: checked before money moves, in the moment it is committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import msgspec
from msgspec import field

from ..errors import LimitExceeded, PaceExceeded
from .country import Country
from .money import Money, decimal_text


class Limits(msgspec.Struct, frozen=True):
    """None lifts a limit; the values here are the defaults."""

    max_numbers: int | None = 50
    max_numbers_per_country: int | None = None
    max_monthly_cost: Decimal | None = Decimal("100.00")
    currency: str = "USD"
    max_purchases_per_run: int | None = 10
    max_purchases_per_day: int | None = 20
    settle_after: timedelta = timedelta(minutes=10)
    max_quarantined: int | None = 2


class Spending(msgspec.Struct, frozen=True):
    """What counts against the limits: all but released numbers, and every unresolved purchase."""

    numbers: int
    monthly_cost: Decimal
    purchases_this_run: int
    purchases_last_day: int
    numbers_by_country: Mapping[Country, int] = field(default_factory=dict)
    currencies: frozenset[str] = frozenset()
    """Of what is held: in another one than the limits', or in none, the cost is not known."""


def check_purchase(limits: Limits, spending: Spending, country: Country, price: Money) -> None:
    """Raise LimitExceeded unless one more number at `price` a month stays within every limit."""
    check_budget(limits, spending, [price])
    check_country(limits, spending, country, 1)
    check_pace(limits, spending, 1)


def check_budget(limits: Limits, spending: Spending, prices: Sequence[Money]) -> None:
    """Raise LimitExceeded unless numbers at these prices stay within what may be held at once."""
    for price in prices:
        check_currency(limits, price)
    if prices:
        _check_cost_is_known(limits, spending)
    asked = len(prices)
    counts = _WHAT_IT_COUNTS["max_numbers"]
    _check_count("max_numbers", limits.max_numbers, spending.numbers, asked, LimitExceeded, counts)
    _check_cost(limits, spending.monthly_cost, sum((price.amount for price in prices), Decimal(0)))


def _check_cost_is_known(limits: Limits, spending: Spending) -> None:
    if limits.max_monthly_cost is not None and spending.currencies - {limits.currency}:
        raise LimitExceeded(
            "limits.max_monthly_cost cannot be kept: what some numbers cost is not known",
            reason="they were adopted, and Twilio named no price for them, or one in another"
            f" currency than {limits.currency}",
            hint="grant the key the Pricing API, then: kapso-twilio reconcile",
        )


def check_country(limits: Limits, spending: Spending, country: Country, count: int) -> None:
    """Raise LimitExceeded unless `count` more numbers stay within what one country may hold."""
    current = spending.numbers_by_country.get(country, 0)
    name = "max_numbers_per_country"
    counts = f"every number of {country} but released ones counts, and every unresolved purchase"
    _check_count(name, limits.max_numbers_per_country, current, count, LimitExceeded, counts)


def limit_passed(limits: Limits, spending: Spending) -> str | None:
    """In words, the limit that what is held passes already; None where it is within them."""
    cost = limits.max_monthly_cost
    if limits.max_numbers is not None and spending.numbers > limits.max_numbers:
        return f"limits.max_numbers is {limits.max_numbers}, and {spending.numbers} count now"
    if cost is not None and spending.monthly_cost > cost:
        held = decimal_text(spending.monthly_cost)
        return (
            f"limits.max_monthly_cost is {decimal_text(cost)}, and all cost {held}"
            f" {limits.currency} a month now"
        )
    return None


def check_currency(limits: Limits, price: Money) -> None:
    """Raise LimitExceeded for a price in another currency: it counts as unknown."""
    if price.currency != limits.currency:
        raise LimitExceeded(
            f"the price of {price} a month counts as unknown",
            reason=f"the limits are in {limits.currency}",
            hint=f"kapso-twilio config set limits.currency {price.currency}",
        )


def check_pace(limits: Limits, spending: Spending, count: int) -> None:
    """Raise PaceExceeded unless `count` more purchases stay within a run's and a day's.

    It names the limit that leaves the fewest.
    """
    paces = [
        ("max_purchases_per_run", limits.max_purchases_per_run, spending.purchases_this_run),
        ("max_purchases_per_day", limits.max_purchases_per_day, spending.purchases_last_day),
    ]
    bounded = [
        (limit - current, name, limit, current)
        for name, limit, current in paces
        if limit is not None
    ]
    for _, name, limit, current in sorted(bounded):
        _check_count(name, limit, current, count, PaceExceeded, _WHAT_IT_COUNTS[name])


def pace_exceeded(limits: Limits, spending: Spending, count: int) -> PaceExceeded | None:
    """The error of `check_pace`, or None."""
    try:
        check_pace(limits, spending, count)
    except PaceExceeded as exceeded:
        return exceeded
    return None


def purchases_left(limits: Limits, spending: Spending) -> int | None:
    """How many purchases a run's and a day's limits still allow; None is without end."""
    left = [
        max(0, limit - current)
        for limit, current in (
            (limits.max_purchases_per_run, spending.purchases_this_run),
            (limits.max_purchases_per_day, spending.purchases_last_day),
        )
        if limit is not None
    ]
    return min(left, default=None)


def _check_count(
    name: str, limit: int | None, current: int, asked: int, kind: type[LimitExceeded], counts: str
) -> None:
    if limit is not None and current + asked > limit:
        raise kind(
            f"limits.{name} would be exceeded: limit {limit}, current {current}, asked {asked}",
            reason=counts,
            hint=f"if that is meant: kapso-twilio config set limits.{name} {current + asked}",
        )


def _check_cost(limits: Limits, current: Decimal, asked: Decimal) -> None:
    limit = limits.max_monthly_cost
    if limit is not None and current + asked > limit:
        raise LimitExceeded(
            f"limits.max_monthly_cost would be exceeded: limit {decimal_text(limit)}, current"
            f" {decimal_text(current)}, asked {decimal_text(asked)} ({limits.currency} a month)",
            reason=_WHAT_IT_COUNTS["max_monthly_cost"],
            hint="if that is meant: kapso-twilio config set limits.max_monthly_cost"
            f" {decimal_text(current + asked)}",
        )


_WHAT_IT_COUNTS = {
    "max_numbers": "every number but released ones counts, and every unresolved purchase",
    "max_monthly_cost": "every number but released ones costs, and every unresolved purchase",
    "max_purchases_per_run": "it bounds what one run of pool fill or reconcile buys",
    "max_purchases_per_day": "it bounds all purchases of the last 24 hours",
}
