"""A workshop whose account holds many numbers, half of them its project's.

The rows are copies of one number that was bought and verified, each with a label of its own. Run as
a program, so that what it takes is not counted to what is measured afterwards:

    python crowd.py STATE_FILE INVENTORY NUMBERS
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from workshop import Workshop, workshop

_DIGITS = str.maketrans("0123456789", "abcdefghij")  # labels are in base32


@contextmanager
def crowd(numbers: int) -> Iterator[Workshop]:
    """An account of so many numbers; of every two, one is the project's, and connected."""
    with TemporaryDirectory() as folder:
        state, kept = Path(folder, "state.json"), Path(folder, "inventory.db")
        with workshop(target_size=1, serving=["--state", str(state)]) as made:
            made.run("pool", "fill")
            kept.write_bytes(made.inventory.read_bytes())
        subprocess.run([sys.executable, __file__, state, kept, str(numbers)], check=True)
        with workshop(target_size=0, serving=["--state", str(state)]) as made:
            made.inventory.write_bytes(kept.read_bytes())
            yield made


def multiply(state_file: Path, inventory: Path, numbers: int) -> None:
    """Let there be many numbers where there is one, in the account and in the inventory."""
    state = json.loads(state_file.read_text(encoding="utf-8"))
    one = next(iter(state["owned"].values()))
    label = one["friendly_name"].rpartition(":")[0]
    ours = {n: f"{label}:{n:016d}".translate(_DIGITS) for n in range(2, numbers + 1, 2)}
    for n in range(2, numbers + 1):
        number = one | {
            "sid": f"PN{n:032d}",
            "order": n,
            "phone_number": f"+1{2_000_000_000 + n}",
            "friendly_name": ours.get(n, "one of others"),
        }
        state["owned"][number["sid"]] = number
        state["sids"][number["phone_number"]] = number["sid"]
    state["order"] = numbers
    state_file.write_text(json.dumps(state), encoding="utf-8")
    _multiply_rows(inventory, ours)


def _multiply_rows(inventory: Path, labels: dict[int, str]) -> None:
    changed = {
        "id": "?1",
        "phone_number": "'+1' || (2000000000 + ?1)",
        "sid": "printf('PN%032d', ?1)",
        "label": "?2",
        "purchase_id": "NULL",
        "state": "'connected'",
        "preverified_id": "NULL",
        "verification_expiry_time": "NULL",
    }
    with closing(sqlite3.connect(inventory)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(numbers)")]
        values = ", ".join(changed.get(name, name) for name in columns)
        connection.executemany(
            f"INSERT INTO numbers SELECT {values} FROM numbers WHERE id = 1", labels.items()
        )


if __name__ == "__main__":
    multiply(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
