"""What `doctor` says, read back; and what may be wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.projects import ReadyProject

from .calls import Called

URL = "https://kt.example.com"


def checks_of(called: Called) -> dict[str, dict[str, Any]]:
    """The rows of the document by name; each name stands there once."""
    rows = called.document["checks"]
    assert len({row["name"] for row in rows}) == len(rows)
    return {row["name"]: row for row in rows}


def unwell(called: Called) -> dict[str, str]:
    """What is no `ok`, by name."""
    return {name: row["severity"] for name, row in checks_of(called).items() if not row["ok"]}


def configure(project: ReadyProject, **changes: str) -> None:
    for key, value in changes.items():
        project.answer("config", "set", key.replace("__", "."), value)


def damage(project: ReadyProject) -> None:
    content = bytearray(project.inventory.read_bytes())
    content[4096 : 4096 * 3] = b"\xff" * 4096 * 2
    project.inventory.write_bytes(bytes(content))


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def lose(project: ReadyProject) -> None:
    project.inventory.unlink()


def newer(project: ReadyProject) -> None:
    project.change("PRAGMA user_version = 99")


def other_account(project: ReadyProject) -> None:
    account = project.sandbox.credentials["account_sid"]
    text = project.path.read_text()
    project.path.write_text(text.replace(account, "AC" + "0" * 32))


def contradict(project: ReadyProject) -> None:
    project.change("UPDATE numbers SET state = 'unavailable'")
