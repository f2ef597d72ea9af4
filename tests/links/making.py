"""Setup links that a test makes."""

from __future__ import annotations

from typing import Any

from tests.projects import ReadyProject

LINKS = "setup_links$"


def create(project: ReadyProject, customer: str, *words: str) -> dict[str, Any]:
    """Make a link that must be made."""
    return project.answer("setup-link", "create", "--customer", customer, *words)


def posts(project: ReadyProject) -> int:
    """How often Kapso was asked for a link."""
    return sum(
        one.startswith("POST") and "setup_links" in one for one in project.sandbox.requests()
    )
