"""What happens to an inventory before and after a backup, and its restore."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from kapso_twilio_cli.domain.lifecycle import NumberEvent
from kapso_twilio_cli.domain.number import Number
from kapso_twilio_cli.domain.purchase import PurchaseState
from kapso_twilio_cli.domain.standing import Standing
from kapso_twilio_cli.errors import StateError
from kapso_twilio_cli.inventory.backup import back_up
from kapso_twilio_cli.inventory.contents import problems_of
from kapso_twilio_cli.inventory.journal import Journal
from kapso_twilio_cli.inventory.present import Request
from kapso_twilio_cli.inventory.restore import Restored, restore
from kapso_twilio_cli.inventory.store import Identity, Session

from .stores import (
    DAY,
    IDENTITY,
    NOW,
    US,
    add_ready,
    everything,
    hold,
    intent,
    new_number,
    opened,
    past_the_program,
    phone,
)

ROOT = Path(__file__).parents[2]
LATER = NOW + timedelta(hours=1)
AFTER = NOW + timedelta(hours=2)
Change = Callable[[Session], Any]


def check_pinned(identity: Identity, path: Path) -> None:
    """As a project does."""
    if (identity.project, identity.account_sid) != (IDENTITY.project, IDENTITY.account_sid):
        raise StateError(f"the inventory {path} belongs to another project")


def request(path: Path, backup: Path) -> Request:
    """Ask for a restore, at a moment that no other one has."""
    at = AFTER + timedelta(microseconds=time.monotonic_ns() // 1000 % 1_000_000_000)
    return Request(backup, path, Journal("restoring", "here"), at, check_pinned)


def write(path: Path, *changes: Change) -> None:
    """Let each change happen, in a transaction of its own."""
    with opened(path) as inventory:
        for change in changes:
            with inventory.write() as tx:
                change(tx)


def backed_up(path: Path, name: str = "backup.db") -> Path:
    target = path.with_name(name)
    back_up(path, target)
    return target


def found(path: Path, index: int) -> Number:
    with opened(path) as inventory, inventory.read() as session:
        number = session.numbers.find(phone(index))
    assert number is not None
    return number


def states(path: Path) -> dict[str, str]:
    with past_the_program(path) as connection:
        return dict(connection.execute("SELECT phone_number, state FROM numbers").fetchall())


def holders(path: Path) -> dict[str, str]:
    """Which ref holds which number."""
    with past_the_program(path) as connection:
        rows = connection.execute(
            "SELECT ref, phone_number FROM reservations JOIN numbers ON numbers.id = number_id"
            " WHERE ended_at IS NULL"
        ).fetchall()
    assert len({number for _, number in rows}) == len(rows)
    return dict(rows)


def purchases(path: Path) -> dict[str, str]:
    with past_the_program(path) as connection:
        return dict(connection.execute("SELECT id, state FROM purchases").fetchall())


def ready(index: int) -> Change:
    return lambda tx: add_ready(tx, index, NOW + 30 * DAY)


def claims(ref: str, at: Any = LATER) -> Change:
    def change(tx: Session) -> None:
        number = tx.numbers.claim(US, NOW + DAY, at)
        assert number is not None
        tx.reservations.add(hold(ref), number, at)

    return change


def moves(index: int, event: NumberEvent, *, ends: bool = False) -> Change:
    def change(tx: Session) -> None:
        number = tx.numbers.find(phone(index))
        assert number is not None
        tx.numbers.apply(number, event, LATER)
        if ends:
            tx.reservations.end(number.id, LATER, str(event))

    return change


def intends(index: int, **changes: Any) -> Change:
    return lambda tx: tx.purchases.add(intent(index, **changes))


def settles(index: int, state: PurchaseState) -> Change:
    def change(tx: Session) -> None:
        purchase = tx.purchases.get(intent(index).id)
        assert purchase is not None
        sid = f"PN{index:032d}" if state is PurchaseState.BOUGHT else None
        tx.purchases.settle(purchase, state, LATER, sid=sid)
        if sid is not None:
            new = new_number(index, purchase_id=purchase.id)
            tx.numbers.add(new, NumberEvent.BOUGHT, LATER)

    return change


def restored(path: Path, backup: Path, wanted: Request | None = None) -> Restored:
    """Restore, and see that what is there then is sound, and bars what may not happen."""
    done = restore(wanted or request(path, backup))
    assert problems_of(path) == []
    with opened(path) as inventory:
        footing = inventory.footing()
    assert footing.standing is Standing.RESTORED
    assert footing.reason is not None
    assert footing.reason.startswith(f"restored from {backup.name}, of 20")
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == []
    return done


def changed(statement: str) -> Callable[[Path], None]:
    def change(backup: Path) -> None:
        with past_the_program(backup) as connection:
            connection.execute(statement)

    return change


@contextmanager
def started(code: str, *words: str) -> Any:
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def as_it_is(path: Path) -> object:
    """Every row where there are some, else every byte."""
    try:
        return everything(path)
    except sqlite3.DatabaseError:
        return path.read_bytes()
