"""What the commands that change a project file have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..config.editing import Change, Draft
    from .command import Invocation


def edit(inv: Invocation, changes: Iterable[Change], *, dry_run: bool) -> Draft:
    """Change the project's file, or with `dry_run` only find out what would change."""
    from ..config.editing import draft_changes

    project = inv.project
    draft = draft_changes(project.path, changes, name=project.name)
    if not dry_run:
        draft.write()
    return draft


def outcome(draft: Draft, *, dry_run: bool) -> dict[str, object]:
    """The keys that every such command answers with, beside its own."""
    return {
        "project": draft.config.project,
        "path": str(draft.path),
        "changed": draft.is_change,
        "dry_run": dry_run,
    }


def said(words: str, draft: Draft, *, dry_run: bool, would: str = "") -> list[str]:
    """The same as a line of text: what is now, what was already, or what `would` be."""
    if not draft.is_change:
        return [f"{words} (nothing to change)"]
    return [f"{would or words} (not written: dry run)" if dry_run else words]
