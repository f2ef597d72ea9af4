"""Reading a project file: a typed ProjectConfig, or every problem of the file at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from ..domain.country import NAMES, suggest_country
from ..domain.nearest import did_you_mean
from ..errors import ConfigError
from ..places import out_of_reach
from .kinds import Kind, Refused
from .model import ProjectConfig
from .problems import (
    Problem,
    is_secret_key,
    raise_all,
    secret_problem,
    shown,
    shown_key,
)
from .schema import BY_COUNTRY, ROOT, ROOT_REQUIRED, TABLES, Table

_TOP = ""
_FAILED = object()


def load(path: Path, *, name: str | None = None) -> ProjectConfig:
    """The settings of the project file at `path`.

    With `name`, the project in the file must be of that name. Raises ConfigError that tells all
    problems of the file: each with its table, key, the value found and what to write instead.
    """
    return parse(read(path), path, name=name)


def problems(path: Path, *, name: str | None = None) -> list[Problem]:
    """Everything that is wrong with the file; an unreadable file raises ConfigError."""
    return problems_in(read(path), name=name)


def problems_in(content: bytes, *, name: str | None = None) -> list[Problem]:
    """The same, of a content that would stand in a file."""
    return _settings(content, name)[1]


def read(path: Path) -> bytes:
    """The file's bytes, or ConfigError with the reason."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            f"there is no project file at {path}",
            hint="kapso-twilio configure makes one; kapso-twilio project list shows them all",
        ) from None
    except PermissionError:
        raise out_of_reach(path, ConfigError) from None
    except OSError as error:
        raise ConfigError(
            f"the project file {path} cannot be read", reason=error.strerror or str(error)
        ) from None


def parse(content: bytes, path: Path, *, name: str | None = None) -> ProjectConfig:
    """The same as `load`, of a content that would stand at `path`."""
    config, found = _settings(content, name)
    raise_all(path, found)
    assert config is not None
    return config


def parse_toml(content: bytes) -> dict[str, Any]:
    """The file as plain tables, with exact decimals; raises ValueError with line and column."""
    try:
        return tomllib.loads(content.decode(), parse_float=Decimal)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ValueError(f"line {line} is not UTF-8 text") from None
    except RecursionError:
        raise ValueError("tables or lists are nested too deeply") from None


def _settings(content: bytes, name: str | None) -> tuple[ProjectConfig | None, list[Problem]]:
    try:
        raw = parse_toml(content)
    except ValueError as error:
        return None, [Problem(_TOP, "", None, f"this is not TOML: {error}")]
    reader = _Reader(raw)
    config = reader.config(name)
    return (None if reader.problems else config), reader.problems


