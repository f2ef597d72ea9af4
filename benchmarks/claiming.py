"""One of several processes that claim, or merely commit, as often as they are told:

    python claiming.py claims-N|commits-N TIMES NAME START [FILE]

It begins at START (seconds since the epoch), and prints when it began and when it ended.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path


def claim(name: str, _file: str) -> Callable[[int], object]:
    """A number of the default country for a ref of its own, as `resolve` takes it."""
    from kapso_twilio_cli.operations.handing_out.onboarding import Onboarding
    from kapso_twilio_cli.operations.handing_out.resolve import resolve
    from kapso_twilio_cli.project import Project

    project = Project.locate(name=None, config_path=None)
    _ = project.inventory
    return lambda n: resolve(project, Onboarding(None, f"{name}-{n}"), None)


def commit(name: str, file: str) -> Callable[[int], object]:
    """One row in a transaction of its own, with the inventory's settings of SQLite."""
    connection = sqlite3.connect(file, isolation_level=None, timeout=60)
    connection.execute("PRAGMA synchronous = FULL")

    def insert(n: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO commits VALUES (?)", (f"{name}-{n}",))
        connection.execute("COMMIT")

    return insert


if __name__ == "__main__":
    what, times, name, start, *file = sys.argv[1:]
    work = {"claims": claim, "commits": commit}[what.partition("-")[0]](name, str(Path(*file)))
    time.sleep(max(0.0, float(start) - time.time()))
    began = time.time()
    for n in range(int(times)):
        work(n)
    print(began, time.time())
