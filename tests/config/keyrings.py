"""Keyring backends: one that works on a file, and those that trouble their users."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class InFile(KeyringBackend):
    """Works, in the file that TEST_KEYRING_FILE names."""

    priority = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        return self._entries().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._entries(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        entries = self._entries()
        del entries[f"{service}/{username}"]
        self._write(entries)

    def _file(self) -> Path:
        return Path(os.environ["TEST_KEYRING_FILE"])

    def _entries(self) -> dict[str, str]:
        found: dict[str, str] = (
            json.loads(self._file().read_text()) if self._file().exists() else {}
        )
        return found

    def _write(self, entries: dict[str, str]) -> None:
        self._file().write_text(json.dumps(entries))


class Hanging(KeyringBackend):
    """Waits for a dialogue that nobody sees."""

    priority = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        time.sleep(3600)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        time.sleep(3600)


class Locked(KeyringBackend):
    """Its collection is locked."""

    priority = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("Failed to unlock the collection!")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked("Failed to unlock the collection!")


class Broken(KeyringBackend):
    """Raises what no interface promises, with the secret in it."""

    priority = 1.0

    def get_password(self, service: str, username: str) -> str | None:
        raise ZeroDivisionError("s3cr3t")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise ZeroDivisionError(password)
