"""Whatever is damaged, killed, full or in the way: a restore loses nothing, and says why."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from kapso_twilio_cli.errors import StateError
from kapso_twilio_cli.inventory.backup import back_up
from kapso_twilio_cli.inventory.contents import problems_of
from kapso_twilio_cli.inventory.restore import rehearse, restore

from .restores import (
    LATER,
    as_it_is,
    backed_up,
    changed,
    claims,
    holders,
    intends,
    purchases,
    ready,
    request,
    restored,
    started,
    states,
    write,
)
from .stores import (
    DAY,
    NOW,
    US,
    everything,
    hold,
    intent,
    opened,
    past_the_program,
    phone,
)


@pytest.mark.parametrize(
    "damage", ["header", "everything", "lost", "emptied", "folder lost", "a table", "identity"]
)
def test_a_present_file_that_cannot_be_read_is_kept_aside(
    path: Path, tmp_path: Path, damage: str
) -> None:
    write(path, ready(1))
    (tmp_path / "elsewhere").mkdir()
    backup = tmp_path / "elsewhere" / "backup.db"
    back_up(path, backup)
    content = path.read_bytes()
    match damage:
        case "header":
            path.write_bytes(b"\xff" * 100 + content[100:])
        case "everything":
            path.write_bytes(b"no database" * 1000)
        case "emptied":
            path.write_bytes(b"")
        case "a table":
            changed("DROP TABLE reservations")(path)
        case "identity":
            changed("DELETE FROM identity")(path)
        case "lost":
            path.unlink()
            path.with_name("inventory.db-journal").write_bytes(b"of the lost file")
        case _:
            path.unlink()
            path = tmp_path / "gone" / "acme" / "inventory.db"
    broken = as_it_is(path) if path.exists() else None
    done = restored(path, backup)
    assert states(path) == {phone(1): "ready"}
    assert any("nothing was taken over" in note for note in done.notes)
    assert not path.with_name("inventory.db-journal").exists()
    assert path.stat().st_mode & 0o777 == 0o600
    if broken is None:
        assert done.safety_backup is None
    else:
        assert done.safety_backup is not None
        assert as_it_is(done.safety_backup) == broken


def test_the_journal_of_a_lost_file_is_not_played_into_the_restored_one(path: Path) -> None:
    write(path, ready(1))
    backup, before = backed_up(path), everything(path)
    write(path, *[ready(index) for index in range(2, 40)])
    journal = path.with_name(f"{path.name}-journal")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE numbers SET reason = ?", ("x" * 5_000,))
        left = journal.read_bytes()
    path.unlink()
    journal.write_bytes(left)
    restored(path, backup)
    assert everything(path)["numbers"] == before["numbers"]
    (aside,) = (path.parent / "backups").iterdir()
    assert aside.read_bytes() == left


def test_what_a_damaged_file_still_tells_is_kept(path: Path) -> None:
    write(path, ready(1))
    backup = backed_up(path)
    write(path, claims("a"), intends(5))
    with past_the_program(path) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'purchases_by_time'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(root - 1) * size : root * size] = b"\xff" * size
    path.write_bytes(content)
    assert problems_of(path)
    done = restored(path, backup)
    assert holders(path) == {"a": phone(1)}
    assert purchases(path) == {intent(5).id: "open"}
    assert any("the inventory was damaged" in note for note in done.notes)
    assert done.safety_backup is not None
    assert done.safety_backup.read_bytes()[size:] == bytes(content)[size:]


def damaged(backup: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[8192:16384] = b"\xff" * 8192
    backup.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "message", "reason"),
    [
        (damaged, "is damaged", ""),
        (lambda path: path.write_bytes(b""), "is no inventory of this program", "no such table"),
        (lambda path: path.write_bytes(b"text" * 999), "cannot be used", "not a database"),
        (lambda path: path.unlink(), "cannot be read", "No such file"),
        (changed("UPDATE numbers SET state = 'connected'"), "is damaged", "its last event made it"),
        (changed("PRAGMA user_version = 9999"), "was written by a newer kapso-twilio", "9999"),
        (changed("UPDATE identity SET project = 'beta'"), "belongs to another project", ""),
        (changed("DELETE FROM identity"), "is no inventory", "never given a project"),
    ],
    ids=["page", "empty", "text", "absent", "contradiction", "newer", "other project", "unborn"],
)
def test_a_backup_that_cannot_be_believed_is_refused_and_nothing_is_changed(
    path: Path, spoil: Callable[[Path], None], message: str, reason: str
) -> None:
    write(path, *[ready(index) for index in range(40)])
    backup = backed_up(path)
    spoil(backup)
    before = path.read_bytes()
    for attempt in (restore, rehearse):
        with pytest.raises(StateError, match=message) as caught:
            attempt(request(path, backup))
        assert reason in (caught.value.reason or "")
    assert path.read_bytes() == before
    assert not (path.parent / "backups").exists()


def test_the_inventory_itself_a_link_to_it_and_a_folder_are_no_backups(path: Path) -> None:
    link, hard = path.with_name("link.db"), path.with_name("hard.db")
    link.symlink_to(path)
    hard.hardlink_to(path)
    for same in (path, link, hard):
        with pytest.raises(StateError, match="is the inventory itself"):
            restore(request(path, same))
    backed_up(path)
    with pytest.raises(StateError, match="is a folder") as caught:
        restore(request(path, path.parent))
    assert (caught.value.hint or "").startswith("kapso-twilio inventory restore /")


def test_a_link_to_a_backup_is_followed(path: Path) -> None:
    write(path, ready(1))
    backup, link = backed_up(path), path.with_name("link.db")
    link.symlink_to(backup)
    restored(path, link)


def test_another_projects_inventory_is_not_replaced(path: Path) -> None:
    backup = backed_up(path)
    changed("UPDATE identity SET project = 'beta'")(path)
    before = everything(path)
    with pytest.raises(StateError, match="belongs to another project"):
        restore(request(path, backup))
    assert everything(path) == before


def test_a_rehearsal_tells_the_same_and_changes_nothing(path: Path) -> None:
    write(path, ready(1))
    backup = backed_up(path)
    write(path, claims("a"), intends(5))
    before = {one: one.read_bytes() for one in path.parent.iterdir()}
    wanted = request(path, backup)
    shown = rehearse(wanted)
    assert {one: one.read_bytes() for one in path.parent.iterdir()} == before
    assert replace(restored(path, backup, wanted), safety_backup=None) == shown


def test_nobody_writes_while_a_restore_reads_and_replaces(path: Path) -> None:
    """Hand-outs race with a restore: each is in the result, or came after it."""
    write(path, *[ready(index) for index in range(30)])
    backup = backed_up(path)
    handed: list[str] = []

    def hand_out() -> None:
        with opened(path) as inventory:
            for turn in range(30):
                with inventory.write() as tx:
                    number = tx.numbers.claim(US, NOW + DAY, LATER)
                    assert number is not None
                    tx.reservations.add(hold(f"r{turn}"), number, LATER)
                handed.append(number.phone_number)

    thread = threading.Thread(target=hand_out)
    thread.start()
    for _ in range(4):
        restore(request(path, backup))
    thread.join()
    assert len(set(handed)) == 30
    assert sorted(holders(path).values()) == sorted(handed)
    assert problems_of(path) == []


HOLDER = """
import pathlib, sys, time
from tests.inventory.stores import intent, opened
with opened(pathlib.Path(sys.argv[1])) as inventory, inventory.write() as tx:
    print("held", flush=True)
    time.sleep(0.5)
    tx.purchases.add(intent(1))
