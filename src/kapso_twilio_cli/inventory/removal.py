"""An inventory whose project is removed: put away with its backups, and never deleted."""

from __future__ import annotations

from pathlib import Path

from ..errors import StateError
from . import arrivals
from .backup import sync_folder

_OF_A_RUN = ("run.lock", "run.json", "receiver.lock", "receiver.json", arrivals.NAME)


def traces_of(inventory: Path) -> list[Path]:
    """What stands in the inventory's folder beside the traces of a run."""
    folder = inventory.parent
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [one for one in found if one.name not in _OF_A_RUN and not one.name.startswith(".")]


def put_away(inventory: Path, place: Path) -> None:
    """Move the inventory's whole folder to `place`, in one step.

    Raises StateError when it cannot be moved; then it is where it was.
    """
    folder = inventory.parent
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.rename(place)
        sync_folder(place.parent)
        sync_folder(folder.parent)
        for name in _OF_A_RUN:
            (place / name).unlink(missing_ok=True)
    except OSError as error:
        raise StateError(
            f"the inventory cannot be moved to {place}",
            reason=error.strerror,
            hint="check who owns the two folders, then run the same again",
        ) from error
