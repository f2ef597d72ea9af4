"""Have Kapso send the project's events to the receiver.

The secret is stored before Kapso is told of it: broken off anywhere, the same again ends it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec

from ..config.secret import Secret, SecretName
from ..config.secrets import SourceKind, Stored
from ..domain.kapso_event import EventName
from ..domain.public_url import KAPSO_PATH, PublicUrl
from ..project import Project
from .setup_link import require_kapso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..gateways.kapso_platform import KapsoWebhook

EVENTS = [name.value for name in EventName]
_SECRET_BYTES = 32


class Registered(msgspec.Struct, frozen=True):
    """The project's webhook as it is now."""

    webhook_id: str | None
    """None in a rehearsal that would make it."""
    url: str
    is_new: bool
    stored: Stored | None = None
    """Where a new secret was put; None where there was one."""


def register(project: Project, public_url: PublicUrl, where: SourceKind | None) -> Registered:
    """Make the project's webhook, or update it; doing it again changes nothing."""
    kapso = require_kapso(project)
    url = public_url.kapso_url
    known = _ours(kapso.webhooks(), url)
    if project.is_rehearsal:
        return Registered(known.webhook_id if known else None, url, is_new=known is None)
    secret, stored = _secret(project, where)
    if known is None:
        made = kapso.create_webhook(url, EVENTS, secret.reveal())
        return Registered(made.webhook_id, url, is_new=True, stored=stored)
    kapso.update_webhook(known.webhook_id, url, EVENTS, secret.reveal())
    return Registered(known.webhook_id, url, is_new=False, stored=stored)


def _ours(found: Sequence[KapsoWebhook], url: str) -> KapsoWebhook | None:
    """The webhook at this address, else the one at another address of a receiver's."""
    exact = [one for one in found if one.url == url]
    receivers = [one for one in found if one.url.endswith(KAPSO_PATH)]
    return next(iter([*exact, *receivers]), None)


def _secret(project: Project, where: SourceKind | None) -> tuple[Secret, Stored | None]:
    found = project.secrets.find(SecretName.KAPSO_WEBHOOK_SECRET)
    if found is not None:
        return found.secret, None
    secret = Secret(secrets.token_hex(_SECRET_BYTES))
    return secret, project.secrets.store(SecretName.KAPSO_WEBHOOK_SECRET, secret, where)