"""


def test_what_another_process_is_writing_is_waited_for_and_kept(path: Path) -> None:
    backup = backed_up(path)
    with started(HOLDER, str(path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        restored(path, backup)
    assert purchases(path) == {intent(1).id: "open"}


RESTORER = """
import pathlib, sys
from tests.inventory.restores import request
from kapso_twilio_cli.inventory.restore import restore
path, backup = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
print("begins", flush=True)
while True:
    restore(request(path, backup))
    print("done", flush=True)
"""


@pytest.mark.parametrize("after_ms", [0, 5, 10, 20, 40, 80, 160])
def test_a_restore_that_is_killed_loses_nothing(path: Path, after_ms: int) -> None:
    write(path, *[ready(index) for index in range(20)])
    backup = backed_up(path)
    write(path, claims("a"), intends(50))
    with started(RESTORER, str(path), str(backup)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        threading.Event().wait(after_ms / 1000)
    assert problems_of(path) == []
    assert holders(path) == {"a": phone(0)}
    assert purchases(path) == {intent(50).id: "open"}
    restored(path, backup)


_ON_A_FULL_DISK = """
import pathlib, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
from tests.inventory.restores import request
from kapso_twilio_cli.errors import StateError
from kapso_twilio_cli.inventory.restore import restore
try:
    restore(request(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
except StateError as error:
    print("refused:", error.message)
"""


@pytest.mark.parametrize("size", [10_000, 70_000, 120_000, 150_000])
def test_a_restore_on_a_full_disk_loses_nothing(path: Path, size: int) -> None:
    """Sizes at which the copies fit less and less."""
    write(path, *[ready(index) for index in range(100)])
    backup = backed_up(path)
    write(path, claims("a"), intends(500))
    before = everything(path)
    with started(_ON_A_FULL_DISK, str(path), str(backup), str(size)) as process:
        assert process.stdout is not None
        assert process.stdout.read().startswith("refused:")
    assert everything(path) == before
    assert problems_of(path) == []


def test_a_backup_that_is_not_there_leads_to_those_that_are(path: Path) -> None:
    with pytest.raises(StateError) as caught:
        restore(request(path, path.with_name("absent.db")))
    assert caught.value.hint == f"name a file, such as one in {path.parent / 'backups'}"
