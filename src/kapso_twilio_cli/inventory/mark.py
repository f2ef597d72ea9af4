"""How far the inventory has come, noted beside it.

An old copy that is put in the inventory's place has forgotten purchases and hand-outs, and nothing
within it can tell. The note can: it names the newest event that was ever committed here.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

NAME = "newest-event"


class Mark:
    """The note beside one inventory. Where it cannot be kept, it proves nothing."""

    def __init__(self, folder: Path, installation: str) -> None:
        self._path = folder / NAME
        self._installation = installation

    def read(self) -> int:
        """The id of the newest event; 0 where there is no note, or it is another inventory's."""
        try:
            installation, _, newest = self._path.read_text(encoding="ascii").partition(" ")
            return int(newest) if installation == self._installation else 0
        except (OSError, ValueError):
            return 0

    def advance(self, newest_event: int) -> None:
        """Note a commit; one that another process has made since stays noted."""
        if newest_event > self.read():
            self.reset(newest_event)

    def reset(self, newest_event: int) -> None:
        """Note where the inventory is now, even if it was further once."""
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"{self._installation} {newest_event}\n")
