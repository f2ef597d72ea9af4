"""Run `kapso-twilio` with a disk that fails from its K-th write transaction on.

    python failing.py HOW K WORDS...

HOW is `limit` (no file may grow: EFBIG), `read-only` (nothing can be made in the inventory's
folder) or `full` (its file system, a small one, has no room left). The system calls fail for real;
only the moment is chosen here, by the connection that the standard library gives.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

STRUCK = "the disk fails from now on"
FILLER = "filler"
_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE = 24, 1
_READY = "WITHOUT_ROOTS_RIGHT_TO_WRITE_EVERYWHERE"


def no_file_grows(_folder: Path) -> None:
    """Let each write to a file fail; pipes go on."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))


def nothing_can_be_made(folder: Path) -> None:
    """Take the right to write from the folder."""
    folder.chmod(0o500)


def no_room_is_left(folder: Path) -> None:
    """Fill the file system to its last byte."""
    descriptor = os.open(folder / FILLER, os.O_CREAT | os.O_WRONLY, 0o600)
    for size in (65536, 4096, 1):
        with suppress(OSError):
            while True:
                os.write(descriptor, bytes(size))
    os.close(descriptor)


WAYS: dict[str, Callable[[Path], None]] = {
    "limit": no_file_grows,
    "read-only": nothing_can_be_made,
    "full": no_room_is_left,
}


class Disk:
    """Counts the write transactions of all connections, and fails at one of them."""

    def __init__(self, how: str, fails_at: int) -> None:
        self.strike = WAYS[how]
        self.fails_at = fails_at
        self.begun = 0

    def before(self, statement: str, path: Path) -> None:
        """Look at a statement that is about to be run."""
        if statement != "BEGIN IMMEDIATE":
            return
        self.begun += 1
        if self.begun == self.fails_at:
            self.strike(path.parent)
            print(STRUCK, file=sys.stderr, flush=True)


def connection_class(disk: Disk, path: Path) -> type[sqlite3.Connection]:
    """A connection that tells the disk what it is about to do."""

    class Watched(sqlite3.Connection):
        def execute(self, statement: str, parameters: Any = (), /) -> sqlite3.Cursor:
            disk.before(statement, path)
            return super().execute(statement, parameters)

    return Watched


def main() -> None:
    """Run the program; it is not told."""
    how, fails_at, words = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    if how == "read-only" and os.geteuid() == 0 and _READY not in os.environ:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, 0, 0, 0)
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, _READY: "1"})  # noqa: S606
    disk = Disk(how, fails_at)
    inventory = Path(os.environ["KAPSO_TWILIO_DATA_DIR"]) / "acme" / "inventory.db"
    connect: Any = partial(sqlite3.connect, factory=connection_class(disk, inventory))
    sqlite3.connect = connect
    from kapso_twilio_cli.main import run

    sys.argv = ["kapso-twilio", *words]
    run()


if __name__ == "__main__":
    main()
