"""A backup is a whole, checked file under its own name, or there is none."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from kapso_twilio_cli.domain.lifecycle import NumberEvent
from kapso_twilio_cli.errors import StateError
from kapso_twilio_cli.inventory.backup import automatic_place, back_up, newest_backup
from kapso_twilio_cli.inventory.connection import Database, integrity_problems
from kapso_twilio_cli.inventory.contents import contents_of, problems_of
from kapso_twilio_cli.inventory.schema import MIGRATIONS

from .stores import DAY, NOW, add_ready, everything, intent, new_number, opened, past_the_program
from .test_killed import first_line, writer
from .test_upgrade import SCHEMAS, inventory_of

ROOT = Path(__file__).parents[2]
OLD = SCHEMAS / "v1.sql"


def fill(path: Path, count: int) -> None:
    with opened(path) as inventory, inventory.write() as tx:
        for index in range(count):
            add_ready(tx, index, NOW + 30 * DAY)


def version_of(path: Path) -> int:
    with past_the_program(path) as connection:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_backup_holds_everything_and_is_its_owners_alone(path: Path, tmp_path: Path) -> None:
    fill(path, 3)
    before = path.read_bytes()
    target = tmp_path / "copy.db"
    back_up(path, target)
    assert everything(target) == everything(path)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert path.read_bytes() == before
    assert names_in(tmp_path) == ["copy.db", "inventory.db", "newest-event"]
    held = contents_of(target)
    assert (held.numbers, held.purchases, held.unresolved, held.newest_event_at) == (3, 0, 0, NOW)


def test_a_backup_made_while_others_write_is_consistent(path: Path, tmp_path: Path) -> None:
    with writer(path, "endless", "0") as process:
        first_line(process)
        for index in range(8):
            target = tmp_path / f"{index}.db"
            back_up(path, target)
            kept = everything(target)
            assert len(kept["events"]) == 3 * len(kept["numbers"]) > 0
            assert problems_of(target) == []


def test_what_is_under_way_is_not_in_a_backup_and_is_not_waited_for(
    path: Path, tmp_path: Path
) -> None:
    with opened(path) as inventory, inventory.write() as tx:
        tx.purchases.add(intent(1))
        began = time.monotonic()
        back_up(path, tmp_path / "copy.db")
        assert time.monotonic() - began < 5
    assert contents_of(tmp_path / "copy.db").purchases == 0


@pytest.mark.parametrize("there", ["file", "folder", "link that leads nowhere", "the inventory"])
def test_nothing_is_ever_overwritten(path: Path, tmp_path: Path, there: str) -> None:
    target = tmp_path / "there.db"
    match there:
        case "file":
            target.write_text("mine")
        case "folder":
            target.mkdir()
        case "link that leads nowhere":
            target.symlink_to(tmp_path / "nowhere")
        case _:
            target = path
    before = names_in(tmp_path)
    with pytest.raises(StateError, match=r"there is a file at|is a folder") as caught:
        back_up(path, target)
    assert "kapso-twilio inventory backup" in (caught.value.hint or "")
    assert names_in(tmp_path) == before
    assert problems_of(path) == []


def test_a_folder_that_is_not_there_is_said_to_be_so(path: Path, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be written to") as caught:
        back_up(path, tmp_path / "absent" / "copy.db")
    assert caught.value.reason == "No such file or directory"


def test_a_damaged_inventory_gives_no_backup(path: Path, tmp_path: Path) -> None:
    fill(path, 40)
    content = bytearray(path.read_bytes())
    content[8192:16384] = b"\xff" * 8192
    path.write_bytes(content)
    with pytest.raises(StateError, match="damaged") as caught:
        back_up(path, tmp_path / "copy.db")
    assert caught.value.hint == "kapso-twilio inventory check"
    assert names_in(tmp_path) == ["inventory.db", "newest-event"]


_ON_A_FULL_DISK = """
import pathlib, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from kapso_twilio_cli.errors import StateError
from kapso_twilio_cli.inventory.backup import back_up
try:
    back_up(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
except StateError as error:
    print(error.message)
"""


def test_a_full_disk_leaves_no_half_backup(path: Path, tmp_path: Path) -> None:
    fill(path, 100)
    ended = subprocess.run(
        [sys.executable, "-c", _ON_A_FULL_DISK, str(path), str(tmp_path / "copy.db")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == f"a backup cannot be written to {tmp_path}\n"
    assert names_in(tmp_path) == ["inventory.db", "newest-event"]
    assert problems_of(path) == []


def test_the_newest_backup_is_known(path: Path) -> None:
    assert newest_backup(path) is None
    for index in range(3):
        place = automatic_place(path, NOW + index * DAY)
        back_up(path, place)
        assert newest_backup(path) == place
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700


def test_an_old_inventory_is_backed_up_before_it_is_migrated(tmp_path: Path) -> None:
    path = inventory_of(OLD, tmp_path)
    before = everything(path)
    with opened(path):
        pass
    (backup,) = (tmp_path / "backups").iterdir()
    assert backup.name.startswith(f"before-schema-{len(MIGRATIONS)}-")
    assert everything(backup) == before
    assert (version_of(backup), version_of(path)) == (1, len(MIGRATIONS))
    with opened(path):
        pass
    assert len(list((tmp_path / "backups").iterdir())) == 1


def test_a_new_inventory_needs_no_backup(path: Path) -> None:
    assert not (path.parent / "backups").exists()
    assert version_of(path) == len(MIGRATIONS)


def test_without_a_backup_nothing_is_migrated(tmp_path: Path) -> None:
    path = inventory_of(OLD, tmp_path)
    (tmp_path / "backups").write_text("in the way")
    before = path.read_bytes()
    with pytest.raises(StateError, match="could not be backed up before") as caught, opened(path):
        pass
    assert (caught.value.exit_code, path.read_bytes()) == (3, before)
    assert "File exists" in (caught.value.reason or "")
    (tmp_path / "backups").unlink()
    with opened(path):
        pass
    assert version_of(path) == len(MIGRATIONS)


def test_a_damaged_old_inventory_is_not_migrated(tmp_path: Path) -> None:
    path = inventory_of(OLD, tmp_path)
    with past_the_program(path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE reservations SET number_id = 99")
    with pytest.raises(StateError, match="could not be backed up before") as caught, opened(path):
        pass
    assert "refers to a row that is not there" in (caught.value.reason or "")
    assert version_of(path) == 1


def test_many_that_open_an_old_inventory_at_once_back_it_up_and_migrate_it_once(
    tmp_path: Path,
) -> None:
    path = inventory_of(OLD, tmp_path)
    together = threading.Barrier(6)

    def open_it(_: int) -> None:
        together.wait()
        Database(path).close()

    with ThreadPoolExecutor(6) as workers:
        list(workers.map(open_it, range(6)))
    assert version_of(path) == len(MIGRATIONS)
    assert integrity_problems(path) == []
    (backup,) = (tmp_path / "backups").iterdir()
    assert version_of(backup) == 1


def test_a_leftover_journal_is_taken_back_before_the_copy(path: Path, tmp_path: Path) -> None:
    fill(path, 2)
    before = everything(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE numbers SET reason = ?", ("x" * 200_000,))
        killed = tmp_path / "killed" / "inventory.db"
        killed.parent.mkdir()
        shutil.copy(path, killed)
        shutil.copy(f"{path}-journal", f"{killed}-journal")
    back_up(killed, tmp_path / "copy.db")
    assert everything(tmp_path / "copy.db") == before


def test_numbers_that_entered_since_are_not_in_a_backup(path: Path, tmp_path: Path) -> None:
    back_up(path, tmp_path / "copy.db")
    with opened(path) as inventory, inventory.write() as tx:
        tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)
    assert contents_of(tmp_path / "copy.db").numbers == 0
