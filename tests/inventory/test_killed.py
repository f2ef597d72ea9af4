"""A process that is killed while it writes leaves the inventory as it was, or as it was meant."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kapso_twilio_cli.domain.lifecycle import NumberEvent
from kapso_twilio_cli.inventory.connection import integrity_problems

from .stores import NOW, everything, new_number, opened, phone

ROOT = Path(__file__).parents[2]

WRITER = """
import pathlib, sys, time
from tests.inventory.stores import NOW, intent, new_number, opened
from kapso_twilio_cli.domain.lifecycle import NumberEvent
from kapso_twilio_cli.domain.purchase import PurchaseState
path, endless = pathlib.Path(sys.argv[1]), sys.argv[2] == "endless"

def record(tx, index):
    purchase = intent(index)
    tx.purchases.add(purchase)
    tx.purchases.settle(purchase, PurchaseState.BOUGHT, NOW, sid="PN")
    tx.numbers.add(new_number(index, purchase_id=purchase.id), NumberEvent.BOUGHT, NOW)

with opened(path) as inventory:
    if endless:
        index = int(sys.argv[3])
        while True:
            with inventory.write() as tx:
                record(tx, index)
            print(index, flush=True)
            index += 1
    with inventory.write() as tx:
        tx._connection.execute("PRAGMA cache_size = 10")  # so that the file itself is written to
        for index in range(300):
            record(tx, index)
        print("within", flush=True)
        time.sleep(60)
"""


@contextmanager
def writer(path: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process that writes, and kill it at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_writer_killed_within_a_transaction_leaves_nothing_of_it(path: Path) -> None:
    before, size = everything(path), path.stat().st_size
    with writer(path, "once") as process:
        assert first_line(process) == "within"
    assert path.with_name(f"{path.name}-journal").stat().st_size > 0
    assert path.stat().st_size > size
    assert integrity_problems(path) == []
    assert everything(path) == before
    with opened(path) as inventory, inventory.write() as tx:  # its lock died with it
        tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)


@pytest.mark.parametrize("turn", range(3))
def test_a_writer_killed_at_any_moment_keeps_what_it_committed_and_no_half(
    path: Path, turn: int
) -> None:
    with writer(path, "endless", "1") as process:
        assert first_line(process) == "1"
        time.sleep(random.Random(turn).uniform(0.0, 0.15))
        process.kill()
        assert process.stdout is not None
        committed = ["1", *process.stdout.read().split()]
    assert integrity_problems(path) == []
    kept = everything(path)
    numbers = {row[1] for row in kept["numbers"]}
    assert {phone(int(index)) for index in committed} <= numbers
    assert len(numbers) <= len(committed) + 1  # committed, but killed before it could say so
    assert {row[2] for row in kept["purchases"]} == numbers
    assert len(kept["events"]) == 3 * len(numbers)
