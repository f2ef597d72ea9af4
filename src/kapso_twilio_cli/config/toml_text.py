"""Edits of TOML as text: the user's comments, order and line ends stay as they are.

tomlkit replaces and removes values in place. What it cannot do is insert without tearing a comment
from the table it stands above, so lines are inserted and tables removed here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import tomlkit

Path = Sequence[str]


def set_value(text: str, path: Path, value: object) -> str:
    """Give the key at `path` that value; its table is made if need be."""
    *parents, name = path
    table = _below(tomllib.loads(text), parents)
    if table is None:
        return _add_table(text, parents, name, value)
    if name in table or _section(text, parents) is None:
        return _replace(text, path, value)
    return _add_line(text, parents, name, value)


def remove(text: str, path: Path) -> str:
    """Remove the key or table at `path`; a missing one stays missing."""
    found = _below(tomllib.loads(text), path[:-1])
    if found is None or path[-1] not in found:
        return text
    section = _section(text, path)
    return _remove_table(text, section) if section else _remove_value(text, path)


def literal(value: object) -> str:
    """A value as TOML writes it; decimals keep their places."""
    return str(_item(value).as_string())


def _item(value: object) -> Any:
    return tomlkit.value(str(value)) if isinstance(value, Decimal) else tomlkit.item(value)


def _below(raw: Mapping[str, Any], path: Path) -> Mapping[str, Any] | None:
    for word in path:
        below = raw.get(word)
        if not isinstance(below, dict):
            return None
        raw = below
    return raw


def _replace(text: str, path: Path, value: object) -> str:
    document = tomlkit.parse(text)
    table: Any = document
    for word in path[:-1]:
        table = table[word]
    old = table.get(path[-1])
    if isinstance(old, list) and isinstance(value, list):
        _update_list(old, value)
    if old != value:
        table[path[-1]] = _item(value)
    return tomlkit.dumps(document)


def _update_list(old: Any, new: Sequence[object]) -> None:
    """Keep the members that stay, with their comments; the order may still differ."""
    for member in [member for member in old if member not in new]:
        old.remove(member)
    for member in new:
        if member not in old:
            old.append(member)


def _remove_value(text: str, path: Path) -> str:
    document = tomlkit.parse(text)
    table: Any = document
    for word in path[:-1]:
        table = table[word]
    table.remove(path[-1])
    return tomlkit.dumps(document)


def _headers(lines: Sequence[str]) -> dict[int, Path]:
    """The lines that open a table, and the table's path."""
    found = {}
    for number, line in enumerate(lines):
        if line.lstrip().startswith("["):
            try:
                found[number] = _only_path(tomllib.loads(line))
            except tomllib.TOMLDecodeError:
                continue  # a line of a list over several lines
    return found


def _only_path(raw: Any) -> Path:
    path = []
    while isinstance(raw, dict) and raw:
        ((word, raw),) = raw.items()
        path.append(word)
    return path


def _section(text: str, path: Path) -> tuple[int, int] | None:
    """First line and end of a table that has a header, its own comments included, or None.

    The end is behind its last key: what follows belongs to the next table's header.
    """
    lines = text.splitlines(keepends=True)
    headers = _headers(lines)
    if not path:
        return 0, _end_of_keys(lines, -1, min(headers, default=len(lines)))
    for number, found in headers.items():
        if list(found) == list(path):
            after = min((later for later in headers if later > number), default=len(lines))
            return number, _end_of_keys(lines, number, after)
    return None


def _end_of_keys(lines: Sequence[str], first: int, after: int) -> int:
    last = max((n for n in range(first + 1, after) if _is_key(lines[n])), default=first)
    return last + 1


def _is_key(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _add_line(text: str, parents: Path, name: str, value: object) -> str:
    section = _section(text, parents)
    assert section is not None
    return _insert(text, section[1], [f"{name} = {literal(value)}"])


def _add_table(text: str, parents: Path, name: str, value: object) -> str:
    """A new table stands behind its sisters, or at the end of the file."""
    lines = text.splitlines(keepends=True)
    sisters = [path for path in _headers(lines).values() if path[0] == parents[0]]
    section = _section(text, sisters[-1]) if sisters else None
    end = section[1] if section else len(lines)
    block = ["", f"[{'.'.join(parents)}]", f"{name} = {literal(value)}"]
    if not lines or (not section and not lines[-1].strip()):
        block = block[1:]
    return _insert(text, end, block)


def _insert(text: str, at: int, added: Sequence[str]) -> str:
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if "\r\n" in text else "\n"
    if at and not lines[at - 1].endswith("\n"):
        lines[at - 1] += newline
    return "".join([*lines[:at], *(line + newline for line in added), *lines[at:]])


def _remove_table(text: str, section: tuple[int, int]) -> str:
    lines = text.splitlines(keepends=True)
    first, end = section
    while end < len(lines) and lines[end].lstrip().startswith("#"):
        end += 1  # comments right below its last key are its own
    if first and not lines[first - 1].strip():
        first -= 1
    return "".join([*lines[:first], *lines[end:]])
