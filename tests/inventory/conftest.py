"""An inventory in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from kapso_twilio_cli.inventory.store import Inventory
from tests.inventory.stores import make_inventory, opened

settings.register_profile("unhurried", deadline=None)  # a busy machine is slow at times
settings.load_profile("unhurried")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_inventory(tmp_path / "inventory.db")


@pytest.fixture
def inventory(path: Path) -> Iterator[Inventory]:
    with opened(path) as inventory:
        yield inventory
