"""Whether numbers may be bought here: not beside numbers that the inventory has forgotten.

A purchase that was forgotten would be made again.
"""

from __future__ import annotations

from ...domain.standing import Standing, require_footing
from ...errors import StateError
from ...project import Project
from .account_check import refuse_wrong_home
from .survey import survey


def require_home(project: Project) -> None:
    """Raise StateError where this inventory may not buy; a new one is held against the account."""
    footing = project.inventory.footing()
    require_footing(footing)
    if footing.standing is Standing.UNPROVEN:
        require_known(project)


def require_known(project: Project) -> None:
    """Raise StateError where the account holds numbers of the project that are not recorded."""
    seen = survey(project)
    refuse_wrong_home(project, seen)
    if seen.unknown:
        raise StateError(
            f"the account holds numbers of project {project.name} that the inventory does not know",
            reason=f"{seen.unknown} with its label: they would be bought again",
            hint="kapso-twilio reconcile takes them in",
        )
