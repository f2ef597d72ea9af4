"""What the end-to-end tests share: a sandbox of a test's own, and a project against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    """A sandbox on a healthy day."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A typical project: a pool of two in the US, and CL and GB allowed."""
    return ready_project(tmp_path, monkeypatch, sandbox)
