"""What a word on the command line may become. Whatever is missing or broken suggests nothing.

Each function is asked by the shell, for one option or argument: it reads the project file and the
inventory, never a secret, the keyring or the network.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ..errors import KapsoTwilioError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..config.model import ProjectConfig
    from ..domain.lifecycle import NumberState

Suggestions = list[tuple[str, str]]
"""Words, each with what it is."""


def countries(ctx: typer.Context, incomplete: str) -> Suggestions:
    """Country codes: the allowed ones first."""
    return _codes(ctx, incomplete, [*_allowed(_config(ctx)), *_all_countries()])


def allowed_countries(ctx: typer.Context, incomplete: str) -> Suggestions:
    """The countries that are allowed."""
    return _codes(ctx, incomplete, _allowed(_config(ctx)))


def new_countries(ctx: typer.Context, incomplete: str) -> Suggestions:
    """The countries that are not allowed yet."""
    allowed = set(_allowed(_config(ctx)))
    return _codes(ctx, incomplete, (code for code in _all_countries() if code not in allowed))


def set_countries(ctx: typer.Context, incomplete: str) -> Suggestions:
    """The countries that have settings of their own."""
    config = _config(ctx)
    return _codes(ctx, incomplete, config.countries if config else ())


def pools(ctx: typer.Context, incomplete: str) -> Suggestions:
    """The countries that have a pool."""
    config = _config(ctx)
    return _codes(ctx, incomplete, config.pools if config else ())


def pools_to_set(ctx: typer.Context, incomplete: str) -> Suggestions:
    """The countries that have a pool, then those that may have one."""
    config = _config(ctx)
    return _codes(ctx, incomplete, [*(config.pools if config else ()), *_allowed(config)])


def projects(incomplete: str) -> Suggestions:
    """The projects that are set up."""
    from ..config.locations import project_files

    names = [path.stem for path in project_files()]
    return [(name, "project") for name in names if name.startswith(incomplete)]


def secret_names(incomplete: str) -> Suggestions:
    """The names of the secrets; whether one is there is not looked up."""
    from ..config.secret import SecretName

    return [(name, "secret") for name in SecretName if name.startswith(incomplete)]


def stores(incomplete: str) -> Suggestions:
    """Where a secret can be stored."""
    from ..config.secrets import SourceKind

    kinds = (SourceKind.KEYRING, SourceKind.FILE)
    return [(kind, "store") for kind in kinds if kind.startswith(incomplete)]


def keys(ctx: typer.Context, incomplete: str) -> Suggestions:
    """The keys of a project file, each with what it takes."""
    from ..config.keys import known_keys, parse_key, takes

    config = _config(ctx)
    codes = [*dict.fromkeys([*_allowed(config), *(config.pools if config else ())])]
    found = [
        key.replace(".CC.", f".{code}.")
        for key in known_keys()
        for code in (codes if ".CC." in key else [""])
    ]
    return [
        (key, takes(parse_key(key)[1]))
        for key in found
        if key.startswith(incomplete) and key != "project"
    ]


def set_keys(ctx: typer.Context, incomplete: str) -> Suggestions:
    """The keys that stand in the project file and can be taken out, each with what it takes.

    Not with its value: a program's words may hold a secret.
    """
    from ..config import explain, loading
    from ..config.keys import is_required, parse_key, takes

    found = _project_file(ctx)
    config = _config(ctx)
    if found is None or config is None:
        return []
    settings = explain.settings(config, loading.parse_toml(loading.read(found)))
    return [
        (one.key, takes(parse_key(one.key)[1]))
        for one in settings
        if one.source == "file" and one.key.startswith(incomplete) and not is_required(one.key)
    ]


def values(ctx: typer.Context, incomplete: str) -> Suggestions:
    """What the key that is typed takes, where that is one of a few words."""
    from ..config.keys import parse_key

    try:
        _, kind = parse_key(ctx.params.get("key") or "")
    except UsageError:
        return []
    return [(word, "value") for word in kind.words if word.startswith(incomplete)]


def numbers(ctx: typer.Context, incomplete: str) -> Suggestions:
    """Numbers in a state in which the command that is typed has work to do."""
    from ..inventory.glance import members_beginning, numbers_beginning

    states = _fitting(ctx.info_name)
    look = members_beginning if ctx.info_name == "verify" else numbers_beginning
    return _glance(ctx, lambda inventory: look(inventory, incomplete, states))


def refs(ctx: typer.Context, incomplete: str) -> Suggestions:
    """Onboardings that hold a number which the command that is typed has work to do with."""
    from ..inventory.glance import refs_beginning

    states = _fitting(ctx.info_name)
    return _glance(ctx, lambda inventory: refs_beginning(inventory, incomplete, states))


def purchases(ctx: typer.Context, incomplete: str) -> Suggestions:
    """Purchases that nobody has settled yet."""
    from ..inventory.glance import purchases_beginning

    return _glance(ctx, lambda inventory: purchases_beginning(inventory, incomplete))


def links(ctx: typer.Context, incomplete: str) -> Suggestions:
    """Setup links that have not ended, by their id."""
    from ..inventory.glance import links_beginning

    return _glance(ctx, lambda inventory: links_beginning(inventory, incomplete))


def link_refs(ctx: typer.Context, incomplete: str) -> Suggestions:
    """Setup links that have not ended, by their ref."""
    from ..inventory.glance import link_refs_beginning

    return _glance(ctx, lambda inventory: link_refs_beginning(inventory, incomplete))


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


def _codes(ctx: typer.Context, incomplete: str, codes: Iterable[str]) -> Suggestions:
    """Those that begin so, each once; what is typed already is not offered again."""
    from ..domain.country import NAMES

    typed = {str(code).upper() for code in ctx.params.get("countries") or ()}
    fitting = (code for code in dict.fromkeys(codes) if code.startswith(incomplete))
    return [(code, NAMES[code]) for code in fitting if code not in typed]


def _all_countries() -> Iterable[str]:
    from ..domain.country import NAMES

    return NAMES


def _allowed(config: ProjectConfig | None) -> Iterable[str]:
    return config.allowed_countries if config else ()


def _glance(ctx: typer.Context, look: Callable[[Path], Suggestions]) -> Suggestions:
    from ..config.locations import inventory_path

    config = _config(ctx)
    return look(inventory_path(config.project)) if config is not None else []


def _config(ctx: typer.Context) -> ProjectConfig | None:
    from ..config.loading import load
    from ..config.locations import name_by_place

    file = _project_file(ctx)
    try:
        return load(file, name=_given(ctx, "project") or name_by_place(file)) if file else None
    except (KapsoTwilioError, OSError):
        return None


def _project_file(ctx: typer.Context) -> Path | None:
    from ..config.locations import find_project_file

    path = _given(ctx, "config")
    try:
        return find_project_file(
            name=_given(ctx, "project"), config_path=Path(path) if path else None
        )
    except (KapsoTwilioError, OSError):
        return None


def _given(ctx: typer.Context, option: str) -> Any:
    """An option that stands before or after the verb."""
    return ctx.params.get(option) or ctx.find_root().params.get(option)
