"""`kapso-twilio pool set` and `pool remove`: a pool's settings in the project file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.country import Country, parse_country
from ..domain.pool import PostDisconnect
from ..errors import StateError, UsageError
from ..operations.buying.allowed import require_allowed
from .command import Command, Invocation, invocation
from .options import DryRun, PoolArgument
from .project_edit import edit, outcome, said
from .staying import above_target, of_pool, of_removed_pool
from .suggestions import pools_to_set

if TYPE_CHECKING:
    from ..config.editing import Change
    from ..config.model import PoolSettings, ProjectConfig

NewPool = Annotated[
    str, typer.Argument(metavar="CC", help="Country code, such as CL.", autocompletion=pools_to_set)
]


def register(app: typer.Typer) -> None:
    """Add the two commands to the noun `pool`."""
    app.command(
        "set",
        cls=Command,
        epilog="kapso-twilio pool set US --target-size 5\n"
        "kapso-twilio pool set US --post-disconnect return_to_pool\n"
        "kapso-twilio pool set CL --disable",
    )(set_pool)
    app.command("remove", cls=Command, epilog="kapso-twilio pool remove CL")(remove_pool)


def set_pool(
    ctx: typer.Context,
    country: NewPool,
    *,
    target_size: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="How many numbers to keep ready.")
    ] = None,
    post_disconnect: Annotated[
        PostDisconnect | None, typer.Option(help="What becomes of a number after a disconnect.")
    ] = None,
    enabled: Annotated[
        bool | None,
        typer.Option("--enable/--disable", help="Fill it and hand out from it, or not."),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Create a country's pool, or change its settings. Buys and releases nothing."""
    inv = invocation(ctx)
    code = parse_country(country)
    config = inv.project.config
    require_allowed(config, code)
    before = config.pools.get(code)
    given = {"target_size": target_size, "enabled": enabled, "post_disconnect": post_disconnect}
    draft = edit(inv, _changes(code, given, before), dry_run=dry_run)
    pool = draft.config.pools[code]
    fields = {
        **outcome(draft, dry_run=dry_run),
        "country": code,
        "created": before is None,
        "enabled": pool.enabled,
        "target_size": pool.target_size,
        "post_disconnect": pool.post_disconnect.value,
    }
    inv.answer("pool.set", fields, said(_words(code, pool), draft, dry_run=dry_run))
    _say_what_follows(inv, draft.config, before, code)


def remove_pool(ctx: typer.Context, country: PoolArgument, *, dry_run: DryRun = False) -> None:
    """Remove a country's pool from the project file. Its numbers stay, and are paid for."""
    from ..config.editing import REMOVED

    inv = invocation(ctx)
    code = parse_country(country)
    pools = inv.project.config.pools
    if code not in pools:
        raise StateError(
            f"there is no pool for {code}",
            reason="pools there are: " + (", ".join(pools) or "none"),
            hint="kapso-twilio pool list",
        )
    draft = edit(inv, [(("pools", code), REMOVED)], dry_run=dry_run)
    fields = {**outcome(draft, dry_run=dry_run), "country": code}
    would = f"the pool {code} would be removed"
    words = said(f"the pool {code} is removed", draft, dry_run=dry_run, would=would)
    inv.answer("pool.remove", fields, words)
    inv.note(of_removed_pool(inv.project, code))


def _changes(
    code: Country,
    given: dict[str, int | bool | PostDisconnect | None],
    before: PoolSettings | None,
) -> list[Change]:
    changes: list[Change] = [
        (("pools", code, key), value.value if isinstance(value, PostDisconnect) else value)
        for key, value in given.items()
        if value is not None
    ]
    if before is None and given["target_size"] is None:
        raise UsageError(
            f"there is no pool for {code} yet, and a new one needs --target-size",
            hint=f"kapso-twilio pool set {code} --target-size 5",
        )
    if not changes:
        raise UsageError(
            "nothing was given to set",
            hint="add --target-size, --post-disconnect, --enable or --disable",
        )
    return changes


def _words(code: Country, pool: PoolSettings) -> str:
    switch = "enabled" if pool.enabled else "disabled"
    return f"pool {code}: target {pool.target_size}, {switch}, {pool.post_disconnect}"


def _say_what_follows(
    inv: Invocation, config: ProjectConfig, before: PoolSettings | None, code: Country
) -> None:
    pool = config.pools[code]
    if before is not None and pool.target_size < before.target_size:
        stays = above_target(inv.project, code, pool.target_size)
        if stays is not None:
            inv.note(stays)
    if before is not None and before.enabled and not pool.enabled:
        inv.note(of_pool(inv.project, code))
    if config.meta.credentials == "custom":
        inv.note("with custom Meta credentials pools are not filled; numbers are bought live")
    elif pool.enabled and (before is None or pool.target_size > before.target_size):
        inv.note(f"fill it with: kapso-twilio pool fill {code}")
