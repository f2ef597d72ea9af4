"""Remove a project from this host: its file and its secrets. Its inventory is put away.

Nothing is released: what the project owns stays in the Twilio account, and is paid for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import msgspec

from ...config import files, locations
from ...config.secrets import SecretName, SourceKind
from ...domain.counted import counted
from ...domain.lifecycle import NumberState
from ...domain.standing import Standing
from ...errors import StateError
from ...inventory.listing import Filter
from ...inventory.removal import put_away, traces_of
from ...inventory.store import Session
from ...places import is_there
from ...project import Project
from ..lock import Patience, mass_work


class Removal(msgspec.Struct, frozen=True):
    """What a removal takes away, and what stays."""

    numbers: int
    """They stay in the Twilio account."""
    monthly_cost: Decimal
    secrets: tuple[SecretName, ...]
    put_away: Path | None
    """Where the inventory is kept; None where the project never had one."""


def remove_project(
    project: Project, approve: Callable[[Removal], bool], patience: Patience
) -> Removal:
    """Remove the project, once `approve` lets pass what that means.

    Raises StateError while something is under way or in use, or the inventory cannot tell; then
    nothing was removed. What is killed, or fails half way, is finished by doing it again: the
    secrets go first, then the inventory is put away, then the project file goes.
    """
    with _alone(project, patience):
        removal = plan_removal(project)
        approve(removal)
        with _barred(project, removal):
            for name in SecretName:
                project.secrets.clear(name)
            if removal.put_away is not None:
                put_away(project.inventory_path, removal.put_away)
        files.remove(project.path)
    return removal


def plan_removal(project: Project) -> Removal:
    """What `remove_project` would do; StateError where it may not. Changes nothing."""
    secrets = tuple(name for name in SecretName if _is_stored(project, name))
    if not _has_inventory(project):
        return Removal(0, Decimal(0), secrets, None)
    now = project.now()
    with project.inventory.read() as session:
        _refuse_while_in_use(project, session)
        spending = session.purchases.spending(project.run_id, now)
    place = locations.removed_dir() / f"{project.name}-{now:%Y%m%dT%H%M%S}.{now:%f}Z"
    return Removal(spending.numbers, spending.monthly_cost, secrets, place)


@contextmanager
def _alone(project: Project, patience: Patience) -> Iterator[None]:
    if not _has_inventory(project):
        yield  # no mass work is possible either
        return
    with mass_work(project, "project remove", patience):
        yield


def _has_inventory(project: Project) -> bool:
    """Whether it has one; StateError where it had one, which is not there any more."""
    path = project.inventory_path
    if is_there(path):
        return True
    traces = traces_of(path)
    if traces:
        raise StateError(
            f"the inventory of project {project.name} is lost: what the project owns is not known",
            reason=f"there is no {path}, and it had one: {traces[0]} is there",
            hint="bring it back, then remove the project: kapso-twilio inventory restore PATH",
        )
    return False


def _is_stored(project: Project, name: SecretName) -> bool:
    ours = (SourceKind.KEYRING, SourceKind.FILE)
    return any(one.holds for one in project.secrets.sources(name) if one.kind in ours)


@contextmanager
def _barred(project: Project, removal: Removal) -> Iterator[None]:
    """Nobody who has the inventory open buys or hands out any more, unless the block fails."""
    if removal.put_away is None:
        yield
        return
    now = project.now()
    with project.inventory.write() as tx:
        _refuse_while_in_use(project, tx)  # again: nobody can come between from here on
        before = tx.standing.now()
        reason = f"project {project.name} was removed from this host on {now:%Y-%m-%d}"
        tx.standing.become(Standing.SUPERSEDED, now, reason=reason)
    try:
        yield
    except BaseException:
        with project.inventory.write() as tx:
            tx.standing.become(before.standing, project.now(), reason=before.reason)
        raise
    project.inventory.close()


def _refuse_while_in_use(project: Project, session: Session) -> None:
    listed = session.listed(Filter())
    connected = sum(one.number.state is NumberState.CONNECTED for one in listed)
    held = sum(
        one.number.state is not NumberState.CONNECTED and one.reservation is not None
        for one in listed
    )
    releases = sum(one.number.facts.release_requested_at is not None for one in listed)
    pointed = sum(one.number.facts.webhook_before is not None for one in listed)
    called = len(session.stock.with_voice_before())
    unresolved = len(session.purchases.unresolved())
    reasons = (
        (held, "reserved number", "kapso-twilio reservation list"),
        (connected, "connected number", "kapso-twilio number list --state connected"),
        (unresolved, "unresolved purchase", "kapso-twilio reconcile --no-fill"),
        (releases, "unfinished release", "kapso-twilio status"),
        (
            pointed,
            "changed SmsUrl",
            "kapso-twilio webhook restore --all",
        ),
        (called, "changed VoiceUrl", "kapso-twilio reconcile --no-fill"),
    )
    found = [(counted(count, what), command) for count, what, command in reasons if count]
    if found:
        raise StateError(
            f"project {project.name} cannot be removed: it is in use",
            reason=", ".join(words for words, _ in found),
            hint="; ".join(command for _, command in found),
        )
