"""The inventory's own standing: one row, and an event for each change."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from ..domain.standing import Footing, Standing, require_footing
from . import columns
from .journal import Entry, Events

OLD_COPY = "an old copy of the file stands in its place: it has forgotten what was done since"


class Standings:
    """The standing within one transaction."""

    def __init__(
        self, connection: sqlite3.Connection, events: Events, *, is_old_copy: bool = False
    ) -> None:
        self._connection = connection
        self._events = events
        self._is_old_copy = is_old_copy

    def require(self) -> None:
        """Raise StateError where numbers may be neither bought nor handed out."""
        require_footing(self.now())

    def now(self) -> Footing:
        """What is known of the inventory."""
        row = self._connection.execute("SELECT * FROM standing").fetchone()
        since = columns.time(row["since"])
        if self._is_old_copy:
            return Footing(Standing.RESTORED, OLD_COPY, since)
        return Footing(Standing(row["standing"]), row["reason"], since)

    def become(self, standing: Standing, at: datetime, *, reason: str | None = None) -> None:
        """Change the standing; nothing is written where it is the same already."""
        if self.now().standing is standing:
            return
        self._write(standing, at, reason)

    def restored(self, at: datetime, reason: str) -> None:
        """A backup has just taken the inventory's place, whatever stood there before."""
        self._write(Standing.RESTORED, at, reason)

    def _write(self, standing: Standing, at: datetime, reason: str | None) -> None:
        self._connection.execute(
            "UPDATE standing SET standing = ?, reason = ?, since = ?",
            (standing, reason, columns.time_text(at)),
        )
        self._events.append(Entry(at, f"inventory_{standing}", detail=reason))
