"""The secrets chain: the first source that holds a secret wins, and nothing is ever in argv.

    1. KAPSO_TWILIO_AUTH_TOKEN                       the environment
    2. KAPSO_TWILIO_AUTH_TOKEN_FILE                  a file that the environment names
    3. $CREDENTIALS_DIRECTORY/<project>.auth_token   systemd
    4. kapso-twilio:<project>                        the OS keyring
    5. <user config dir>/secrets/<project>.auth_token

A source that is set and cannot be read is an error: falling through to another could use the
secret of yesterday.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ..errors import CredentialsError
from ..places import is_there
from . import keychain
from .files import remove, write_atomically
from .locations import config_dir
from .secret import Secret, SecretName
from .secret_text import (
    OWNER_ONLY,
    OWNER_ONLY_FOLDER,
    checked,
    read_value,
    refuse_if_open,
    usable_secret,
)

__all__ = [
    "Found",
    "Secret",
    "SecretName",
    "Secrets",
    "SourceKind",
    "SourceState",
    "Stored",
    "usable_secret",
]


class SourceKind(StrEnum):
    """Where a secret can stand, first come first served."""

    ENVIRONMENT = "environment"
    ENVIRONMENT_FILE = "environment_file"
    SYSTEMD = "systemd"
    KEYRING = "keyring"
    FILE = "file"


@dataclass(frozen=True)
class Found:
    """A secret, and where it came from."""

    secret: Secret
    source: SourceKind


@dataclass(frozen=True)
class SourceState:
    """One source of the chain, as it stands now."""

    kind: SourceKind
    place: str
    holds: bool
    problem: str | None = None


@dataclass(frozen=True)
class Stored:
    """Where a secret was put, and why not in the keyring, where that was wanted."""

    source: SourceKind
    place: str
    no_keyring: str | None = None


class Secrets:
    """One project's secrets. A keyring that failed once is not asked again."""

    def __init__(
        self,
        project: str,
        *,
        environ: Mapping[str, str] = os.environ,
        keyring_seconds: float = keychain.SECONDS,
    ) -> None:
        self.project = project
        self._environ = environ
        self._keyring_seconds = keyring_seconds
        self._keyring_problem: str | None = None

    def find(self, name: SecretName) -> Found | None:
        """The secret, from the first source that holds it; None if none does.

        Raises CredentialsError when a source is set and cannot be read.
        """
        for kind, read in self._readers().items():
            value = read(name)
            if value is not None:
                return Found(Secret(value), kind)
        return None

    def require(self, name: SecretName) -> Secret:
        """The secret, or CredentialsError that names every way to set it."""
        found = self.find(name)
        if found is not None:
            return found.secret
        raise CredentialsError(
            f"the project {self.project} has no {name}",
            reason=self._keyring_problem,
            hint=f"run: kapso-twilio auth set {name}; or use {self._other_ways(name)}",
        )

    def api_key_secret(self, api_key_sid: str | None) -> Secret | None:
        """The secret of the project's API key; None if the project uses none.

        Half a pair raises CredentialsError: which half is out of date cannot be known.
        """
        if api_key_sid is not None:
            return self.require(SecretName.API_KEY_SECRET)
        if self.find(SecretName.API_KEY_SECRET) is None:
            return None
        raise CredentialsError(
            "there is an api_key_secret, and no API key SID beside it",
            reason="an API key is used when both halves are there",
            hint="run: kapso-twilio auth set api_key_secret --api-key-sid SK…; "
            "or: kapso-twilio auth clear api_key_secret",
        )

    def sources(self, name: SecretName) -> list[SourceState]:
        """Every source of the chain, in its order, and whether it holds the secret."""
        return [self._state(kind, name) for kind in SourceKind]

    @property
    def keyring_problem(self) -> str | None:
        """Why the keyring did not answer, as far as it was asked."""
        return self._keyring_problem

    def store(self, name: SecretName, value: Secret, where: SourceKind | None = None) -> Stored:
        """Put it in the keyring or the file; by itself in the file where no keyring answers.

        Raises CredentialsError when it could not be stored where it was wanted.
        """
        text = value.reveal()
        if where is SourceKind.FILE:
            return self._store_in_file(name, text, no_keyring=None)
        try:
            keychain.set_password(self._service, name.value, text, seconds=self._keyring_seconds)
        except keychain.KeyringUnavailable as problem:
            if where is SourceKind.KEYRING:
                raise self._not_in_keyring(name, str(problem)) from None
            return self._store_in_file(name, text, no_keyring=str(problem))
        return Stored(SourceKind.KEYRING, self._place(SourceKind.KEYRING, name))

    def clear(self, name: SecretName) -> list[SourceKind]:
        """Remove it from the keyring and the file; tell from which of them.

        Raises CredentialsError when the keyring may still hold it.
        """
        removed = []
        file = self._file(name)
        if is_there(file, CredentialsError):
            remove(file)
            removed.append(SourceKind.FILE)
        try:
            if keychain.delete_password(self._service, name.value, seconds=self._keyring_seconds):
                removed.insert(0, SourceKind.KEYRING)
        except keychain.KeyringAbsent:
            return removed
        except keychain.KeyringUnavailable as problem:
            raise CredentialsError(
                f"the keyring may still hold the {name}",
                reason=str(problem),
                hint="unlock the keyring, then run the same again",
            ) from None
        return removed

    @property
    def _service(self) -> str:
        return f"kapso-twilio:{self.project}"

    def _readers(self) -> dict[SourceKind, Callable[[SecretName], str | None]]:
        return {
            SourceKind.ENVIRONMENT: self._from_environment,
            SourceKind.ENVIRONMENT_FILE: self._from_named_file,
            SourceKind.SYSTEMD: self._from_systemd,
            SourceKind.KEYRING: self._from_keyring,
            SourceKind.FILE: self._from_file,
        }

    def _from_environment(self, name: SecretName) -> str | None:
        value = self._environ.get(name.variable, "").strip()
        return checked(value, name.variable) if value else None

    def _from_named_file(self, name: SecretName) -> str | None:
        path = self._environ.get(f"{name.variable}_FILE")
        return read_value(Path(path).expanduser(), f"{name.variable}_FILE") if path else None

    def _from_systemd(self, name: SecretName) -> str | None:
        folder = self._environ.get("CREDENTIALS_DIRECTORY")
        path = Path(folder) / f"{self.project}.{name}" if folder else None
        return (
            read_value(path, "systemd's credential")
            if path and is_there(path, CredentialsError)
            else None
        )

    def _from_keyring(self, name: SecretName) -> str | None:
        if self._keyring_problem is not None:
            return None
        try:
            value = keychain.get_password(self._service, name.value, seconds=self._keyring_seconds)
        except keychain.KeyringUnavailable as problem:
            self._keyring_problem = str(problem)
            return None
        return checked(value, "the keyring's entry") if value else None

    def _from_file(self, name: SecretName) -> str | None:
        path = self._file(name)
        if not is_there(path, CredentialsError):
            return None
        refuse_if_open(path.parent, OWNER_ONLY_FOLDER)
        refuse_if_open(path, OWNER_ONLY)
        return read_value(path, "the secrets file")

    def _file(self, name: SecretName) -> Path:
        return config_dir() / "secrets" / f"{self.project}.{name}"

    def _store_in_file(self, name: SecretName, value: str, *, no_keyring: str | None) -> Stored:
        path = self._file(name)
        refuse_if_open(path.parent, OWNER_ONLY_FOLDER)
        write_atomically(path, f"{value}\n".encode(), mode=OWNER_ONLY)
        return Stored(SourceKind.FILE, str(path), no_keyring)

    def _state(self, kind: SourceKind, name: SecretName) -> SourceState:
        place = self._place(kind, name)
        try:
            holds = self._readers()[kind](name) is not None
        except CredentialsError as error:
            return SourceState(kind, place, holds=True, problem=error.reason or error.message)
        return SourceState(kind, place, holds)

    def _place(self, kind: SourceKind, name: SecretName) -> str:
        match kind:
            case SourceKind.ENVIRONMENT:
                return name.variable
            case SourceKind.ENVIRONMENT_FILE:
                return f"{name.variable}_FILE"
            case SourceKind.SYSTEMD:
                return f"$CREDENTIALS_DIRECTORY/{self.project}.{name}"
            case SourceKind.KEYRING:
                return f"the OS keyring, service {self._service}"
            case SourceKind.FILE:
                return str(self._file(name))

    def _other_ways(self, name: SecretName) -> str:
        return (
            f"{name.variable}, {name.variable}_FILE, a systemd credential {self.project}.{name}, "
            f"or the file {self._file(name)} (0600 in a 0700 folder)"
        )

    def _not_in_keyring(self, name: SecretName, reason: str) -> CredentialsError:
        return CredentialsError(
            f"the {name} was not stored",
            reason=reason,
            hint=f"add --store file; or use {self._other_ways(name)}",
        )
