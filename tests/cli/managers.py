"""A `systemctl` of a test's own on PATH, which writes down what it was told."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

_PROGRAM = """\
#!/bin/sh
echo "$@" >> "$SYSTEMCTL_RECORD"
case "$*" in
    *is-system-running*) echo "$SYSTEMCTL_STATE" ;;
    *"$SYSTEMCTL_REFUSES"*) echo "Failed: access denied" >&2; exit 1 ;;
esac
"""


@dataclass(frozen=True)
class Manager:
    """A systemd that a test can look at, and that can refuse."""

    record: Path
    monkeypatch: pytest.MonkeyPatch

    def told(self) -> list[str]:
        """Every command that changes something, since the last look."""
        lines = self.record.read_text().splitlines() if self.record.exists() else []
        self.record.unlink(missing_ok=True)
        words = [line.replace("--no-ask-password ", "") for line in lines]
        return [line for line in words if "is-system-running" not in line]

    def refuses(self, words: str) -> None:
        """From now on it refuses commands with these words."""
        self.monkeypatch.setenv("SYSTEMCTL_REFUSES", words)


def use_manager(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, state: str = "running"
) -> Manager:
    """Let systemd be in this state, as far as `systemctl` tells."""
    program = folder / "systemctl"
    program.write_text(_PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("SYSTEMCTL_STATE", state)
    monkeypatch.setenv("SYSTEMCTL_REFUSES", "nothing at all")
    record = folder / "record"
    monkeypatch.setenv("SYSTEMCTL_RECORD", str(record))
    return Manager(record, monkeypatch)
