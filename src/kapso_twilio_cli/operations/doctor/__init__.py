"""Check everything that can be checked without spending or changing anything.

Works with half a configuration, and with none: what cannot be looked at is told, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ...config.locations import data_dir
from ...errors import CredentialsError, KapsoTwilioError
from ...project import Project
from .check import (
    Check,
    Severity,
    cannot_look,
    failure,
    fine,
    first_error,
    first_line,
    judged,
    not_checked,
    warning,
)
from .files import config_folder, data, of_inventory, project_file
from .machine import machine
from .secrets import secrets

if TYPE_CHECKING:
    from .stock import Seen

__all__ = ["Check", "Severity", "doctor", "first_error", "first_line"]

_OF_A_PROJECT = ("inventory", "secrets", "twilio", "countries", "meta", "kapso", "receiver", "lock")


def doctor(locate: Callable[[], Project]) -> list[Check]:
    """Every check, in order; `locate` raises where it cannot be told which project is meant."""
    checks = [*machine(), *config_folder()]
    try:
        project = locate()
    except KapsoTwilioError as error:
        why = first_line(error.message)
        rest = [not_checked(name, why, error.hint) for name in _OF_A_PROJECT]
        return [*checks, failure("project", error), *data(data_dir()), *rest]
    return [*checks, _project(project), *_of_project(project)]


def _project(project: Project) -> Check:
    told = project_file(project.path)
    if told is not None:
        return told
    where = f"{project.name}, {project.path}"
    why_not = project.why_not_enabled()
    if why_not is not None:
        return warning("project", f"{where}: {why_not}", project.what_enables())
    return fine("project", f"{where}, enabled on the {project.config.plan} plan")


def _of_project(project: Project) -> Iterator[Check]:
    from .stock import inventory, look
    from .traffic import lock, receiver

    yield from of_inventory(project.inventory_path)
    seen: Seen | KapsoTwilioError
    try:
        seen = look(project)
    except KapsoTwilioError as error:
        seen = error
    except OSError as error:
        seen = cannot_look(error)
    yield from inventory(project, seen)
    yield from secrets(project)
    yield from _vendors(project, None if isinstance(seen, KapsoTwilioError) else seen)
    yield receiver(project, () if isinstance(seen, KapsoTwilioError) else seen.pointed)
    yield lock(project)


def _vendors(project: Project, seen: Seen | None) -> Iterator[Check]:
    """Everything that is asked over the network."""
    from .vendors import clock, visits

    try:
        addresses = project.endpoints
    except KapsoTwilioError as error:
        yield failure("vendors", error)
        for name in ("clock", "twilio", "countries", "meta", "kapso", "webhooks"):
            yield not_checked(name, "where the vendors are is not known", error.hint)
        return
    yield fine("vendors", "stand-ins" if addresses.stand_ins else "the real ones")
    made = visits(project)
    yield clock(made)
    token, key, *others = made
    yield from token.checks
    yield from key.checks
    used = token if project.config.twilio.api_key_sid is None else key
    yield from _at_twilio(project, seen, used.checks[0])
    for visit in others:
        yield from visit.checks


def _at_twilio(project: Project, seen: Seen | None, used: Check) -> list[Check]:
    """What is asked with the credentials that every command uses."""
    from .countries import countries
    from .traffic import webhooks
    from .vendors import not_asked

    names = ("countries", "webhooks")
    if not used.ok:
        return [not_asked(name, used) for name in names]
    try:
        _ = project.twilio  # made before threads share it
    except CredentialsError as error:
        return [not_checked(name, error.message, error.hint) for name in names]
    if seen is None:
        why, hint = "the inventory cannot be read", "kapso-twilio inventory check"
        return [*countries(project, ()), not_checked("webhooks", why, hint)]
    with ThreadPoolExecutor(1, thread_name_prefix="webhooks") as worker:
        listed = worker.submit(judged, "webhooks", lambda: webhooks(project, seen.pointed))
        return [*countries(project, seen.sms_failed_in), listed.result()]
