"""Customers and setup links at Kapso, as its dashboard shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.projects import ReadyProject


def at_kapso(
    project: ReadyProject, method: str, path: str, body: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """Ask Kapso with the project's key, past all faults."""
    return project.sandbox.kapso(method, path, body)


def new_customer(project: ReadyProject, name: str = "Ada") -> str:
    """Make a customer; gives its id."""
    made = at_kapso(project, "POST", "customers", {"customer": {"name": name}})
    return str(made["data"]["id"])


def made_elsewhere(project: ReadyProject, customer: str) -> None:
    """Make a link as another program, or a person in the dashboard, would."""
    body = {"setup_link": {"language": "en"}}
    at_kapso(project, "POST", f"customers/{customer}/setup_links", body)


def links_of(project: ReadyProject, customer: str) -> list[dict[str, Any]]:
    """A customer's links, oldest first."""
    found: list[dict[str, Any]] = at_kapso(project, "GET", f"customers/{customer}/setup_links")[
        "data"
    ]
    return found


def statuses(project: ReadyProject, customer: str) -> list[str]:
    """How each of a customer's links is, oldest first."""
    return [link["status"] for link in links_of(project, customer)]


def reservations(project: ReadyProject) -> dict[str, str]:
    """The number that each ref holds."""
    listed = project.answer("reservation", "list")["reservations"]
    return {one["ref"]: one["phone_number"] for one in listed}


def rows(project: ReadyProject) -> list[tuple[Any, ...]]:
    """The links as the inventory has them, oldest first: state and ref."""
    return project.rows("SELECT state, ref FROM setup_links ORDER BY id")
