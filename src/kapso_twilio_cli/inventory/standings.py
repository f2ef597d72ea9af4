"""The inventory's own standing: one row, and an event for each change."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from ..domain.standing import Footing, Standing, require_footing
from . import columns
from .journal import Entry, Events


class Standings:
    """The standing within one transaction."""

    def __init__(self, connection: sqlite3.Connection, events: Events) -> None:
        self._connection = connection
        self._events = events

    def require(self) -> None:
        """Raise StateError where numbers may be neither bought nor handed out."""
        require_footing(self.now())

    def now(self) -> Footing:
        """What is known of the inventory."""
        row = self._connection.execute("SELECT * FROM standing").fetchone()
        return Footing(Standing(row["standing"]), row["reason"], columns.time(row["since"]))

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
