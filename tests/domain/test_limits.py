"""The limits: each at its boundary."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.limits import (
    Limits,
    Spending,
    check_budget,
    check_pace,
    check_purchase,
    limit_passed,
    purchases_left,
)
from kapso_twilio_cli.domain.money import Money
from kapso_twilio_cli.errors import LimitExceeded

US, CL = Country("US"), Country("CL")
DOLLAR = Money(Decimal("1.00"), "USD")
NOTHING_YET = Spending(0, Decimal(0), 0, 0)
LIFTED = Limits(
    max_numbers=None,
    max_monthly_cost=None,
    max_purchases_per_run=None,
    max_purchases_per_day=None,
)


def test_the_defaults_are_those_of_the_interface() -> None:
    limits = Limits()
    assert (limits.max_numbers, limits.currency) == (50, "USD")
    assert limits.max_numbers_per_country is None
    assert limits.max_monthly_cost == Decimal(100)
    assert (limits.max_purchases_per_run, limits.max_purchases_per_day) == (10, 20)
    assert limits.settle_after.total_seconds() == 600


@pytest.mark.parametrize(
    ("limits", "last", "full", "told"),
    [
        (
            replace(LIFTED, max_numbers=5),
            replace(NOTHING_YET, numbers=4),
            replace(NOTHING_YET, numbers=5),
            "limits.max_numbers would be exceeded: limit 5, current 5, asked 1",
        ),
        (
            replace(LIFTED, max_numbers_per_country=2),
            replace(NOTHING_YET, numbers=9, numbers_by_country={US: 1, CL: 8}),
            replace(NOTHING_YET, numbers=2, numbers_by_country={US: 2}),
            "limits.max_numbers_per_country would be exceeded: limit 2, current 2, asked 1",
        ),
        (
            replace(LIFTED, max_monthly_cost=Decimal(10)),
            replace(NOTHING_YET, monthly_cost=Decimal("9.00")),
            replace(NOTHING_YET, monthly_cost=Decimal("9.01")),
            "limits.max_monthly_cost would be exceeded: limit 10.00, current 9.01, asked 1.00",
        ),
        (
            replace(LIFTED, max_purchases_per_run=3),
            replace(NOTHING_YET, purchases_this_run=2),
            replace(NOTHING_YET, purchases_this_run=3),
            "limits.max_purchases_per_run would be exceeded: limit 3, current 3, asked 1",
        ),
        (
            replace(LIFTED, max_purchases_per_day=3),
            replace(NOTHING_YET, purchases_last_day=2),
            replace(NOTHING_YET, purchases_last_day=3),
            "limits.max_purchases_per_day would be exceeded: limit 3, current 3, asked 1",
        ),
    ],
)
def test_each_limit_allows_the_last_purchase_and_refuses_the_next(
    limits: Limits, last: Spending, full: Spending, told: str
) -> None:
    check_purchase(limits, last, US, DOLLAR)
    with pytest.raises(LimitExceeded) as caught:
        check_purchase(limits, full, US, DOLLAR)
    assert caught.value.message.removesuffix(" (USD a month)") == told
    assert caught.value.exit_code == 6
    assert caught.value.hint is not None
    assert "kapso-twilio config set limits." in caught.value.hint


def test_none_lifts_every_limit() -> None:
    huge = Spending(10**6, Decimal(10**9), 10**6, 10**6)
    check_purchase(LIFTED, huge, US, DOLLAR)
    assert purchases_left(LIFTED, huge) is None


def test_the_value_that_a_hint_names_is_enough() -> None:
    limits = Limits(max_numbers=5, max_monthly_cost=Decimal("5.50"))
    spending = replace(NOTHING_YET, numbers=5, monthly_cost=Decimal("5.00"))
    with pytest.raises(LimitExceeded) as caught:
        check_purchase(limits, spending, US, DOLLAR)
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("limits.max_numbers 6")
    limits = replace(limits, max_numbers=6)
    with pytest.raises(LimitExceeded) as caught:
        check_purchase(limits, spending, US, DOLLAR)
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("limits.max_monthly_cost 6.00")
    check_purchase(replace(limits, max_monthly_cost=Decimal("6.00")), spending, US, DOLLAR)


@pytest.mark.parametrize("limits", [Limits(), LIFTED])
def test_a_price_in_another_currency_counts_as_unknown(limits: Limits) -> None:
    with pytest.raises(LimitExceeded, match=r"the price of 1\.00 EUR a month counts as unknown"):
        check_purchase(limits, NOTHING_YET, US, replace(DOLLAR, currency="EUR"))


def test_a_budget_counts_all_that_is_asked_for_together() -> None:
    limits = Limits(max_numbers=3, max_monthly_cost=Decimal("3.00"))
    check_budget(limits, NOTHING_YET, [DOLLAR] * 3)
    with pytest.raises(LimitExceeded, match="limit 3, current 0, asked 4"):
        check_budget(limits, NOTHING_YET, [DOLLAR] * 4)
    dear = [DOLLAR, DOLLAR, replace(DOLLAR, amount=Decimal("1.01"))]
    with pytest.raises(LimitExceeded, match=r"limit 3\.00, current 0\.00, asked 3\.01"):
        check_budget(limits, NOTHING_YET, dear)


COUNTS = st.integers(min_value=0, max_value=30)


@given(st.none() | COUNTS, st.none() | COUNTS, COUNTS, COUNTS)
def test_what_is_left_may_be_bought_and_not_one_more(
    per_run: int | None, per_day: int | None, run: int, day: int
) -> None:
    limits = replace(LIFTED, max_purchases_per_run=per_run, max_purchases_per_day=per_day)
    spending = replace(NOTHING_YET, purchases_this_run=run, purchases_last_day=day)
    left = purchases_left(limits, spending)
    if left is None:
        check_pace(limits, spending, 10**6)
        return
    if left:
        check_pace(limits, spending, left)
    with pytest.raises(LimitExceeded):
        check_pace(limits, spending, left + 1)


@given(st.lists(st.decimals(min_value=0, max_value=50, places=4), max_size=8))
def test_costs_add_up_exactly(prices: list[Decimal]) -> None:
    total = sum(prices, Decimal(0))
    limits = replace(LIFTED, max_monthly_cost=total)
    monies = [Money(price, "USD") for price in prices]
    check_budget(limits, NOTHING_YET, monies)
    with pytest.raises(LimitExceeded):
        check_budget(limits, NOTHING_YET, [*monies, Money(Decimal("0.0001"), "USD")])


@pytest.mark.parametrize(
    ("numbers", "cost", "words"),
    [
        (2, "3.00", None),
        (3, "3.00", "limits.max_numbers is 2, and 3 count now"),
        (2, "3.01", "limits.max_monthly_cost is 3.00, and all cost 3.01 USD a month now"),
    ],
)
def test_a_limit_that_is_passed_already_is_told(numbers: int, cost: str, words: str | None) -> None:
    limits = replace(LIFTED, max_numbers=2, max_monthly_cost=Decimal(3))
    spending = replace(NOTHING_YET, numbers=numbers, monthly_cost=Decimal(cost))
    assert limit_passed(limits, spending) == words
    assert limit_passed(LIFTED, spending) is None
