"""The program that a user named, run after a `reconcile`: no shell, no secrets, half a minute."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...gateways.programs import run_program

_TIMEOUT_SECONDS = 30.0
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER")


def why_not_trusted(config: Path) -> str | None:
    """Why a program that this project file names is not run; None where it may be.

    Who can write the file could else run programs as whoever runs `reconcile`.
    """
    try:
        found = config.stat()
    except OSError as error:
        return f"{config} cannot be looked at: {error.strerror}"
    if found.st_uid not in (0, os.geteuid()):
        return f"{config} belongs to another user, who could have it run anything"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"others may write {config}; run: chmod go-w {config}"
    return None


def run_hook(
    command: Sequence[str],
    document: bytes,
    *,
    environ: Mapping[str, str] = os.environ,
    seconds: float = _TIMEOUT_SECONDS,
) -> str | None:
    """Run it with `document` on stdin; None where it ended with 0, else why not, in words."""
    ended = run_program(command, document, environ=_environment(environ), seconds=seconds)
    if isinstance(ended, str):
        return ended
    return f"it ended with exit code {ended}" if ended else None


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a program needs to find its way, and none of this one's own variables."""
    found = {name: environ[name] for name in _PASSED_ON if name in environ}
    return {"PATH": os.defpath, **found}
