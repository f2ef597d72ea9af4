"""Where configuration and data stand: on which file system, and who may touch them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from ...config.locations import config_dir, project_files
from ...config.secret_text import OWNER_ONLY_FOLDER, refuse_if_open
from ...errors import CredentialsError, StateError
from ...inventory.connection import file_system_of, refuse_network_file_system
from ...places import is_there, out_of_reach
from .check import Check, fine, judged, warning

_OTHERS_WRITE = 0o022
_OTHERS_OPEN = 0o077


def config_folder() -> Iterator[Check]:
    """The folder of project files, and that of secrets in it."""
    folder = config_dir()
    yield judged(
        "config_folder",
        lambda: _config_folder(folder),
    )
    secrets = folder / "secrets"
    yield judged("secrets_folder", lambda: _secrets_folder(secrets))


def project_file(path: Path) -> Check | None:
    """A warning where others can write it; None where all is well."""
    return _written_by_owner("project", path)


def data(folder: Path, private: Sequence[Path] = ()) -> Iterator[Check]:
    """The folder of inventories, there or still to be made, and what only its owner may open."""
    yield judged("data_folder", lambda: _data_folder(folder, private))
    yield judged("file_system", lambda: _file_system(folder))


def of_inventory(path: Path) -> Iterator[Check]:
    """The folder of one inventory, and the files in it."""
    folder = path.parent
    yield from data(folder, [folder, path, folder / "arrivals.db"])


def _config_folder(folder: Path) -> Check:
    project_files()
    return _written_by_owner("config_folder", folder) or fine("config_folder", _there(folder))


def _secrets_folder(folder: Path) -> Check:
    if is_there(folder, CredentialsError) and not os.access(folder, os.R_OK | os.X_OK):
        raise out_of_reach(folder, CredentialsError)
    refuse_if_open(folder, OWNER_ONLY_FOLDER)
    return fine("secrets_folder", _there(folder))


def _data_folder(folder: Path, private: Sequence[Path]) -> Check:
    nearest = next(one for one in (folder, *folder.parents) if is_there(one))
    if nearest.is_dir() and not os.access(nearest, os.R_OK | os.X_OK):
        raise out_of_reach(nearest)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise StateError(
            f"the folder {folder} cannot be written",
            reason=f"{nearest} is {'not writable' if nearest.is_dir() else 'no folder'}",
            hint="check its owner and permissions, or set KAPSO_TWILIO_DATA_DIR",
        )
    for path in private:
        if is_there(path) and _mode(path) & _OTHERS_OPEN:
            told = f"{path} is open to other users (mode {_mode(path):04o})"
            return warning("data_folder", told, f"chmod go= {path}")
    return fine("data_folder", _there(folder))


def _file_system(folder: Path) -> Check:
    refuse_network_file_system(folder)
    return fine("file_system", file_system_of(folder) or "not known on this system")


def _written_by_owner(name: str, path: Path) -> Check | None:
    if not is_there(path) or not _mode(path) & _OTHERS_WRITE:
        return None
    told = f"other users can change {path} (mode {_mode(path):04o})"
    return warning(name, told, f"chmod go-w {path}")


def _there(path: Path) -> str:
    return str(path) if is_there(path) else f"{path} (not there yet)"


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
