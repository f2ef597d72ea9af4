"""The steps of `configure`: find the file, draft it, check the credentials, write.

Everything is drafted and checked before the first byte is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from ..domain.project_name import parse_project_name
from ..errors import ConfigError, CredentialsError, UsageError
from ..places import is_there
from .asking import ask

if TYPE_CHECKING:
    from ..config.editing import Draft
    from ..config.model import ProjectConfig
    from ..config.secrets import Secret, SecretName, Secrets
    from .command import Invocation


class Target(msgspec.Struct, frozen=True):
    """The project that is set up; `config` is None while its file is not there."""

    name: str
    path: Path
    config: ProjectConfig | None

    @property
    def now(self) -> dict[str, str]:
        """The settings that stand, as on the command line."""
        if self.config is None:
            return {}
        config = self.config
        return {
            "twilio.account_sid": config.twilio.account_sid,
            "twilio.api_key_sid": config.twilio.api_key_sid or "",
            "plan": config.plan.value,
            "custom_twilio_addon": str(config.custom_twilio_addon).lower(),
            "allowed_countries": ",".join(config.allowed_countries),
            "default_country": config.default_country or "",
            "meta.business_id": config.meta.business_id or "",
            "enabled": str(config.enabled).lower(),
        }


def find_target(inv: Invocation, name: str | None) -> Target:
    """The file that is meant, there or not; asks for a name where none can be told."""
    from ..config.loading import load
    from ..config.locations import named_project_file

    if name and inv.project_name and name != inv.project_name:
        raise UsageError(f"two projects are named: {name} and {inv.project_name}")
    name = name or inv.project_name
    if name is not None:
        parse_project_name(name)
    path = inv.config_path or (named_project_file(name) if name else _only_file())
    if path is not None and is_there(path, ConfigError):
        config = load(path, name=name)
        other = " (another project: kapso-twilio configure NAME)"
        is_found = inv.interactive and name is None
        inv.note(f"changing project {config.project}: {path}{other * is_found}")
        return Target(config.project, path, config)
    if name is None:
        name = _ask_name(inv)
    return Target(name, path or named_project_file(name), None)


def drafted(target: Target, settings: Mapping[str, str]) -> Draft:
    """The project file as it will be; in one that is there, only what differs is changed."""
    from ..config.editing import draft_changes, draft_new
    from ..config.keys import value_from_text

    now = target.now
    changes = [
        value_from_text(key, words) for key, words in settings.items() if words != now.get(key)
    ]
    if target.config is not None:
        return draft_changes(target.path, changes, name=target.name)
    raw: dict[str, Any] = {"project": target.name}
    for (*tables, name), value in changes:
        table = raw
        for word in tables:
            table = table.setdefault(word, {})
        table[name] = value
    _refuse_other_default(raw)
    return draft_new(target.path, raw, name=target.name)


class Credentials(msgspec.Struct, frozen=True):
    """A project's secrets while it is set up: what the sources hold, and what was just given."""

    inv: Invocation
    config: ProjectConfig
    stored: Secrets
    given: dict[SecretName, Secret]

    def collect(self, *, is_other_login: bool) -> None:
        """Find or ask for each secret that is needed, and check it with its vendor.

        `is_other_login`: the account or its API key is new, so that Twilio must be asked.
        """
        from ..config.secrets import SecretName

        self._settle(SecretName.AUTH_TOKEN, "Twilio auth token", is_needed=is_other_login)
        if self.config.twilio.api_key_sid is not None:
            self._settle(
                SecretName.API_KEY_SECRET, "Twilio API key secret", is_needed=is_other_login
            )
        if self.config.meta.business_id is not None:
            self._settle(
                SecretName.META_TOKEN, "Meta system user token (empty for later)", is_needed=False
            )

    def find(self, name: SecretName) -> Secret | None:
        """What was given, else what a source holds."""
        if name in self.given:
            return self.given[name]
        found = self.stored.find(name)
        return found.secret if found else None

    def _settle(self, name: SecretName, question: str, *, is_needed: bool) -> None:
        from .wizard import ask_until_taken

        def check(secret: Secret) -> None:
            self._check(name, secret)

        held = self.find(name)
        if held is not None:
            check(held)
        elif self.inv.interactive:
            answer = ask_until_taken(name, question, check, is_needed=is_needed)
            self.given.update({name: answer} if answer else {})
        elif is_needed:
            raise _missing(name)

    def _check(self, name: SecretName, secret: Secret) -> None:
        from ..operations.secrets.check_secret import check_secret
        from ..project import endpoints_of

        endpoints = endpoints_of(self.config.project)
        try:
            check_secret(name, secret, self.config, self.find, endpoints)
        except CredentialsError as error:
            is_lacking = name == "api_key_secret" and self.find(name.AUTH_TOKEN) is None
            hint = error.hint if is_lacking else _CHECK_AGAIN[name]
            raise CredentialsError(error.message, reason=error.reason, hint=hint) from None


_CHECK_AGAIN = {
    "auth_token": "check the SID and the token, and run configure again",
    "api_key_secret": "check the API key's SID and secret, and run configure again",
    "meta_token": "check the portfolio's ID and the token, and run configure again",
}


def _missing(name: SecretName) -> CredentialsError:
    if name == "auth_token":
        other = ", or pipe it in with --auth-token-stdin"
    else:
        other = (
            "; or leave --api-key-sid out, and afterwards run: "
            "kapso-twilio auth set api_key_secret --api-key-sid SK…"
        )
    return CredentialsError(
        f"the {name} is needed, to check it with Twilio",
        reason="no source holds it, and there is no terminal to ask on",
        hint=f"set {name.variable} or {name.variable}_FILE{other}",
    )


def _only_file() -> Path | None:
    from ..config.locations import find_project_file

    try:
        return find_project_file(name=None, config_path=None)
    except ConfigError:
        return None


def _ask_name(inv: Invocation) -> str:
    if not inv.interactive:
        raise UsageError(
            "a new project needs a name",
            reason="there is no terminal to ask on",
            hint="kapso-twilio configure NAME ...",
        )
    while True:
        try:
            return parse_project_name(ask("Name of the project (such as acme)"))
        except UsageError as error:
            typer.echo(error.reason, err=True)


def _refuse_other_default(raw: Mapping[str, Any]) -> None:
    default = raw.get("default_country")
    if default is not None and default not in raw.get("allowed_countries", []):
        raise UsageError(
            f"the default country {default} is not among the allowed ones",
            hint=f"add --country {default}",
        )
