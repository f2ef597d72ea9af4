"""The runs of `reconcile`: when each began, and how it ended."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from . import columns


class LastRun(msgspec.Struct, frozen=True):
    """The newest run of a command, and its last success."""

    started_at: datetime
    finished_at: datetime | None
    exit_code: int | None
    error_kind: str | None
    last_success_at: datetime | None


class Runs:
    """The runs within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self, run_id: str, command: str, at: datetime) -> None:
        """Note that a run begins."""
        self._connection.execute(
            "INSERT OR REPLACE INTO runs (id, command, started_at) VALUES (?, ?, ?)",
            (run_id, command, columns.time_text(at)),
        )

    def finish(self, run_id: str, at: datetime, exit_code: int, error_kind: str | None) -> None:
        """Note how a run ended."""
        self._connection.execute(
            "UPDATE runs SET finished_at = ?, exit_code = ?, error_kind = ? WHERE id = ?",
            (columns.time_text(at), exit_code, error_kind, run_id),
        )

    def last(self, command: str) -> LastRun | None:
        """The newest run of `command`, or None."""
        row = self._connection.execute(
            "SELECT *, (SELECT max(finished_at) FROM runs WHERE command = ?1 AND exit_code = 0)"
            " AS success FROM runs WHERE command = ?1 ORDER BY started_at DESC LIMIT 1",
            (command,),
        ).fetchone()
        if row is None:
            return None
        return LastRun(
            started_at=columns.time(row["started_at"]),
            finished_at=columns.optional_time(row["finished_at"]),
            exit_code=row["exit_code"],
            error_kind=row["error_kind"],
            last_success_at=columns.optional_time(row["success"]),
        )
