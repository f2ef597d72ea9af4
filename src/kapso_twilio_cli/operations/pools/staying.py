"""What stays in the account, and is paid for, when a setting would use fewer numbers."""

from __future__ import annotations

from ...domain.country import Country
from ...errors import KapsoTwilioError
from ...inventory.stock import Held, held_by
from ...project import Project
from .trim import surplus_over


def held(
    project: Project, *, pool: Country | None = None, country: Country | None = None
) -> Held | None:
    """What the project holds: of a pool, of a country, or in all; None where it cannot be known."""
    try:
        with project.inventory.read() as session:
            return session.stock.held(pool=pool, country=country)
    except KapsoTwilioError:
        return None  # settings can be changed without an inventory


def held_above(project: Project, pool: Country, target: int) -> Held | None:
    """The pool's ready numbers above `target`; None where it cannot be known."""
    try:
        with project.inventory.read() as session:
            return held_by(surplus_over(project, session, pool, target))
    except KapsoTwilioError:
        return None
