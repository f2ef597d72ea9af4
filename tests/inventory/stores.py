"""Inventories, and what to put into them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.lifecycle import NumberEvent
from kapso_twilio_cli.domain.money import Money
from kapso_twilio_cli.domain.number import NewNumber, Number, NumberFacts
from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.domain.purchase import Owner, Purchase, Purpose, RegulatorySids
from kapso_twilio_cli.domain.reservation import NewReservation
from kapso_twilio_cli.domain.resolution import Path as ResolvePath
from kapso_twilio_cli.domain.resolution import ResolveReason
from kapso_twilio_cli.inventory.journal import Journal
from kapso_twilio_cli.inventory.store import (
    Identity,
    Inventory,
    Session,
    Vendors,
    create_inventory,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
US, CL = Country("US"), Country("CL")
PRICE = Money(Decimal("1.15"), "USD")
IDENTITY = Identity("acme", "AC" + "0" * 32, "abcdefgh", Vendors.STAND_INS, NOW)


def make_inventory(path: Path) -> Path:
    """Create an inventory."""
    create_inventory(path, IDENTITY)
    return path


@contextmanager
def opened(path: Path, *, run_id: str = "run", host: str = "here") -> Iterator[Inventory]:
    """Open an inventory while the block runs."""
    inventory = Inventory(path, Journal(run_id, host))
    try:
        yield inventory
    finally:
        inventory.close()


def phone(index: int) -> PhoneNumber:
    """Give a number of its own for each index."""
    return PhoneNumber(f"+1415555{index:04d}")


def new_number(index: int, **changes: Any) -> NewNumber:
    """Describe a number that enters."""
    facts = {"pool": US, **changes.pop("facts", {})}
    number = NewNumber(
        phone_number=phone(index),
        sid=f"PN{index:032d}",
        country=US,
        number_type=NumberType.LOCAL,
        price=PRICE,
        purchase_id=None,
        facts=NumberFacts(f"label {index}", can_receive_sms=True, **facts),
    )
    return replace(number, **changes)


def add_ready(tx: Session, index: int, expires: datetime, **changes: Any) -> Number:
    """Let a number enter and be verified."""
    number = tx.numbers.add(new_number(index, **changes), NumberEvent.BOUGHT, NOW)
    number = tx.numbers.apply(number, NumberEvent.BEGIN_VERIFICATION, NOW)
    facts = replace(number.facts, preverified_id=f"id {index}", verification_expiry_time=expires)
    return tx.numbers.apply(replace(number, facts=facts), NumberEvent.VERIFIED, NOW)


def intent(index: int, **changes: Any) -> Purchase:
    """Describe a purchase that is about to be made."""
    purchase = Purchase(
        id=f"{index:016d}",
        account_sid=IDENTITY.account_sid,
        phone_number=phone(index),
        country=US,
        number_type=NumberType.LOCAL,
        purpose=Purpose(),
        regulatory=RegulatorySids(),
        price=PRICE,
        label=f"label {index}",
        owner=Owner("here", "boot", 1, "start"),
        run_id="run",
        started_at=NOW,
        deadline=NOW + timedelta(seconds=85),
    )
    return replace(purchase, **changes)


def hold(ref: str, **changes: Any) -> NewReservation:
    """Describe a reservation."""
    reservation = NewReservation(
        ref, ResolvePath.POOL, ResolveReason.POOL_READY, US, None, NOW + DAY
    )
    return replace(reservation, **changes)


@contextmanager
def past_the_program(path: Path) -> Iterator[sqlite3.Connection]:
    """Reach into the file with SQLite alone."""
    with closing(sqlite3.connect(path)) as connection:
        yield connection
        connection.commit()


def everything(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Read every row of every table, to compare before and after."""
    with past_the_program(path) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [str(name) for (name,) in found.fetchall()]
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
            for name in tables
        }
