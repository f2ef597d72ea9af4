"""What the last look at the account found that a person should know: replaced by the next look."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

import msgspec

from ..domain.attention import AttentionKind
from ..domain.phone_number import PhoneNumber
from . import columns


class Finding(msgspec.Struct, frozen=True):
    """One thing that was found."""

    kind: AttentionKind
    detail: str
    phone_number: PhoneNumber | None = None


class Findings:
    """The findings within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def replace(
        self, kinds: Iterable[AttentionKind], found: Iterable[Finding], at: datetime
    ) -> None:
        """Forget what was found of these kinds, and keep what is found now."""
        self._connection.executemany("DELETE FROM findings WHERE kind = ?", [(k,) for k in kinds])
        self.add(found, at)

    def add(self, found: Iterable[Finding], at: datetime) -> None:
        """Keep what is found beside what was found before."""
        self._connection.executemany(
            "INSERT INTO findings (kind, phone_number, detail, found_at) VALUES (?, ?, ?, ?)",
            [(f.kind, f.phone_number, f.detail, columns.time_text(at)) for f in found],
        )

    def forget(self, kind: AttentionKind, phone_number: PhoneNumber) -> None:
        """Forget what was found of one number: it is mended."""
        self._connection.execute(
            "DELETE FROM findings WHERE kind = ? AND phone_number = ?", (kind, phone_number)
        )

    def all(self) -> list[Finding]:
        """Every finding, oldest first."""
        rows = self._connection.execute("SELECT * FROM findings ORDER BY id").fetchall()
        return [
            Finding(
                AttentionKind(row["kind"]),
                row["detail"],
                PhoneNumber(row["phone_number"]) if row["phone_number"] else None,
            )
            for row in rows
        ]
