"""The keys of a project file and the variables of the environment, made from the typed model."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from kapso_twilio_cli.config.environment import VARIABLES
from kapso_twilio_cli.config.kinds import Kind, show
from kapso_twilio_cli.config.model import ProjectConfig
from kapso_twilio_cli.config.schema import BY_COUNTRY, ROOT, ROOT_REQUIRED, TABLES, Table

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"

_TOP = "project = "
_COUNTRY = r"\.[A-Z]{2}$"


def settings() -> str:
    """Every table: what it is for, its keys, and the example of config.example.toml."""
    top = Table(ProjectConfig, "These stand before the first table.", ROOT, ROOT_REQUIRED)
    sections = [_section("Top of the file", "", top)]
    sections += [_section(f"`[{name}]`", name, table) for name, table in TABLES.items()]
    sections += [_section(f"`[{name}.CC]`", name, table) for name, table in BY_COUNTRY.items()]
    return "\n\n".join(sections)


def environment() -> str:
    """Every variable that the program reads."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items()]
    return "\n".join(["| variable | what it is for |", "|---|---|", *rows])


def with_comments(example: str) -> str:
    """The example with a comment above each key and table, as they are now; values stay."""
    head, keys = example.split(f"\n{_TOP}", 1)
    lines = [head.split("\n\n")[0] + "\n"]
    table, name = Table(ProjectConfig, "", ROOT, ROOT_REQUIRED), ""
    for line in f"{_TOP}{keys}".splitlines():
        if line.startswith("["):
            name = re.sub(_COUNTRY, "", line.strip("[]"))
            table = {**TABLES, **BY_COUNTRY}[name]
            lines += ["", *_comment(table.meaning), line]
        elif line and not line.startswith(("#", " ", "]")):
            lines += [*_comment(_all_of(table, line.split(" = ")[0])), line]
        elif line and not line.startswith("#"):
            lines.append(line)
    return "\n".join(lines) + "\n"


def default_of(table: Table, key: str) -> str:
    """The default of a key as it would stand in the file; "required" and "not set" where so."""
    if key in table.required:
        return "required"
    fields = {field.name: field for field in msgspec.structs.fields(table.build)}
    default = fields[key].default
    return _as_toml(table.keys[key], default)


def _section(title: str, name: str, table: Table) -> str:
    rows = [
        f"| `{key}` | {kind.meaning} | {_cell(kind.expected)} | {_default_cell(table, key)} |"
        for key, kind in table.keys.items()
    ]
    heads = ["| key | what it is for | takes | default |", "|---|---|---|---|"]
    example = "\n".join(["```toml", *_example_of(name), "```"])
    return "\n\n".join([f"## {title}", table.meaning, "\n".join([*heads, *rows]), example])


def _example_of(name: str) -> Iterator[str]:
    """The lines of one table of the example, without comments."""
    at = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            at = re.sub(_COUNTRY, "", line.strip("[]"))
        if at == name and line and not line.startswith("#"):
            yield line


def _all_of(table: Table, key: str) -> str:
    """What is said of a key above it, in the example."""
    kind, default = table.keys[key], default_of(table, key)
    choices = kind.expected.removeprefix("one of ").replace('"', "")
    takes = f" One of {choices}." if kind.expected.startswith("one of ") else ""
    known = {"required": " Required.", "not set": "", "[]": ""}
    return kind.meaning.replace("`", "") + takes + known.get(default, f" Default: {default}.")


def _comment(words: str) -> list[str]:
    return textwrap.wrap(
        words.replace("`", ""),
        100,
        initial_indent="# ",
        subsequent_indent="# ",
        break_on_hyphens=False,
        break_long_words=False,
    )


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


def _default_cell(table: Table, key: str) -> str:
    default = default_of(table, key)
    return default if default in ("required", "not set") else f"`{default}`"


def _as_toml(kind: Kind, value: Any) -> str:
    shown = show(kind, value)
    match value:
        case None:
            return f'"{shown}"' if shown else "not set"
        case bool():
            return str(value).lower()
        case int() | Decimal():
            return str(shown)
        case str() | timedelta():
            return f'"{shown}"'
        case _:
            return "[]"
