"""One SQLite database, opened with care: transactions, and what can be wrong with the file.

Rollback journal, so that there is one file at rest; `synchronous=FULL`, so that what was committed
before money moved is there after a power cut; every write begins with `BEGIN IMMEDIATE`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import KapsoTwilioError, Locked, StateError
from .schema import MIGRATIONS

_BUSY_TIMEOUT_MS = 10_000
_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "glusterfs"}
)


class Database:
    """A connection that threads share; a transaction holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.discards_writes = False
        """A rehearsal: every write is carried out, and rolled back at its end."""
        self._lock = threading.RLock()
        _refuse_network_file_system(path)
        with _translated(path):
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
            self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.row_factory = sqlite3.Row
        self._migrate()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def copy_to(self, path: Path) -> None:
        """Make a consistent copy, 0600, whatever other processes write meanwhile."""
        path.touch(mode=0o600)
        with self._lock, _translated(self.path), closing(sqlite3.connect(path)) as copy:
            self._connection.backup(copy)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A consistent view. Everything is fetched before it ends: an open read blocks commits."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is alone from its first statement on; rolled back by an error."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, _translated(self.path):
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("ROLLBACK" if self.discards_writes else "COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _migrate(self) -> None:
        version = self._schema_version()
        if version > len(MIGRATIONS):
            self.close()
            raise StateError(
                f"the inventory {self.path} was written by a newer kapso-twilio",
                reason=f"its schema is version {version}, this program knows {len(MIGRATIONS)}",
                hint="upgrade kapso-twilio on this host",
            )
        for number in range(version, len(MIGRATIONS)):
            with self.write() as connection:
                if self._schema_version() != number:
                    continue  # another process was quicker
                for statement in MIGRATIONS[number]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {number + 1}")

    def _schema_version(self) -> int:
        with self._lock, _translated(self.path):
            version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        return version


def integrity_problems(path: Path) -> list[str]:
    """What SQLite finds wrong with the file: empty when it is sound."""
    try:
        # Not `mode=ro`: after a kill, SQLite first takes back what was half done.
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
        try:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        return [str(error)]
    problems = [text for text in found if text != "ok"]
    return problems + [f"a row of {row[0]} refers to a row that is not there" for row in broken]


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise StateError(
            "the inventory refuses the change",
            reason=f"it would contradict what is there: {error}",
            hint="run kapso-twilio inventory check, and report this",
        ) from error
    except sqlite3.OperationalError as error:
        raise _cannot_use(path, error) from error
    except sqlite3.DatabaseError as error:
        raise StateError(
            f"the inventory {path} is damaged",
            reason=str(error),
            hint="run kapso-twilio inventory check, and restore a backup of the file",
        ) from error


def _cannot_use(path: Path, error: sqlite3.OperationalError) -> KapsoTwilioError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return Locked(
            f"the inventory {path} is busy",
            reason=f"another process has held it for {_BUSY_TIMEOUT_MS // 1000} s",
            hint="run the command again in a moment",
        )
    if "readonly" in text or "unable to open" in text or "full" in text or "disk I/O" in text:
        return StateError(
            f"the inventory {path} cannot be written",
            reason=text,
            hint="check the folder's owner, its permissions and the free space",
        )
    return StateError(
        f"the inventory {path} cannot be used",
        reason=text,
        hint="run kapso-twilio inventory check",
    )


def _refuse_network_file_system(path: Path) -> None:
    kind = file_system_of(path)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise StateError(
            f"the inventory {path} is on a network file system ({kind})",
            reason="SQLite's locks do not hold there, and a number could be handed out twice",
            hint="set KAPSO_TWILIO_DATA_DIR to a folder on a local disk",
        )


def file_system_of(path: Path) -> str | None:
    """The type of the file system that holds `path`; None where the kernel does not tell."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    resolved = str(path.resolve())
    best, kind = "", None
    for fields in (line.split(" ") for line in lines):
        mount = fields[1].replace("\\040", " ")
        inside = resolved == mount or resolved.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, fields[2]
    return kind
