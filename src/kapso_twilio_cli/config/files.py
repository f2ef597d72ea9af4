"""Files that are written whole or not at all, and that only their owner reads."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from ..errors import ConfigError
from ..places import is_there

OWNER_ONLY = 0o600


def write_atomically(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Put `content` at `path` in one step: a reader sees the old file or the new one.

    Without `mode`, a new file is for its owner alone (0600) and an existing one keeps its own. A
    symbolic link stays a link. Missing folders are made (0700). Raises ConfigError when it cannot
    be written; then nothing was changed.
    """
    target = path.resolve()
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(target, content, _mode_of(target) if mode is None else mode)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written",
            reason=error.strerror or str(error),
            hint="nothing was changed; check who owns the folder, and the free space",
        ) from None


def remove(path: Path) -> None:
    """Remove a file, for good when this returns; ConfigError when it cannot be removed."""
    try:
        path.unlink()
        _sync_folder(path.parent)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be removed",
            reason=error.strerror or str(error),
            hint="check who owns the folder, then run the same again",
        ) from None


def _mode_of(target: Path) -> int:
    return stat.S_IMODE(target.stat().st_mode) if is_there(target, ConfigError) else OWNER_ONLY


def _replace(target: Path, content: bytes, mode: int) -> None:
    number, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(number, "wb") as file:
            os.fchmod(number, mode)
            file.write(content)
            file.flush()
            os.fsync(number)
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
