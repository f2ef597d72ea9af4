"""What a project stands on: Python, SQLite, the environment, the keyring."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping

from ...config import keychain
from ...errors import StateError
from ...inventory.engine import (
    Version,
    is_withdrawn,
    require_usable,
    sqlite_version,
    version_text,
)
from .check import Check, fine, judged, warning

_OLDEST_PYTHON = (3, 11, 0)


def machine() -> Iterator[Check]:
    """Everything that needs no project."""
    yield judged("python", lambda: check_python(sys.version_info[:3]))
    yield judged("sqlite", lambda: check_sqlite(sqlite_version()))
    yield check_environment(os.environ)
    yield _keyring()


def check_python(version: Version) -> Check:
    """Whether this Python is new enough; StateError where not."""
    if version < _OLDEST_PYTHON:
        raise StateError(
            f"Python {version_text(version)} is too old",
            reason=f"{version_text(_OLDEST_PYTHON)} or newer is needed",
            hint="install kapso-twilio with a newer Python: pipx install --python python3.13 .",
        )
    return fine("python", version_text(version))


def check_sqlite(version: Version) -> Check:
    """Whether the inventory can rely on this SQLite; StateError where not."""
    require_usable(version)
    if is_withdrawn(version):
        return warning(
            "sqlite",
            f"SQLite {version_text(version)} was withdrawn by its authors",
            "run kapso-twilio with a Python that brings another SQLite",
        )
    return fine("sqlite", version_text(version))


def check_environment(environ: Mapping[str, str]) -> Check:
    """Which variables of Twilio's own tools are there; this program reads none of them."""
    ignored = sorted(name for name in environ if name.startswith("TWILIO_"))
    told = f"ignored: {', '.join(ignored)}" if ignored else "no TWILIO_* variable is set"
    return fine("environment", told)


def _keyring() -> Check:
    """To have none is no fault: the other sources of the chain serve servers well."""
    try:
        return fine("keyring", keychain.backend_name())
    except keychain.KeyringAbsent as absent:
        return fine("keyring", f"{absent}; secrets come from the environment, systemd or files")
    except keychain.KeyringUnavailable as problem:
        return warning(
            "keyring",
            str(problem),
            "unlock the keyring; or keep secrets in files: kapso-twilio auth set NAME --store file",
        )
