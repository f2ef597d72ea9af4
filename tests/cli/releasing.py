"""Releasing a number, and what is left of it at the vendors and in the inventory."""

from __future__ import annotations

from typing import Any

from tests.cli.calls import Called
from tests.projects import ReadyProject

TWILIO, META = "IncomingPhoneNumbers/PN", "^/v25.0/"


def ready(project: ReadyProject) -> str:
    """Fill the pool; give one of its ready numbers."""
    project.answer("pool", "fill")
    return str(project.answer("number", "list", "--state", "ready")["numbers"][0]["phone_number"])


def release(project: ReadyProject, number: str, *options: str) -> Called:
    return project.call("number", "release", number, "--confirm", number, *options)


def released(project: ReadyProject) -> list[str]:
    """The numbers that the account is not billed for any more."""
    entries = project.sandbox.ledger()
    return [entry["phone_number"] for entry in entries if entry["kind"] == "release"]


def writes(project: ReadyProject) -> list[str]:
    """What was asked of the vendors that changes something."""
    return [one for one in project.sandbox.requests() if not one.startswith("GET")]


def row(project: ReadyProject, number: str) -> list[Any]:
    """State, object at Meta, and whether a release was asked for."""
    rows = project.rows(
        "SELECT phone_number, state, preverified_id IS NOT NULL, release_requested_at IS NOT NULL"
        " FROM numbers ORDER BY id"
    )
    return [facts for found, *facts in rows if found == number][-1]


def shown_object(project: ReadyProject, number: str) -> str:
    return str(project.answer("number", "show", number)["preverified_id"])


def attention(project: ReadyProject) -> list[tuple[str, str]]:
    found = project.answer("status")["attention"]
    return [(one["kind"], one["hint"]) for one in found if one["phone_number"]]
