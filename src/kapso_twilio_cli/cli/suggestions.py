"""What a word on the command line may become. Whatever is missing or broken suggests nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import KapsoTwilioError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..config.model import ProjectConfig
    from ..domain.lifecycle import NumberState

Suggestions = list[tuple[str, str]]
"""Words, each with what it is."""


def countries(ctx: typer.Context, incomplete: str) -> Suggestions:
    """Country codes: the allowed ones first."""
    from ..domain.country import NAMES

    config = _config(ctx)
    allowed = dict.fromkeys(config.allowed_countries if config is not None else ())
    codes = [*allowed, *(code for code in NAMES if code not in allowed)]
    return [(code, NAMES[code]) for code in codes if code.startswith(incomplete)]


def projects(_ctx: object, _args: object, incomplete: str) -> Suggestions:
    """The projects that are set up."""
    from ..config.locations import project_files

    names = [path.stem for path in project_files()]
    return [(name, "project") for name in names if name.startswith(incomplete)]


def numbers(ctx: typer.Context, incomplete: str) -> Suggestions:
    """Numbers in a state in which the command that is typed has work to do."""
    from ..config.locations import inventory_path
    from ..inventory.glance import numbers_beginning

    config = _config(ctx)
    if config is None:
        return []
    prefix = incomplete if incomplete.startswith("+") else f"+{incomplete}"
    found = numbers_beginning(inventory_path(config.project), prefix, _fitting(ctx.info_name))
    return [(number, state.value) for number, state in found]


def _fitting(command: str | None) -> Iterable[NumberState]:
    from ..domain.lifecycle import TRANSITIONS, NumberEvent, NumberState

    match command:
        case "connect" | "cancel":
            return [NumberState.RESERVED]
        case "disconnect":
            return [NumberState.CONNECTED]
        case "release":
            return [state for state, moves in TRANSITIONS.items() if NumberEvent.RELEASE in moves]
        case "verify":
            return [NumberState.PROVISIONED, NumberState.QUARANTINED]
        case "add-to-pool":
            return [NumberState.PROVISIONED, NumberState.UNAVAILABLE, NumberState.QUARANTINED]
        case "import":
            return []  # what is imported is not in the inventory yet
        case _:
            return [state for state in NumberState if state is not NumberState.RELEASED]


def _config(ctx: typer.Context) -> ProjectConfig | None:
    from ..config.loading import load
    from ..config.locations import find_project_file, name_by_place

    before = ctx.find_root().params
    name = ctx.params.get("project") or before.get("project")
    path = ctx.params.get("config") or before.get("config")
    try:
        file = find_project_file(name=name, config_path=Path(path) if path else None)
        return load(file, name=name or name_by_place(file))
    except (KapsoTwilioError, OSError):
        return None
