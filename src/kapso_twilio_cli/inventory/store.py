"""The inventory of one project: opened, and read or written in transactions."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from ..domain.standing import Footing, Standing
from ..errors import StateError
from ..places import is_there
from . import columns
from .connection import Database
from .journal import Events, Journal
from .mark import Mark
from .numbers import Numbers
from .purchases import Purchases
from .reservations import Reservations
from .standings import OLD_COPY, Standings

if TYPE_CHECKING:
    from .findings import Findings
    from .listing import Filter, ListedNumber
    from .prices import Prices
    from .runs import Runs
    from .setup_links import SetupLinks
    from .stock import Stock


class Vendors(StrEnum):
    """Whether the numbers exist at the vendors, or in a sandbox."""

    REAL = "real"
    STAND_INS = "stand-ins"


class Identity(msgspec.Struct, frozen=True):
    """What an inventory is pinned to for its whole life."""

    project: str
    account_sid: str
    installation: str
    """8 base32 characters; they stand in the label of every number that it buys."""
    vendors: Vendors
    created_at: datetime


class Session:
    """One transaction on the inventory; what a hand-out does without is loaded when asked for."""

    def __init__(
        self, connection: sqlite3.Connection, journal: Journal, *, is_old_copy: bool = False
    ) -> None:
        self._connection = connection
        self.events = Events(connection, journal)
        self.numbers = Numbers(connection, self.events)
        self.purchases = Purchases(connection, self.events)
        self.reservations = Reservations(connection)
        self.standing = Standings(connection, self.events, is_old_copy=is_old_copy)

    @cached_property
    def runs(self) -> Runs:
        """When mass work ran last."""
        from .runs import Runs

        return Runs(self._connection)

    @cached_property
    def findings(self) -> Findings:
        """What the last look at the account found."""
        from .findings import Findings

        return Findings(self._connection)

    @cached_property
    def prices(self) -> Prices:
        """What Twilio asked for numbers when it was asked last."""
        from .prices import Prices

        return Prices(self._connection)

    @cached_property
    def setup_links(self) -> SetupLinks:
        """The customers' setup links."""
        from .setup_links import SetupLinks

        return SetupLinks(self._connection)

    @cached_property
    def stock(self) -> Stock:
        """Counts and lists over many numbers."""
        from .stock import Stock

        return Stock(self._connection)

    def listed(self, wanted: Filter) -> list[ListedNumber]:
        """Numbers and who holds each."""
        from .listing import listed_numbers

        return listed_numbers(self._connection, wanted)


class Inventory:
    """A project's numbers, purchases, reservations and events; may be used by many threads."""

    def __init__(self, path: Path, journal: Journal) -> None:
        """Open an existing inventory; StateError where there is none, or it cannot be used."""
        require_file(path)
        self._database = Database(path)
        self._journal = journal
        self.identity = self._read_identity()
        self._mark = Mark(path.parent, self.identity.installation)
        self._is_behind = False
        self._is_behind = self._mark.read() > self._newest_event()

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; fetch everything before it ends."""
        with self._database.read() as connection:
            yield Session(connection, self._journal, is_old_copy=self._is_behind)

    def footing(self) -> Footing:
        """Whether the inventory may be trusted; an old copy in its place may not."""
        with self.read() as session:
            return session.standing.now()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction, committed at its end and rolled back by an error.

        Never call a vendor within: other processes wait for it.
        """
        with self._database.write() as connection:
            session = Session(connection, self._journal)
            if self._is_behind:
                session.standing.become(Standing.RESTORED, datetime.now(UTC), reason=OLD_COPY)
            yield session
            newest = session.events.newest()
        if self._database.discards_writes:
            return
        if self._is_behind:
            self._mark.reset(newest)
            self._is_behind = False
        else:
            self._mark.advance(newest)
        for words in session.events.told:
            self._journal.tell(words)

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Carry out writes and roll each back: what a dry run shows is what would happen."""
        self._database.discards_writes = True
        try:
            yield
        finally:
            self._database.discards_writes = False

    def copy_into(self, folder: Path) -> Inventory:
        """A copy of the inventory as it is now, in another folder, opened."""
        path = folder / self.path.name
        self._database.copy_to(path)
        copy = Inventory(path, replace(self._journal, say=None))  # nothing of it lasts
        copy._is_behind = self._is_behind
        return copy

    def _newest_event(self) -> int:
        with self.read() as session:
            return session.events.newest()

    def _read_identity(self) -> Identity:
        with self._database.read() as connection:
            identity = identity_in(connection)
        if identity is None:
            self.close()
            raise StateError(
                f"the inventory {self.path} is not complete",
                reason="it was never given a project: its creation was interrupted",
                hint="remove the file, then run kapso-twilio inventory create",
            )
        return identity


def require_file(path: Path) -> None:
    """Raise StateError where there is no inventory; nothing but two commands makes one."""
    if not is_there(path):
        raise StateError(
            f"there is no inventory at {path}",
            reason="only configure and inventory create make one, so that a lost file is not"
            " taken for an empty account",
            hint="kapso-twilio inventory create; if it was lost, kapso-twilio inventory restore"
            " PATH",
        )


def identity_in(connection: sqlite3.Connection) -> Identity | None:
    """What the inventory is pinned to; None where its creation was interrupted."""
    row = connection.execute("SELECT * FROM identity").fetchone()
    if row is None:
        return None
    return Identity(
        project=row["project"],
        account_sid=row["account_sid"],
        installation=row["installation"],
        vendors=Vendors(row["vendors"]),
        created_at=columns.time(row["created_at"]),
    )


def create_inventory(path: Path, identity: Identity) -> None:
    """Make a new, empty inventory (0600 in a 0700 folder); StateError if there is one."""
    if is_there(path):
        raise StateError(
            f"there is an inventory at {path} already",
            reason="it holds the truth about the project's numbers and is never overwritten",
            hint="kapso-twilio inventory check",
        )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise StateError(
            f"the inventory {path} cannot be created",
            reason=str(error.strerror),
            hint="check the folder's owner and permissions, or set KAPSO_TWILIO_DATA_DIR",
        ) from error
    database = Database(path)
    try:
        with database.write() as connection:
            connection.execute(
                "INSERT INTO identity (id, project, account_sid, installation, vendors, created_at)"
                " VALUES (1, ?, ?, ?, ?, ?)",
                (
                    identity.project,
                    identity.account_sid,
                    identity.installation,
                    identity.vendors,
                    columns.time_text(identity.created_at),
                ),
            )
            connection.execute(
                "INSERT INTO standing (id, standing, since) VALUES (1, ?, ?)",
                (Standing.UNPROVEN, columns.time_text(identity.created_at)),
            )
    finally:
        database.close()
