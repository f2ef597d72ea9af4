"""What the inventory tells: whether it can be believed, and what it has seen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from ...domain.country import Country
from ...domain.number import Number
from ...domain.standing import Footing, Standing, require_footing
from ...errors import KapsoTwilioError
from ...inventory.journal import SMS_BLANKED, SMS_MISSED
from ...inventory.runs import LastRun
from ...inventory.store import Identity, Session
from ...inventory.view import view_of
from ...project import Project
from ..safekeeping.check_inventory import cannot_be_believed
from ..verifying.code_ways import LATELY, sms_failed_lately
from .check import Check, failure, fine, judged, not_checked, warning

_OVERDUE = timedelta(hours=2)
"""Of a reconcile that cron runs every quarter of an hour."""
_STANDINGS = {
    Standing.UNPROVEN: "new: it is held against the account before the first purchase",
    Standing.HOME: "the project's numbers are kept here",
}
_NAMES = ("inventory.pinned", "inventory.standing", "codes", "reconcile")


class Seen(msgspec.Struct, frozen=True):
    """What the inventory says, at one moment."""

    identity: Identity
    problems: Sequence[str]
    footing: Footing
    last_reconcile: LastRun | None
    blanked_at: datetime | None
    """When an SMS came last without its code."""
    missed_in: tuple[str, ...]
    """Countries where none came, and a call did."""
    sms_failed_in: frozenset[Country]
    pointed: tuple[Number, ...]
    """The numbers that `webhook configure` pointed at a receiver."""


def look(project: Project) -> Seen:
    """Read what is looked at, from a copy. Raises where the inventory cannot be used."""
    now = project.now()
    with view_of(project.inventory_path) as view:
        session = view.session
        blanked = session.events.newest_of_kind(SMS_BLANKED, now - LATELY)
        missed = session.events.newest_of_kind(SMS_MISSED, now - LATELY)
        return Seen(
            identity=view.identity,
            problems=view.problems,
            footing=session.standing.now(),
            last_reconcile=session.runs.last("reconcile"),
            blanked_at=blanked[0].at if blanked else None,
            missed_in=tuple(dict.fromkeys(event.detail or "" for event in missed)),
            sms_failed_in=_sms_failed_in(project, session, now),
            pointed=tuple(session.stock.with_webhook_before()),
        )


def _sms_failed_in(project: Project, session: Session, now: datetime) -> frozenset[Country]:
    allowed = project.config.allowed_countries
    return frozenset(country for country in allowed if sms_failed_lately(session, country, now))


def inventory(project: Project, seen: Seen | KapsoTwilioError) -> list[Check]:
    """Whether it is sound, this account's, and may act; and what it has seen."""
    if isinstance(seen, KapsoTwilioError):
        why = "the inventory cannot be read"
        rest = [not_checked(name, why, seen.hint) for name in _NAMES]
        return [failure("inventory", seen), *rest]
    return [
        _integrity(project, seen),
        judged("inventory.pinned", lambda: _pinned(project, seen)),
        judged("inventory.standing", lambda: _standing(seen)),
        _codes(project, seen),
        _reconcile(project, seen.last_reconcile),
    ]


def _integrity(project: Project, seen: Seen) -> Check:
    if seen.problems:
        return failure("inventory", cannot_be_believed(project, list(seen.problems)))
    return fine("inventory", str(project.inventory_path))


def _pinned(project: Project, seen: Seen) -> Check:
    project.check_pinned(seen.identity, project.inventory_path)
    return fine("inventory.pinned", f"to account {seen.identity.account_sid}")


def _standing(seen: Seen) -> Check:
    require_footing(seen.footing)
    return fine("inventory.standing", _STANDINGS[seen.footing.standing])


def _codes(project: Project, seen: Seen) -> Check:
    by_voice = "by voice at once: kapso-twilio config set meta.code_method voice"
    if seen.blanked_at is not None and project.config.meta.code_method == "sms":
        told = f"an SMS came without its code (30038) on {seen.blanked_at:%Y-%m-%d}: calls bring it"
        return warning("codes", told, by_voice)
    late = [cc for cc in seen.missed_in if project.config.code_method_in(Country(cc)) == "sms"]
    if late:
        told = f"no SMS brought a code in {', '.join(late)}; calls did"
        return warning("codes", told, f"kapso-twilio country set {late[0]} --code-method voice")
    if seen.blanked_at is not None or seen.missed_in:
        return fine("codes", "SMS failed to bring some lately: calls are set to bring them now")
    return fine("codes", f"in {LATELY.days} days no SMS failed to bring its code")


def _reconcile(project: Project, last: LastRun | None) -> Check:
    run = "kapso-twilio cron install; by hand: kapso-twilio reconcile"
    if last is None:
        return warning("reconcile", "it has never run", run)
    if last.last_success_at is None or project.now() - last.last_success_at > _OVERDUE:
        since = last.last_success_at
        told = f"it last succeeded on {since:%Y-%m-%d %H:%M} UTC" if since else "it never succeeded"
        return warning("reconcile", f"{told}{_ending(last)}", run)
    minutes = (project.now() - last.last_success_at).total_seconds() // 60
    told = f"succeeded {minutes:.0f} min ago{_ending(last)}"
    if last.exit_code:
        return warning("reconcile", told, "kapso-twilio status")
    return fine("reconcile", told)


def _ending(last: LastRun) -> str:
    if last.finished_at is None:
        return f"; the run of {last.started_at:%Y-%m-%d %H:%M} UTC has not ended"
    return f"; the last run ended with exit code {last.exit_code}" if last.exit_code else ""
