"""How a refusal is checked: its exit code, its words, and that nothing changed."""

from __future__ import annotations

from typing import Any

from tests.cli.calls import Called
from tests.projects import ReadyProject

BUYS: list[tuple[str, ...]] = [
    ("provision", "--country", "US", "--yes"),
    ("resolve", "--country", "US"),
    ("pool", "fill"),
]


def refused(
    project: ReadyProject, *words: str, exit_code: int, message: str, reason: str, hint: str
) -> Called:
    """Run a command that must be refused so, by text and by JSON, with nothing changed."""
    before, bought = project.everything(), project.bought()
    settings = project.path.read_bytes()
    called = project.call(*words, "--json")
    assert called.exit_code == exit_code, called.out + called.err
    error = called.document["error"]
    assert error["message"].startswith(message)
    assert reason in (error["reason"] or "")
    assert hint in (error["hint"] or "")
    assert error["exit_code"] == exit_code
    text = project.call(*words)
    assert text.exit_code == exit_code
    assert f"error: {message}" in text.err
    assert "Traceback" not in called.err + text.err
    assert _states(project.everything()) == _states(before)
    assert project.bought() == bought
    assert project.path.read_bytes() == settings
    return called


def _states(everything: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """What holds: all but the log, prices, the home that was proven on the way, and the purchases
    that were settled as not made.
    """
    passing = ("events", "runs", "prices", "standing")
    held = {name: rows for name, rows in everything.items() if name not in passing}
    held["purchases"] = [row for row in everything["purchases"] if "not_bought" not in row]
    return held
