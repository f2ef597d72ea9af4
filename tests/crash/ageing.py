"""Let time go by for verifications, at Meta and in the inventory alike."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from kapso_twilio_cli.sandbox.store import open_account, save_account


def let_age(state: Path, inventory: Path, by: timedelta) -> None:
    """Move every verification back: a sandbox's file, and what a project knows of it."""
    account = open_account(state, None)
    for preverified_id, one in account.preverified.items():
        if one.verified_at is not None and one.verified_until is not None:
            account.preverified[preverified_id] = replace(
                one, verified_at=one.verified_at - by, verified_until=one.verified_until - by
            )
    save_account(state, account)
    with closing(sqlite3.connect(inventory)) as connection, connection:
        rows = connection.execute(
            "SELECT verified_at, verification_expiry_time, id FROM numbers"
            " WHERE verified_at IS NOT NULL"
        ).fetchall()
        connection.executemany(
            "UPDATE numbers SET verified_at = ?, verification_expiry_time = ? WHERE id = ?",
            [(_earlier(at, by), _earlier(until, by), row_id) for at, until, row_id in rows],
        )


def _earlier(text: str, by: timedelta) -> str:
    return (datetime.fromisoformat(text) - by).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
