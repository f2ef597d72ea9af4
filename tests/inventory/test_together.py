"""Many processes on one inventory: none sees another's half-done work, none waits for long."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kapso_twilio_cli.domain.lifecycle import NumberEvent, NumberState
from kapso_twilio_cli.inventory.connection import integrity_problems
from kapso_twilio_cli.inventory.listing import Filter

from .stores import DAY, NOW, US, add_ready, hold, new_number, opened, phone

PROCESSES, CLAIMS, NUMBERS = 4, 25, 60
LONG_SECONDS = 3.0
"""A commit takes milliseconds here; whoever waits for readers, waits until the busy time-out."""


def claim_many(path: Path, worker: int) -> list[str | None]:
    """Claim again and again, as a process of its own."""
    got: list[str | None] = []
    with opened(path, run_id=f"w{worker}") as inventory:
        for turn in range(CLAIMS):
            with inventory.write() as tx:
                number = tx.numbers.claim(US, NOW + DAY, NOW)
                if number is not None:
                    tx.reservations.add(hold(f"{worker}/{turn}"), number, NOW)
            got.append(None if number is None else number.phone_number)
    return got


def test_processes_that_claim_at_once_never_get_the_same_number(path: Path) -> None:
    with opened(path) as inventory, inventory.write() as tx:
        for index in range(NUMBERS):
            add_ready(tx, index, NOW + 30 * DAY)
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as workers:
        answers = workers.starmap(claim_many, [(path, worker) for worker in range(PROCESSES)])
    got = [number for answer in answers for number in answer if number is not None]
    assert sorted(got) == [phone(index) for index in range(NUMBERS)]
    assert sum(answer.count(None) for answer in answers) == PROCESSES * CLAIMS - NUMBERS
    with opened(path) as inventory, inventory.read() as session:
        listed = session.listed(Filter(state=NumberState.RESERVED))
        refs = {one.reservation.ref for one in listed if one.reservation is not None}
    assert len(listed) == len(refs) == NUMBERS


def test_threads_that_share_an_inventory_do_not_mix_their_transactions(path: Path) -> None:
    with opened(path) as inventory:

        def add(first: int) -> None:
            for index in range(first, first + 20):
                with inventory.write() as tx:
                    number = tx.numbers.add(new_number(index), NumberEvent.BOUGHT, NOW)
                    tx.numbers.apply(number, NumberEvent.CONNECT, NOW)

        threads = [threading.Thread(target=add, args=(first,)) for first in (0, 100, 200, 300)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with inventory.read() as session:
            counts = session.numbers.counts()
    assert [(one.state, one.count) for one in counts] == [(NumberState.CONNECTED, 80)]


@contextmanager
def readers(path: Path, count: int) -> Iterator[None]:
    """Read without a pause, each with a connection of its own."""
    done = threading.Event()

    def read_on() -> None:
        with opened(path) as inventory:
            while not done.is_set():
                with inventory.read() as session:
                    session.listed(Filter())

    threads = [threading.Thread(target=read_on) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_those_who_read_do_not_keep_a_writer_waiting(path: Path) -> None:
    longest = 0.0
    with readers(path, 3), opened(path) as inventory:
        for index in range(25):
            began = time.monotonic()
            with inventory.write() as tx:
                tx.numbers.add(new_number(index), NumberEvent.BOUGHT, NOW)
            longest = max(longest, time.monotonic() - began)
    assert longest < LONG_SECONDS


def test_who_reads_while_another_writes_sees_the_state_before(path: Path) -> None:
    with opened(path) as writer, opened(path) as reader:
        with writer.write() as tx:
            tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)
            with reader.read() as session:
                assert session.numbers.find(phone(1)) is None
        with reader.read() as session:
            assert session.numbers.find(phone(1)) is not None
    assert integrity_problems(path) == []
