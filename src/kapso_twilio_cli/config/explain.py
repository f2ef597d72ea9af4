"""The effective settings of a project, one by one, and where each came from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from .environment import VARIABLES
from .kinds import Kind, show
from .locations import TIMEOUT, data_dir, endpoints
from .model import ProjectConfig
from .schema import BY_COUNTRY, ROOT, TABLES

Source = Literal["file", "default", "environment"]


class Setting(msgspec.Struct, frozen=True):
    """One setting as it is in effect; `value` is as JSON shows it."""

    key: str
    value: object
    source: Source
    meaning: str = ""
    """What it is for."""


def settings(config: ProjectConfig, raw: Mapping[str, Any]) -> Iterator[Setting]:
    """Every setting of a project file; `raw` is the file's tables, to tell what stood there."""
    yield from _table("", config, ROOT, raw)
    for name, table in TABLES.items():
        yield from _table(f"{name}.", getattr(config, name), table.keys, raw.get(name, {}))
    for name, table in BY_COUNTRY.items():
        written = {code.upper(): values for code, values in raw.get(name, {}).items()}
        for code, found in getattr(config, name).items():
            yield from _table(f"{name}.{code}.", found, table.keys, written[code])


def surroundings(environ: Mapping[str, str] = os.environ) -> Iterator[Setting]:
    """What the environment sets: the inventories' place, the vendors' addresses, the time-out."""
    chosen = environ.get("KAPSO_TWILIO_DATA_DIR")
    yield _surrounding("data_dir", str(data_dir(environ)), is_set=bool(chosen))
    found = endpoints(environ)
    for key in ("twilio_url", "meta_url", "kapso_url"):
        url = getattr(found, key)
        yield _surrounding(key, url, is_set=url is not None)
    waits = f"{found.timeout_seconds:g}s"
    yield _surrounding("http_timeout", waits, is_set=bool(environ.get(TIMEOUT)))


def _surrounding(key: str, value: str | None, *, is_set: bool) -> Setting:
    meaning = VARIABLES[f"KAPSO_TWILIO_{key.upper()}"]
    return Setting(key, value, "environment" if is_set else "default", meaning)


def _table(
    prefix: str, values: object, keys: Mapping[str, Kind], written: Mapping[str, Any]
) -> Iterator[Setting]:
    for name, kind in keys.items():
        value = show(kind, getattr(values, name))
        source: Source = "file" if name in written else "default"
        yield Setting(prefix + name, value, source, kind.meaning)
