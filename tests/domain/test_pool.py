"""How many numbers a pool buys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kapso_twilio_cli.domain.pool import PoolStock, PostDisconnect, numbers_to_buy

COUNTS = st.integers(min_value=0, max_value=40)
STOCKS = st.builds(PoolStock, COUNTS, COUNTS, COUNTS, COUNTS)
PARTS = ("ready", "verifying", "provisioned", "unresolved")


@given(COUNTS, STOCKS)
def test_a_pool_is_brought_to_its_target_and_never_above(target: int, stock: PoolStock) -> None:
    held = stock.ready + stock.verifying + stock.provisioned + stock.unresolved
    bought = numbers_to_buy(target, stock)
    assert bought >= 0
    assert held + bought == max(target, held)


@given(COUNTS, STOCKS, st.sampled_from(PARTS))
def test_whatever_is_held_is_not_bought_again(target: int, stock: PoolStock, part: str) -> None:
    more = replace(stock, **{part: getattr(stock, part) + 1})
    assert numbers_to_buy(target, more) == max(0, numbers_to_buy(target, stock) - 1)


@pytest.mark.parametrize("part", PARTS)
def test_each_kind_of_number_counts_towards_the_target(part: str) -> None:
    assert numbers_to_buy(3, replace(PoolStock(0, 0, 0, 0), **{part: 2})) == 1


def test_the_policies_are_spelt_as_in_the_project_file() -> None:
    assert set(PostDisconnect) == {"mark_unavailable", "return_to_pool"}
