"""systemd on this host: where units and encrypted credentials stand, and `systemctl`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from ...errors import StateError

_OF_THE_SYSTEM = Path("/etc/systemd/system")
_CREDENTIALS_OF_THE_SYSTEM = (Path("/etc/credstore.encrypted"), Path("/run/credstore.encrypted"))
_NOT_THERE = ("", "offline", "unknown")
_SECONDS = 60.0


class Scope(StrEnum):
    """Whose manager runs a unit: one user's, or the system's."""

    USER = "user"
    SYSTEM = "system"


def usual_scope() -> Scope:
    """The system's for root, one's own for everybody else."""
    return Scope.SYSTEM if os.geteuid() == 0 else Scope.USER


def unit_folder(scope: Scope, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the units of an administrator or a user stand; systemd.unit(5), "Unit File Load Path".

    $SYSTEMD_UNIT_PATH replaces it, as it does for systemd itself: its first folder.
    """
    chosen = environ.get("SYSTEMD_UNIT_PATH", "").split(":")[0]
    if chosen:
        return Path(chosen).absolute()
    return _OF_THE_SYSTEM if scope is Scope.SYSTEM else _user_config(environ) / "systemd" / "user"


def credential_folders(scope: Scope, environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where encrypted credentials stand, the place to make one first; a user's since systemd 256.

    systemd.exec(5), "LoadCredentialEncrypted=".
    """
    if scope is Scope.SYSTEM:
        return _CREDENTIALS_OF_THE_SYSTEM
    return (_user_config(environ) / "credstore.encrypted",)


class Systemctl:
    """`systemctl` of one scope. It may be absent, or have no manager to talk to."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._program = shutil.which("systemctl")

    def command(self, *words: str) -> tuple[str, ...]:
        """What a person would type."""
        return ("systemctl", *(["--user"] if self._scope is Scope.USER else []), *words)

    def has_manager(self) -> bool:
        """Whether systemd runs here, for this scope."""
        if self._program is None:
            return False
        return self._ask("is-system-running").stdout.strip() not in _NOT_THERE

    def run(self, *words: str) -> None:
        """Run one command; StateError with systemd's own words where it fails."""
        done = self._ask(*words)
        if done.returncode != 0:
            raise StateError(
                f"{' '.join(self.command(*words))} failed",
                reason=" ".join(done.stderr.split()) or f"exit code {done.returncode}",
            )

    def try_to(self, *words: str) -> None:
        """Run one command whose failure changes nothing that matters."""
        self._ask(*words)

    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        _, *rest = self.command("--no-ask-password", *words)
        program = self._program or "systemctl"
        try:
            return subprocess.run(
                [program, *rest], capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return subprocess.CompletedProcess([program, *rest], 1, "", str(error))


def _user_config(environ: Mapping[str, str]) -> Path:
    chosen = environ.get("XDG_CONFIG_HOME", "")
    return Path(chosen) if Path(chosen).is_absolute() else home() / ".config"


def home() -> Path:
    """The user's home; StateError where neither the environment nor the system tells one."""
    try:
        return Path.home()
    except RuntimeError:
        raise StateError(
            "this user has no home directory",
            reason="HOME is not set, and the system knows no such user",
            hint="set HOME, or use --system",
        ) from None
