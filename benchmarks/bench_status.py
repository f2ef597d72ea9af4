"""`status --json` of 100,000 numbers against `resolve` from the same pool, both as whole processes.

A third of the numbers are ready, a third connected, a third unavailable; the rows are copies of one
number that was bought and verified.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pairing import PROGRAM, ratio, report
from workshop import Workshop, workshop

NUMBERS = 100_000
BUDGET = 2.0

_CHANGED = {
    "id": "n",
    "phone_number": "'+1' || (2000000000 + n)",
    "sid": "printf('PN%032d', n)",
    "purchase_id": "NULL",
    "state": "CASE n % 3 WHEN 0 THEN 'ready' WHEN 1 THEN 'connected' ELSE 'unavailable' END",
}


def multiply(made: Workshop) -> None:
    """Let there be many numbers where there is one."""
    path = Path(made.environment["KAPSO_TWILIO_DATA_DIR"], "bench", "inventory.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(numbers)")]
        values = ", ".join(_CHANGED.get(name, name) for name in columns)
        connection.execute(
            "WITH RECURSIVE counting (n) AS (VALUES (2) UNION ALL SELECT n + 1 FROM counting"
            f" WHERE n < {NUMBERS}) INSERT INTO numbers SELECT {values}"
            " FROM counting, numbers WHERE id = 1"
        )


if __name__ == "__main__":
    with workshop(target_size=1) as made:
        made.run("pool", "fill")
        multiply(made)
        value, detail = ratio(
            lambda run: [*PROGRAM, "resolve", "--ref", f"signup-{run}", "--no-provision", "--json"],
            [*PROGRAM, "status", "--json"],
            environment=made.environment,
        )
    what = f"status --json of {NUMBERS} numbers / resolve from them"
    report(what, 1 / value, BUDGET, f"resolve {detail}")