class _Reader:
    """Walks the raw tables once, and collects problems instead of stopping at the first."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.problems: list[Problem] = []

    def config(self, name: str | None) -> ProjectConfig | None:
        """The settings; None when there are problems."""
        tables = {*TABLES, *BY_COUNTRY}
        top = {key: value for key, value in self.raw.items() if key not in tables}
        values = self._values(_TOP, top, ROOT, ROOT_REQUIRED)
        if "allowed_countries" in values:
            values["allowed_countries"] = self._allowed(values["allowed_countries"])
        for table_name, table in TABLES.items():
            values[table_name] = self._table(table_name, self.raw.get(table_name, {}), table)
        for table_name, table in BY_COUNTRY.items():
            values[table_name] = dict(self._by_country(table_name, table))
        self._check_name(name, values)
        self._check_allowed(values)
        return None if self.problems else ProjectConfig(**values)

    def _add(self, table: str, key: str, found: str | None, what: str) -> None:
        self.problems.append(Problem(table, key, found, what))

    def _values(
        self, table: str, raw: Mapping[str, Any], keys: Mapping[str, Kind], required: frozenset[str]
    ) -> dict[str, Any]:
        values = {}
        for key, value in raw.items():
            if key not in keys:
                self._unknown(table, key, value, keys)
                continue
            try:
                values[key] = keys[key].read(value)
            except Refused as refused:
                found = None if keys[key].is_private else shown(value)
                self._add(table, key, found, f"write {refused}")
        for key in sorted(required - raw.keys()):
            kind = keys[key]
            self._add(table, key, None, f"it is missing; write {kind.expected}. {kind.meaning}")
        return values

    def _table(self, name: str, raw: object, table: Table) -> object:
        if not isinstance(raw, dict):
            self._add(name, "", None, f"this must be a table: write [{name}], and its keys below")
            return _FAILED
        before = len(self.problems)
        values = self._values(name, raw, table.keys, table.required)
        return table.build(**values) if len(self.problems) == before else _FAILED

    def _by_country(self, name: str, table: Table) -> Iterator[tuple[str, object]]:
        raw = self.raw.get(name, {})
        if not isinstance(raw, dict):
            self._add(name, "", None, f"write one table for each country: [{name}.US]")
            return
        spelt: dict[str, str] = {}
        for written, settings in raw.items():
            code = written.upper()
            if code not in NAMES:
                what = f"this is no country code; {suggest_country(written)}"
                self._add(name, shown_key(written), None, what)
            elif code in spelt:
                what = f"the same country as [{name}.{spelt[code]}]; keep one of the two"
                self._add(f"{name}.{written}", "", None, what)
            else:
                spelt[code] = written
                yield code, self._table(f"{name}.{written}", settings, table)

    def _allowed(self, members: tuple[object, ...]) -> object:
        key, kind = "allowed_countries", ROOT["default_country"]
        spelt: dict[object, object] = {}
        before = len(self.problems)
        for member in members:
            try:
                code = kind.read(member)
            except Refused as refused:
                self._add(_TOP, key, shown(member), f"write {refused}")
                continue
            if code in spelt:
                what = f'"{code}" stands there twice, also as {shown(spelt[code])}; keep one'
                self._add(_TOP, key, shown(member), what)
            spelt.setdefault(code, member)
        return tuple(spelt) if len(self.problems) == before else _FAILED

    def _check_name(self, name: str | None, values: Mapping[str, Any]) -> None:
        project = values.get("project", name)
        if name is not None and project != name:
            what = f'the project that was asked for is "{name}"; write that, or ask for {project}'
            self._add(_TOP, "project", shown(project), what)

    def _check_allowed(self, values: Mapping[str, Any]) -> None:
        allowed = values.get(
            "allowed_countries", () if "allowed_countries" not in self.raw else None
        )
        if not isinstance(allowed, tuple):
            return
        default = values.get("default_country")
        if default is not None and default not in allowed:
            what = (
                f'{default} is not allowed; add "{default}" to allowed_countries, or choose another'
            )
            self._add(_TOP, "default_country", f'"{default}"', what)
        for code in values["pools"]:
            if code not in allowed:
                what = (
                    f'{code} is not allowed; add "{code}" to allowed_countries, or remove the pool'
                )
                self._add(f"pools.{code}", "", None, what)

    def _unknown(self, table: str, key: str, value: object, keys: Mapping[str, Kind]) -> None:
        """The value of an unknown key is never repeated: nobody knows what it is."""
        if is_secret_key(key):
            self.problems.append(secret_problem(table, key))
        else:
            self._add(table, shown_key(key), None, f"unknown key; {_nearest(table, key, keys)}")
            self._secrets_below(f"{table}.{key}" if table else key, value)

    def _secrets_below(self, table: str, value: object) -> None:
        if not isinstance(value, dict):
            return
        for key, below in value.items():
            if is_secret_key(key):
                self.problems.append(secret_problem(table, key))
            else:
                self._secrets_below(f"{table}.{key}", below)


def _nearest(table: str, key: str, keys: Mapping[str, Kind]) -> str:
    """Where the key belongs, the nearest key of its table, or the keys that there are."""
    homes = {name: list(home.keys) for name, home in {**TABLES, **BY_COUNTRY}.items()}
    near = did_you_mean(key, [*keys, *(homes if table == _TOP else ())])
    if near is not None:
        return near
    if table and key in ROOT:
        return "it stands at the top of the file, before the first table"
    for home, known in homes.items():
        if key in known:
            return f"it belongs in [{home}{'.CC' * (home in BY_COUNTRY)}]"
    return "known here: " + ", ".join([*keys, *(homes if table == _TOP else ())])
