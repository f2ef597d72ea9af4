"""What the end-to-end tests share: a sandbox of a test's own, and a project against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gateways.servers import Served, serving
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


@pytest.fixture
def healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> ReadyProject:
    """A project as cron left it: a full pool, and every secret."""
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True, allowed_countries=["US"])
    project.answer("pool", "fill")
    project.answer("reconcile")
    return project


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a secret in the place of another one."""
    return lambda name: monkeypatch.setenv(f"KAPSO_TWILIO_{name}", "wrong-s3cr3t")


@pytest.fixture
def monitor() -> Iterator[Served]:
    """A monitor that takes every ping."""
    with serving(lambda _request: (200, "OK")) as served:
        yield served
