"""How much of the matrices is run: a fixed slice by `make test`, the whole by `make crash`."""

from __future__ import annotations

import os
from collections.abc import Sequence

BLOCKS = 7
"""The slice is one in so many."""


def is_whole() -> bool:
    """Whether everything is to be run: `CRASH_MATRIX=whole`."""
    return os.environ.get("CRASH_MATRIX") == "whole"


def blocks_of(index: int) -> Sequence[int]:
    """The blocks to run of the scenario with this index; another one for its neighbour."""
    return range(BLOCKS) if is_whole() else [index % BLOCKS]
