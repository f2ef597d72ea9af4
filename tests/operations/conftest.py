"""A shop for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kapso_twilio_cli.project import Project
from tests.projects import ready_project
from tests.vendors import running_sandbox

from .shops import Shop


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Shop]:
    """`@pytest.mark.parametrize("shop", [settings], indirect=True)` changes the project file."""
    changes = getattr(request, "param", {})
    with running_sandbox() as sandbox:
        files = ready_project(tmp_path, monkeypatch, sandbox, **changes)
        project = Project.locate(name=None, config_path=files.path)
        try:
            yield Shop(project, files, sandbox)
        finally:
            project.inventory.close()
