"""Whether an inventory may act: a new one, a superseded one, and an old copy in its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from kapso_twilio_cli.domain.lifecycle import NumberEvent
from kapso_twilio_cli.domain.standing import Standing, require_footing
from kapso_twilio_cli.errors import StateError
from kapso_twilio_cli.inventory.mark import NAME
from kapso_twilio_cli.inventory.store import Inventory, create_inventory

from .stores import IDENTITY, NOW, new_number, opened


def grow(inventory: Inventory, index: int) -> None:
    """Let something happen."""
    with inventory.write() as tx:
        tx.numbers.add(new_number(index), NumberEvent.BOUGHT, NOW)


def standing(path: Path) -> Standing:
    with opened(path) as inventory:
        return inventory.footing().standing


def test_a_new_inventory_is_unproven_and_may_act(inventory: Inventory) -> None:
    assert inventory.footing().standing is Standing.UNPROVEN
    require_footing(inventory.footing())


@pytest.mark.parametrize("barred", [Standing.SUPERSEDED, Standing.RESTORED])
def test_a_barred_inventory_says_why_and_what_to_do(inventory: Inventory, barred: Standing) -> None:
    with inventory.write() as tx:
        tx.standing.become(barred, NOW, reason="because")
    with pytest.raises(StateError, match="neither buys nor hands out") as caught:
        require_footing(inventory.footing())
    assert (caught.value.exit_code, caught.value.reason) == (3, "because")
    assert "kapso-twilio reconcile" in (caught.value.hint or "")


def test_each_change_of_standing_is_an_event_and_no_change_is_none(inventory: Inventory) -> None:
    with inventory.write() as tx:
        before = tx.events.newest()
        tx.standing.become(Standing.HOME, NOW)
        tx.standing.become(Standing.HOME, NOW)
        assert tx.events.newest() == before + 1


def test_an_old_copy_in_its_place_is_known_for_what_it_is(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with opened(path) as inventory:
        grow(inventory, 1)
        shutil.copy(path, copy)
        grow(inventory, 2)
        assert inventory.footing().standing is Standing.UNPROVEN
    shutil.copy(copy, path)
    assert standing(path) is Standing.RESTORED
    assert standing(path) is Standing.RESTORED  # looking does not change it


def test_what_is_known_of_an_old_copy_outlives_its_catching_up(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with opened(path) as inventory:
        shutil.copy(path, copy)
        grow(inventory, 1)
    shutil.copy(copy, path)
    with opened(path) as inventory:
        for index in range(2, 8):
            grow(inventory, index)
    assert standing(path) is Standing.RESTORED
    with opened(path) as inventory:
        with inventory.write() as tx:
            tx.standing.become(Standing.HOME, NOW)
        grow(inventory, 9)
    assert standing(path) is Standing.HOME


def test_a_rehearsal_on_an_old_copy_leaves_it_as_it_is(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    with opened(path) as inventory:
        grow(inventory, 1)
    shutil.copy(copy, path)
    with opened(path) as inventory, inventory.rehearsal():
        grow(inventory, 1)
    assert path.read_bytes() == copy.read_bytes()
    assert standing(path) is Standing.RESTORED


def test_the_same_file_put_back_is_no_old_copy(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with opened(path) as inventory:
        grow(inventory, 1)
    shutil.copy(path, copy)
    shutil.copy(copy, path)
    assert standing(path) is Standing.UNPROVEN


@pytest.mark.parametrize("note", ["", "nonsense", "zzzzzzzz 99", "abcdefgh many"])
def test_a_note_that_is_not_its_own_proves_nothing(path: Path, note: str) -> None:
    path.with_name(NAME).write_text(note)
    assert standing(path) is Standing.UNPROVEN


def test_an_inventory_whose_note_cannot_be_kept_works_on(path: Path) -> None:
    path.with_name(NAME).mkdir()
    with opened(path) as inventory:
        grow(inventory, 1)
    assert standing(path) is Standing.UNPROVEN


def test_a_second_inventory_in_the_same_folder_is_not_judged_by_the_first(path: Path) -> None:
    with opened(path) as inventory:
        grow(inventory, 1)
    path.unlink()
    create_inventory(path, replace(IDENTITY, installation="another2"))
    assert standing(path) is Standing.UNPROVEN
