"""Have Kapso send the project's events to the receiver.

The secret is stored before Kapso is told of it: broken off anywhere, the same again ends it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec

from ...config.secret import Secret, SecretName
from ...config.secrets import SourceKind, Stored
from ...domain.kapso_event import EventName
from ...domain.public_url import KAPSO_PATH, PublicUrl
from ...project import Project
from ..setup_links.link_asking import require_kapso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...gateways.kapso_platform import KapsoWebhook

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
    others: tuple[str, ...] = ()
    """Other receivers' addresses at Kapso, which are left as they are."""


def register(project: Project, public_url: PublicUrl, where: SourceKind | None) -> Registered:
    """Make the project's webhook, or update it; doing it again changes nothing."""
    kapso = require_kapso(project)
    url = public_url.kapso_url
    has_secret = project.secrets.find(SecretName.KAPSO_WEBHOOK_SECRET) is not None
    receivers = [one for one in kapso.webhooks() if one.url.endswith(KAPSO_PATH)]
    known = _ours(receivers, url, was_registered=has_secret)
    others = tuple(one.url for one in receivers if one != known)
    if project.is_rehearsal:
        id_ = known.webhook_id if known else None
        return Registered(id_, url, is_new=known is None, others=others)
    secret, stored = _secret(project, where)
    if known is None:
        made = kapso.create_webhook(url, EVENTS, secret.reveal())
        return Registered(made.webhook_id, url, is_new=True, stored=stored, others=others)
    kapso.update_webhook(known.webhook_id, url, EVENTS, secret.reveal())
    return Registered(known.webhook_id, url, is_new=False, stored=stored, others=others)


def _ours(
    receivers: Sequence[KapsoWebhook], url: str, *, was_registered: bool
) -> KapsoWebhook | None:
    """The webhook at this address; else the one receiver's that there is, if it was made from here.

    Another host's receiver may be another project's, as in staging: only a secret that is here says
    that it is not.
    """
    exact = next((one for one in receivers if one.url == url), None)
    if exact is not None or not was_registered or len(receivers) != 1:
        return exact
    return receivers[0]


def _secret(project: Project, where: SourceKind | None) -> tuple[Secret, Stored | None]:
    found = project.secrets.find(SecretName.KAPSO_WEBHOOK_SECRET)
    if found is not None:
        return found.secret, None
    secret = Secret(secrets.token_hex(_SECRET_BYTES))
    return secret, project.secrets.store(SecretName.KAPSO_WEBHOOK_SECRET, secret, where)
