"""Run kapso-twilio, and die by SIGKILL at an exact point: `python dying.py POINT WORDS…`.

POINT is a number, the k-th of the points in the order in which they come up, or a regular
expression, the first request that matches it. A point is a request whose answer has arrived at this
process and not yet reached the program, a commit that has changed the inventory, or a file that was
put in the place of another. Between two points nothing is asked for, recorded or put in place: to
die there is to die at one of them.

The program is not touched: `requests`, `sqlite3` and `os` are watched from outside.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter


class Death:
    """Counts what happens, over all threads, and ends the process when it is time."""

    def __init__(self, point: str) -> None:
        self._at = int(point) if point.isdigit() else None
        self._pattern = None if point.isdigit() else re.compile(point)
        self._count = 0
        self._lock = threading.Lock()

    def pass_point(self, what: str) -> None:
        """Go past a point, or not."""
        with self._lock:
            self._count += 1
            is_meant = self._pattern is not None and self._pattern.search(what) is not None
            if is_meant or self._count == self._at:
                os.kill(os.getpid(), signal.SIGKILL)


def watch_requests(death: Death) -> None:
    """Every request of requests, and so of Twilio's SDK too, passes through its adapter."""
    send = HTTPAdapter.send

    def send_and_pass(adapter: HTTPAdapter, request: PreparedRequest, **options: Any) -> Response:
        response = send(adapter, request, **options)
        death.pass_point(f"{request.method} {urlsplit(request.url or '').path}")
        return response

    HTTPAdapter.send = send_and_pass  # type: ignore[method-assign, assignment]


def watch_commits(death: Death) -> None:
    """Every statement passes through a connection's `execute`."""

    class Watched(sqlite3.Connection):
        changes_before = 0

        def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
            if statement.startswith("BEGIN"):
                self.changes_before = self.total_changes
            cursor = super().execute(statement, *parameters)
            if statement == "COMMIT" and self.total_changes != self.changes_before:
                death.pass_point("COMMIT")
            return cursor

    sqlite3.connect = partial(sqlite3.connect, factory=Watched)  # type: ignore[assignment]


def watch_files(death: Death) -> None:
    """Files that matter are written beside their place, and then put there."""

    def watched(put: Callable[..., None]) -> Callable[..., None]:
        def put_and_pass(source: Any, target: Any, **options: Any) -> None:
            put(source, target, **options)
            death.pass_point(f"FILE {os.fsdecode(target)}")

        return put_and_pass

    os.replace = watched(os.replace)
    os.rename = watched(os.rename)


if __name__ == "__main__":
    mortal = Death(sys.argv.pop(1))
    watch_requests(mortal)
    watch_commits(mortal)
    watch_files(mortal)
    from kapso_twilio_cli.main import run

    run()
