"""The inventory's file: made once, opened with care, never taken for another."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kapso_twilio_cli.domain.lifecycle import NumberEvent
from kapso_twilio_cli.errors import StateError
from kapso_twilio_cli.inventory.connection import Database, file_system_of, integrity_problems
from kapso_twilio_cli.inventory.schema import MIGRATIONS
from kapso_twilio_cli.inventory.store import Inventory, Session, create_inventory

from .stores import (
    IDENTITY,
    NOW,
    everything,
    intent,
    make_inventory,
    new_number,
    opened,
    past_the_program,
    phone,
)


def refused(path: Path) -> StateError:
    """Open an inventory that must be refused."""
    with pytest.raises(StateError) as caught, opened(path):
        pass
    assert caught.value.exit_code == 3
    assert str(path) in caught.value.message
    return caught.value


def schema_version(path: Path) -> int:
    with past_the_program(path) as connection:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def test_a_new_inventory_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = make_inventory(tmp_path / "made" / "for it" / "inventory.db")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_new_inventory_is_one_empty_sound_file(path: Path) -> None:
    with opened(path) as inventory, inventory.read() as session:
        assert session.numbers.counts() == []
        assert session.purchases.unresolved() == []
    assert integrity_problems(path) == []
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_an_inventory_is_never_made_twice(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(StateError, match=r"there is an inventory at .* already"):
        create_inventory(path, IDENTITY)
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", ["file/inventory.db", "file/acme/inventory.db"])
def test_an_inventory_that_cannot_be_made_says_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StateError, match="cannot be created") as caught:
        make_inventory(tmp_path / place)
    assert "KAPSO_TWILIO_DATA_DIR" in (caught.value.hint or "")


def test_an_inventory_knows_what_it_is_pinned_to(inventory: Inventory) -> None:
    assert inventory.identity == IDENTITY


def test_a_missing_inventory_is_not_made_by_opening_it(tmp_path: Path) -> None:
    error = refused(tmp_path / "inventory.db")
    assert error.message.startswith("there is no inventory at")
    assert (error.hint or "").startswith("kapso-twilio inventory create; if it was lost, ")
    assert list(tmp_path.iterdir()) == []


def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    newer = len(MIGRATIONS) + 1
    with past_the_program(path) as connection:
        connection.execute(f"PRAGMA user_version = {newer}")
    before = path.read_bytes()
    error = refused(path)
    assert "written by a newer kapso-twilio" in error.message
    assert f"its schema is version {newer}, this program knows {len(MIGRATIONS)}" == error.reason
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_said_to_be_damaged(path: Path) -> None:
    path.write_bytes(b"not a database at all " * 400)
    error = refused(path)
    assert "is damaged" in error.message
    assert "kapso-twilio inventory check" in (error.hint or "")
    assert integrity_problems(path)


def test_a_page_that_was_overwritten_is_found(inventory: Inventory, path: Path) -> None:
    with inventory.write() as tx:
        for index in range(40):
            tx.numbers.add(new_number(index), NumberEvent.BOUGHT, NOW)
    inventory.close()
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    assert integrity_problems(path)
    with pytest.raises(StateError), opened(path) as damaged, damaged.read() as session:
        session.numbers.counts()


def test_an_inventory_whose_creation_was_interrupted_says_so(tmp_path: Path) -> None:
    path = tmp_path / "inventory.db"
    path.touch()
    error = refused(path)
    assert "is not complete" in error.message
    assert "kapso-twilio inventory create" in (error.hint or "")


def test_an_empty_file_is_brought_to_the_newest_schema(tmp_path: Path, path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    assert schema_version(empty) == 0
    Database(empty).close()
    assert schema_version(empty) == schema_version(path) == len(MIGRATIONS)
    assert everything(empty).keys() == everything(path).keys()


def test_many_that_open_an_old_file_at_once_migrate_it_once(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    together = threading.Barrier(6)

    def open_it(_: int) -> None:
        together.wait()
        Database(empty).close()

    with ThreadPoolExecutor(6) as workers:
        list(workers.map(open_it, range(6)))
    assert schema_version(empty) == len(MIGRATIONS)
    assert integrity_problems(empty) == []


def test_an_error_within_a_transaction_takes_everything_back(
    inventory: Inventory, path: Path
) -> None:
    before = everything(path)

    def break_off(tx: Session) -> None:
        tx.purchases.add(intent(1))
        tx.numbers.add(new_number(2), NumberEvent.BOUGHT, NOW)
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"), inventory.write() as tx:
        break_off(tx)
    assert everything(path) == before
    with inventory.write() as tx:  # and the connection is still of use
        tx.purchases.add(intent(1))


def test_a_rehearsal_carries_out_everything_and_keeps_nothing(
    inventory: Inventory, path: Path
) -> None:
    before = everything(path)
    with inventory.rehearsal():
        with inventory.write() as tx:
            tx.purchases.add(intent(1))
            number = tx.numbers.add(new_number(2), NumberEvent.BOUGHT, NOW)
            tx.numbers.apply(number, NumberEvent.CONNECT, NOW)
            assert tx.numbers.find(phone(2)) is not None
        with inventory.read() as session:
            assert session.numbers.find(phone(2)) is None
    assert everything(path) == before
    with inventory.write() as tx:
        tx.purchases.add(intent(1))
    assert everything(path) != before


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET detail = 'nothing happened'", "DELETE FROM events"]
)
def test_what_happened_can_be_neither_changed_nor_deleted(
    inventory: Inventory, path: Path, statement: str
) -> None:
    with inventory.write() as tx:
        tx.purchases.add(intent(1))
    before = everything(path)
    assert before["events"]
    with (
        past_the_program(path) as connection,
        pytest.raises(Exception, match="events are only ever appended to"),
    ):
        connection.execute(statement)
    assert everything(path) == before


def test_a_released_number_can_be_had_again_as_a_new_row(inventory: Inventory) -> None:
    with inventory.write() as tx:
        first = tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)
        tx.numbers.apply(first, NumberEvent.RELEASE, NOW)
        second = tx.numbers.add(new_number(1), NumberEvent.IMPORTED, NOW)
        assert second.id != first.id
        found = tx.numbers.find(phone(1))
    assert found == second


def test_the_type_of_a_file_system_is_known(tmp_path: Path) -> None:
    assert file_system_of(Path("/proc/self")) == "proc"
    assert file_system_of(tmp_path)
