"""Changes to a project file: drafted and checked first, then written in one step.

Nothing is written that the loader would not read, so a bad change leaves the file as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from ..errors import ConfigError
from ..places import out_of_reach
from . import loading
from .files import write_atomically
from .model import ProjectConfig
from .schema import BY_COUNTRY, Key


class Removal(Enum):
    """The value of a key that is to go."""

    REMOVED = "removed"


REMOVED = Removal.REMOVED

Change = tuple[Key, object]
"""A key's path and what is to stand there, as TOML has it; or a key or table, and REMOVED."""


@dataclass(frozen=True)
class Draft:
    """A project file as it would be: valid, and not yet written."""

    path: Path
    before: bytes | None
    content: bytes
    config: ProjectConfig

    @property
    def is_change(self) -> bool:
        """Whether writing it would change the file."""
        return self.before != self.content

    def write(self) -> None:
        """Put it in place; ConfigError if the file was changed by others meanwhile."""
        if not self.is_change:
            return
        if _bytes_at(self.path) != self.before:
            raise ConfigError(
                f"{self.path} was changed by another program meanwhile",
                hint="nothing was written; run the same again",
            )
        write_atomically(self.path, self.content)


def draft_changes(path: Path, changes: Iterable[Change], *, name: str | None = None) -> Draft:
    """The file with those changes, its comments and order kept.

    Raises ConfigError when the file would not be valid; the file is as before.
    """
    before = loading.read(path)
    wanted = _parsed(before, path)
    text = before.decode()
    for key, value in changes:
        written = _as_written(wanted, key)
        if _value_at(wanted, written) != value:
            text = _edited(text, written, value)
            _apply(wanted, written, value)
    content = text.encode()
    if _without_empty(_parsed(content, path)) != _without_empty(wanted):
        raise ConfigError(
            f"{path} is written in a way that cannot be changed here",
            hint="edit it by hand, then run: kapso-twilio config check",
        )
    _refuse_new_problems(path, before, content, name)
    return Draft(path, before, content, loading.parse(content, path, name=name))


def draft_new(path: Path, settings: Mapping[str, Any], *, name: str | None = None) -> Draft:
    """A new file with those settings; raises ConfigError when they are not valid."""
    import tomli_w

    content = tomli_w.dumps(settings).encode()
    return Draft(path, None, content, loading.parse(content, path, name=name))


def _parsed(content: bytes, path: Path) -> dict[str, Any]:
    try:
        return loading.parse_toml(content)
    except ValueError:
        loading.parse(content, path)
        raise


def _edited(text: str, key: Key, value: object) -> str:
    from . import toml_text

    if value is REMOVED:
        return toml_text.remove(text, key)
    return toml_text.set_value(text, key, value)


def _as_written(raw: Mapping[str, Any], key: Key) -> Key:
    """The key with its country as the file spells it."""
    if key[0] not in BY_COUNTRY or len(key) < 2:
        return key
    spellings = raw.get(key[0], {})
    spelt = next((word for word in spellings if word.upper() == key[1]), key[1])
    return (key[0], spelt, *key[2:])


def _value_at(raw: object, key: Key) -> object:
    for word in key:
        if not isinstance(raw, dict) or word not in raw:
            return REMOVED
        raw = raw[word]
    return raw


def _apply(raw: dict[str, Any], key: Key, value: object) -> None:
    *parents, last = key
    for word in parents:
        raw = raw.setdefault(word, {})
    if value is REMOVED:
        raw.pop(last, None)
    else:
        raw[last] = value


def _without_empty(raw: object) -> object:
    """An empty table says as much as none."""
    if not isinstance(raw, dict):
        return raw
    kept = {key: _without_empty(value) for key, value in raw.items()}
    return {key: value for key, value in kept.items() if value != {}}


def _refuse_new_problems(path: Path, before: bytes, content: bytes, name: str | None) -> None:
    old = loading.problems_in(before, name=name)
    new = [found for found in loading.problems_in(content, name=name) if found not in old]
    if new:
        raise ConfigError(
            f"that would break {path}; nothing was changed",
            reason="; ".join(str(problem) for problem in new),
        )


def _bytes_at(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise out_of_reach(path, ConfigError) from None
