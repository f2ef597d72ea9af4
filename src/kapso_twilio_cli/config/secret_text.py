"""Secrets as text: what can be one, and reading them from files that only their owner reads."""

from __future__ import annotations

import stat
from pathlib import Path

from ..errors import CredentialsError
from ..places import is_there, out_of_reach
from .secret import Secret

OWNER_ONLY = 0o600
OWNER_ONLY_FOLDER = 0o700


def usable_secret(text: str, name: str) -> Secret:
    """What a person typed or piped in, without the line end; CredentialsError if it cannot be."""
    return Secret(checked(text.strip(), f"the {name} that was given"))


def read_value(path: Path, source: str) -> str:
    """The secret in a file; CredentialsError names the source and the file."""
    try:
        content = path.read_text(encoding="utf-8")
    except PermissionError:
        error = out_of_reach(path, CredentialsError)
        raise CredentialsError(
            f"the secret of {source} cannot be read", reason=error.reason, hint=error.hint
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise CredentialsError(
            f"the secret of {source} cannot be read", reason=f"{path}: {reason}"
        ) from None
    return checked(content.strip(), f"{source} ({path})")


def checked(value: str, source: str) -> str:
    """Only what can stand in an HTTP header: an error here is better than a broken request."""
    if value and value.isascii() and value.isprintable() and " " not in value:
        return value
    raise CredentialsError(
        f"the secret in {source} cannot be used",
        reason="it holds spaces, line breaks or unusual characters" if value else "it is empty",
        hint="copy it again, whole and without anything around it",
    )


def refuse_if_open(place: Path, mode: int) -> None:
    """Refuse a file or folder that other users can open; a missing one is nobody's."""
    found = stat.S_IMODE(place.stat().st_mode) if is_there(place, CredentialsError) else 0
    if found & 0o077:
        raise CredentialsError(
            f"{place} is open to other users, so it is not used",
            reason=f"its mode is {found:04o}",
            hint=f"chmod {mode:o} {place}",
        )
