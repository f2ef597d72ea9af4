"""Requests at a time: fewer after a refusal, one more after many answers, and never stuck."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from kapso_twilio_cli.gateways.turns import Turns
from kapso_twilio_cli.gateways.twilio_numbers import TwilioNumbers
from tests.projects import ready_project
from tests.vendors import running_sandbox

from .clients import OWNED, count, twilio_client

MANY_AT_ONCE = 16


def refuse(turns: Turns, *, of: int, times: int) -> None:
    """Let `times` of so many requests at once be refused, one after the other."""
    with ExitStack() as under_way:
        for _ in range(of):
            under_way.enter_context(turns.one())
        for _ in range(times):
            turns.note(429)


def test_as_many_as_are_refused_are_too_many() -> None:
    turns = Turns(MANY_AT_ONCE)
    refuse(turns, of=MANY_AT_ONCE, times=6)
    assert turns.allowed == MANY_AT_ONCE - 6


def test_what_was_never_under_way_is_not_allowed_after_a_refusal() -> None:
    turns = Turns(MANY_AT_ONCE)
    refuse(turns, of=4, times=1)
    assert turns.allowed == 3


def test_one_at_a_time_is_always_allowed() -> None:
    turns = Turns(3)
    refuse(turns, of=3, times=9)
    assert turns.allowed == 1


def test_after_many_answers_one_more_is_tried_up_to_the_first_number() -> None:
    turns = Turns(4)
    refuse(turns, of=4, times=2)
    allowed = []
    for _ in range(100):
        with turns.one():
            turns.note(200)
        allowed.append(turns.allowed)
    assert allowed[18:20] == [2, 3]  # ten rounds of two
    assert allowed[48:50] == [3, 4]  # and of three
    assert allowed[-1] == 4


def test_a_request_waits_for_its_turn_but_not_for_ever() -> None:
    turns = Turns(1, waits_at_most_seconds=0.3)
    began = time.monotonic()
    with turns.one(), turns.one():
        assert 0.3 <= time.monotonic() - began < 5


def test_those_that_waited_for_long_go_one_by_one() -> None:
    turns, began, may_end = Turns(1, waits_at_most_seconds=0.1), [], threading.Event()

    def ask() -> None:
        with turns.one():
            began.append(time.monotonic())
            may_end.wait(timeout=30)

    with ThreadPoolExecutor(8) as workers:
        for _ in range(8):
            workers.submit(ask)
        time.sleep(1.2)
        assert 2 <= len(began) <= 4  # one at once, and one each half second
        may_end.set()
    assert len(began) == 8


def test_whatever_an_account_takes_at_a_time_every_request_is_answered_in_the_end() -> None:
    with (
        running_sandbox(max_concurrent=2, latency_ms=30) as sandbox,
        twilio_client(sandbox, connections=MANY_AT_ONCE) as client,
        ThreadPoolExecutor(MANY_AT_ONCE) as workers,
    ):
        check = TwilioNumbers(client).check_credentials
        asked = [workers.submit(check) for _ in range(5 * MANY_AT_ONCE)]
        assert [request.exception() for request in asked] == [None] * len(asked)
        assert count(sandbox, OWNED) < 2 * len(asked)


def test_a_fill_with_more_workers_than_the_account_takes_requests_fills_its_pool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox(max_concurrent=2, latency_ms=30) as sandbox:
        limits = {"max_numbers": 20, "max_purchases_per_run": 20, "max_purchases_per_day": 20}
        pools = {"US": {"target_size": 20}}
        project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools, limits=limits)
        filled = project.answer("pool", "fill", "--concurrency", "32")
        assert [pool["verified"] for pool in filled["pools"]] == [20]
        assert project.owes_what_it_knows()
