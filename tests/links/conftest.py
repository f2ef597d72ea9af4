"""A project with a Kapso key, its pool, and a customer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.links import new_customer
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A project with a Kapso key, and no number yet."""
    return ready_project(tmp_path, monkeypatch, sandbox, kapso=True)


@pytest.fixture
def filled(project: ReadyProject) -> ReadyProject:
    """The same with a pool of two ready numbers."""
    project.answer("pool", "fill")
    return project


@pytest.fixture
def customer(project: ReadyProject) -> str:
    return new_customer(project)
