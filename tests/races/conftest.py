"""What the races share: a sandbox of a test's own, and a project against it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vendors import RunningSandbox, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    """A sandbox on a healthy day."""
    with running_sandbox() as running:
        yield running
