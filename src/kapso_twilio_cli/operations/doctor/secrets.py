"""How each secret is found, and never what it is."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ...config.secrets import SecretName
from ...errors import CredentialsError
from ...project import Project
from .check import Check, failure, fine

_WITHOUT = {
    SecretName.API_KEY_SECRET: "not set: the auth token is used",
    SecretName.META_TOKEN: "not set: only pools need it",
    SecretName.META_APP_SECRET: "not set: Meta asks for it only where the app says so",
    SecretName.KAPSO_API_KEY: "not set",
    SecretName.KAPSO_WEBHOOK_SECRET: "not set: webhook register makes it",
}


def secrets(project: Project) -> Iterator[Check]:
    """A check for each secret there is."""
    for name in SecretName:
        yield _of(project, name)


def needs_meta(project: Project) -> bool:
    """Whether the project verifies numbers at Meta by its own token."""
    config = project.config
    return config.meta.credentials == "kapso-managed" and bool(config.pools)


def _of(project: Project, name: SecretName) -> Check:
    label = f"secret.{name}"
    try:
        return _found(project, name, label)
    except CredentialsError as error:
        error.hint = error.hint or "mend that source or take it away: kapso-twilio auth status"
        return failure(label, error)


def _found(project: Project, name: SecretName, label: str) -> Check:
    """Raises CredentialsError where a source is broken, or what must be there is not."""
    if name is SecretName.API_KEY_SECRET:
        project.secrets.api_key_secret(project.config.twilio.api_key_sid)  # both halves, or none
    if project.secrets.find(name) is not None:
        return fine(label, _places(project, name))
    if name is SecretName.AUTH_TOKEN:
        raise _missing(project, name)
    if name is SecretName.META_TOKEN and needs_meta(project):
        raise _missing(project, name)
    return fine(label, _WITHOUT[name])


def _missing(project: Project, name: SecretName) -> CredentialsError:
    """Also where Twilio's own variable is there: who set it believes that it counts."""
    twilios = "TWILIO_AUTH_TOKEN"
    ignored = name is SecretName.AUTH_TOKEN and twilios in os.environ
    return CredentialsError(
        f"the project {project.name} has no {name}",
        reason=f"{twilios} is set, and not read" if ignored else project.secrets.keyring_problem,
        hint=f"kapso-twilio auth set {name}",
    )


def _places(project: Project, name: SecretName) -> str:
    holding = [state.place for state in project.secrets.sources(name) if state.holds]
    first, *others = holding
    return f"{first} (also set, and not used: {', '.join(others)})" if others else first
