"""What is built once for these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .building import ROOT, build


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the source tree."""
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of the source tree."""
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))
