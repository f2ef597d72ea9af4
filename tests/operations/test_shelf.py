"""Numbers on sale: searched for seldom, and none offered twice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kapso_twilio_cli.errors import VendorUnavailable
from kapso_twilio_cli.operations.buying.quote import Quote, Wanted, choose_for, quote
from kapso_twilio_cli.operations.buying.shelf import Shelf
from kapso_twilio_cli.project import Project
from tests.gateways.clients import count
from tests.projects import ready_project
from tests.vendors import running_sandbox

from .shops import US, Shop

SEARCH = r"AvailablePhoneNumbers/US/Local"
STOCK = 9


def shelf(shop: Shop) -> Shelf:
    """Put numbers of the US on a shelf."""
    return Shelf(shop.project, quoted(shop, sms_only=True))


def quoted(shop: Shop, **wanted: Any) -> Quote:
    """Ask for a quote, with its sample of numbers."""
    return quote(shop.project, choose_for(shop.project.config, Wanted(US, **wanted)))


@contextmanager
def small_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Open a shop in a country that has a handful of numbers on sale."""
    with running_sandbox(stock={"US": STOCK}) as sandbox:
        files = ready_project(tmp_path, monkeypatch, sandbox)
        project = Project.locate(name=None, config_path=files.path)
        try:
            yield Shop(project, files, sandbox)
        finally:
            project.inventory.close()


def test_thirty_numbers_cost_one_search(shop: Shop) -> None:
    taken = list(itertools.islice(shelf(shop), 30))
    assert count(shop.sandbox, SEARCH) == 1
    assert len(set(taken)) == 30


def test_the_next_search_is_made_when_the_numbers_have_run_out(shop: Shop) -> None:
    taken = list(itertools.islice(shelf(shop), 31))
    assert count(shop.sandbox, SEARCH) == 2
    assert len(set(taken)) == 31


def test_only_numbers_that_receive_sms_are_searched_for_where_it_matters(shop: Shop) -> None:
    list(itertools.islice(shelf(shop), 31))  # the quote's sample, and one search more
    assert count(shop.sandbox, rf"{SEARCH}.*SmsEnabled=true") == 2
    list(itertools.islice(Shelf(shop.project, quoted(shop)), 31))
    assert count(shop.sandbox, SEARCH) == 4
    assert count(shop.sandbox, rf"{SEARCH}.*SmsEnabled") == 2


def test_workers_who_share_a_shelf_take_each_number_once(shop: Shop) -> None:
    shared = shelf(shop)
    with ThreadPoolExecutor(8) as workers:
        taken = list(workers.map(lambda _: next(shared), range(90)))
    assert len(set(taken)) == 90
    assert count(shop.sandbox, SEARCH) <= 4  # samples overlap at times


def test_the_shelf_is_empty_when_a_search_finds_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_shop(tmp_path, monkeypatch) as shop:
        numbers = shelf(shop)
        assert len(list(numbers)) == STOCK
        assert count(shop.sandbox, SEARCH) == 2
        assert list(numbers) == []


def test_a_search_that_fails_is_told(shop: Shop) -> None:
    numbers = shelf(shop)
    list(itertools.islice(numbers, 30))
    shop.sandbox.fault(fault="status", path=SEARCH, status=503, times=None)
    with pytest.raises(VendorUnavailable):
        next(numbers)
    shop.sandbox.clear_faults()
    assert next(numbers)
