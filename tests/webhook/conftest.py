"""A sandbox, a project against it, and one of its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox

from .receivers import RunningReceiver, owned_number, running_receiver


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    return ready_project(tmp_path, monkeypatch, sandbox)


@pytest.fixture
def number(project: ReadyProject) -> str:
    return owned_number(project)


@pytest.fixture
def receiver(project: ReadyProject) -> Iterator[RunningReceiver]:
    with running_receiver(project) as running:
        yield running
