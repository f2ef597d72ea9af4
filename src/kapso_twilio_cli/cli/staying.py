"""What stays when a setting would use fewer numbers, in words: nothing is ever released by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..domain.counted import counted
from ..domain.country import Country

if TYPE_CHECKING:
    from ..inventory.stock import Held
    from ..project import Project


def above_target(project: Project, pool: Country, target: int) -> str | None:
    """What stays above a lower target; None where nothing does."""
    from ..operations.pools.staying import held_above

    held = held_above(project, pool, target)
    if held is None:
        return "no number is released: those above the target stay, and are paid for"
    if held.count == 0:
        return None
    n = counted(held.count, "ready number")
    return f"{n} above the target {_stay(held)}: {trim_command(pool, held.count)}"


def of_pool(project: Project, pool: Country) -> str:
    """What stays of a pool that is neither filled nor handed out from."""
    from ..operations.pools.staying import held

    found = held(project, pool=pool)
    if found is None:
        return "no number is released: they stay, and are neither handed out nor replaced"
    if found.count == 0:
        return "the pool has no numbers, and gets none"
    n = counted(found.count, "number")
    return f"no number is released: {n} of the pool {_stay(found)}; none is handed out or replaced"


def of_removed_pool(project: Project, pool: Country) -> str:
    """What stays of a pool that is no more."""
    from ..operations.pools.staying import held, held_above

    found, ready = held(project, pool=pool), held_above(project, pool, 0)
    if found is None or ready is None:
        return "no number was released: they stay in the account, and are paid for"
    if found.count == 0:
        return "the pool had no numbers"
    words = f"no number was released: {counted(found.count, 'number')} of the pool {_stay(found)}"
    if not ready.count:
        return words
    return f"{words}; to release those that are ready: {trim_command(pool, ready.count)}"


def of_country(project: Project, country: Country) -> str | None:
    """What stays in a country where nothing is bought any more; None where nothing does."""
    from ..operations.pools.staying import held

    found = held(project, country=country)
    if found is None or found.count == 0:
        return None
    n = counted(found.count, "number")
    return f"{n} there {_stay(found)}: kapso-twilio number list --country {country}"


def of_project(project: Project) -> str:
    """What stays of a project that is switched off."""
    from ..operations.pools.staying import held

    found = held(project)
    if found is None:
        return "no number was released"
    if found.count == 0:
        return "there are no numbers to pay for"
    return f"no number was released: {counted(found.count, 'number')} {_stay(found)}"


def trim_command(pool: Country, count: int) -> str:
    """The command that releases so many of a pool's surplus."""
    return f"kapso-twilio pool trim {pool} --confirm {pool}:{count}"


def _stay(held: Held) -> str:
    verb = "stays" if held.count == 1 else "stay"
    if not held.costs:
        return verb
    return f"{verb}, for {' and '.join(str(cost) for cost in held.costs)} a month"
