"""Reading ahead: all pages, in order, each asked for while the one before is worked on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from kapso_twilio_cli.gateways.read_ahead import one_ahead


def test_every_page_comes_once_and_in_order() -> None:
    assert list(one_ahead(iter([[1], [], [2, 3]]))) == [[1], [], [2, 3]]
    assert list(one_ahead(iter([]))) == []


def test_the_next_page_is_asked_for_before_this_one_is_done() -> None:
    asked = [threading.Event(), threading.Event(), threading.Event()]

    def pages() -> Iterator[int]:
        for number, event in enumerate(asked):
            event.set()
            yield number

    read = one_ahead(pages())
    assert next(read) == 0
    assert asked[1].wait(timeout=10)
    assert not asked[2].is_set()


def test_what_asking_raises_comes_after_the_pages_before_it() -> None:
    def pages() -> Iterator[int]:
        yield 1
        raise ValueError("the second page cannot be had")

    read = one_ahead(pages())
    assert next(read) == 1
    with pytest.raises(ValueError, match="second page"):
        next(read)


def test_who_stops_listening_does_not_wait_for_the_page_under_way() -> None:
    may_answer = threading.Event()

    def pages() -> Iterator[int]:
        yield 1
        may_answer.wait(timeout=60)
        yield 2

    read = one_ahead(pages())
    assert next(read) == 1
    began = time.monotonic()
    del read  # closes the generator
    assert time.monotonic() - began < 30
    may_answer.set()
