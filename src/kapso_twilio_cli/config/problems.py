"""What is wrong with a project file, one problem each, and how it is told without leaking."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path

import msgspec

from ..errors import ConfigError
from .secret import SecretName

_NAMES_A_SECRET = r"token|secret|password|passwd|api_?key(?!_?sid)"


class Problem(msgspec.Struct, frozen=True):
    """One thing to correct. `found` is None where nothing stood there, or it must not be told."""

    table: str
    """Empty at the top of the file; else as in the file, such as `pools.US`."""
    key: str
    """Empty when it is about the table as a whole, or the whole file."""
    found: str | None
    what: str
    """What is wrong, and what to write instead."""

    def __str__(self) -> str:
        place = " ".join(word for word in (f"[{self.table}]" * bool(self.table), self.key) if word)
        value = f" = {self.found}" if self.found is not None else ""
        return f"{place}{value}: {self.what}" if place else self.what


def raise_all(path: Path, found: Iterable[Problem]) -> None:
    """Raise one ConfigError that tells every problem; do nothing if there is none."""
    problems = list(found)
    if not problems:
        return
    many = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
    lines = "".join(f"\n  {path.name}: {problem}" for problem in problems)
    raise ConfigError(
        f"{many} in {path}{lines}",
        hint="correct the file, then run: kapso-twilio config check",
    )


def is_secret_key(name: str) -> bool:
    """Whether a key's name says that a secret stands there."""
    return re.search(_NAMES_A_SECRET, name, re.IGNORECASE) is not None


def secret_problem(table: str, key: str) -> Problem:
    """A secret stands in the file: its value is never repeated."""
    words = set(re.split(r"[_.-]", f"{table}_{key}".lower()))
    best = max(SecretName, key=lambda name: len(words & set(name.split("_"))))
    return Problem(
        table,
        shown_key(key),
        None,
        f"secrets never go in this file; remove the line, then run: kapso-twilio auth set {best}",
    )


def shown_key(key: str) -> str:
    """A key as it may be repeated: one that looks like a secret is not."""
    return f"(a key of {len(key)} characters)" if _looks_secret(key) else key


def shown(value: object) -> str:
    """A value as it may be repeated: short and plain ones, never what looks like a secret."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float() | Decimal() if len(str(value)) < 16:
            return str(value)
        case str() if not _looks_secret(value):
            return f'"{value}"'
        case str():
            start = value[:2] if re.match(r"(AC|SK|BU|AD)[0-9a-fA-F]", value) else ""
            return f'"{start}…" ({len(value)} characters)'
        case list():
            return "a list"
        case Mapping():
            return "a table"
        case _:
            return "a value of another kind"


def _looks_secret(words: str) -> bool:
    return len(words) > 40 or (len(words) >= 12 and any(sign.isdigit() for sign in words))
