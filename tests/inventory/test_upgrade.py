"""An inventory of every released schema is brought to today's, with all that it holds."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kapso_twilio_cli.domain.lifecycle import NumberState
from kapso_twilio_cli.domain.standing import Standing
from kapso_twilio_cli.inventory.connection import integrity_problems
from kapso_twilio_cli.inventory.schema import MIGRATIONS

from .stores import everything, make_inventory, opened, past_the_program, phone

SCHEMAS = Path(__file__).parent / "schemas"
RELEASED = sorted(SCHEMAS.glob("v*.sql"))


def inventory_of(schema: Path, folder: Path) -> Path:
    """Make an inventory as the program of that time left it."""
    path = folder / "inventory.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(schema.read_text(encoding="utf-8"))
    return path


def shape(path: Path) -> list[tuple[str, str]]:
    """Every table and index, with its columns in words."""
    with past_the_program(path) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return sorted((name, re.sub(r"[\s\"]+", " ", sql)) for name, sql in found.fetchall())


def test_there_is_an_inventory_of_every_schema_but_todays() -> None:
    versions = {int(path.stem.removeprefix("v")) for path in RELEASED}
    assert versions == set(range(1, len(MIGRATIONS)))


@pytest.mark.parametrize("schema", RELEASED, ids=lambda path: path.stem)
def test_an_old_inventory_keeps_every_row_and_gets_todays_shape(
    schema: Path, tmp_path: Path
) -> None:
    path = inventory_of(schema, tmp_path)
    before = everything(path)
    with opened(path) as inventory, inventory.read() as session:
        number = session.numbers.find(phone(1))
        held = session.reservations.of_ref("signup-0")
        pending = session.purchases.unresolved_for_ref("signup-1")
        assert session.standing.now().standing is Standing.HOME
    assert number is not None
    assert number.state is NumberState.RESERVED
    assert held is not None
    assert held.number_id == number.id
    assert pending is not None
    assert integrity_problems(path) == []
    after = everything(path)
    for table, rows in before.items():
        assert [row[: len(rows[0])] for row in after[table]] == rows
    assert shape(path) == shape(make_inventory(tmp_path / "new" / "inventory.db"))


def test_an_old_inventory_that_never_bought_is_unproven(tmp_path: Path) -> None:
    path = inventory_of(SCHEMAS / "v1.sql", tmp_path)
    with past_the_program(path) as connection:
        connection.executescript(
            "DROP TRIGGER events_are_not_deleted; DELETE FROM events; DELETE FROM reservations;"
            "DELETE FROM numbers; DELETE FROM purchases;"
        )
    with opened(path) as inventory:
        assert inventory.footing().standing is Standing.UNPROVEN
