"""Dry runs of commands that change the inventory alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..project import Project


@contextmanager
def rehearsing(project: Project, *, dry_run: bool) -> Iterator[None]:
    """Within a dry run, every write to the inventory is rolled back."""
    if not dry_run:
        yield
        return
    with project.inventory.rehearsal():
        yield
