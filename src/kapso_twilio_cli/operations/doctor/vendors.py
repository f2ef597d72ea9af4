"""Twilio, Meta and Kapso: whether each takes what the project shows it. Side by side, by GETs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from ...config.secrets import SecretName
from ...errors import ConfigError, CredentialsError, KapsoTwilioError, StateError, VendorUnavailable
from ...project import Project
from .check import Check, caution, failure, fine, judged, not_checked, warning
from .secrets import needs_meta

if TYPE_CHECKING:
    from ...config.model import MetaSettings
    from ...gateways.kapso_platform import KapsoPlatform
    from ...gateways.meta_preverified import MetaPreverified
    from ...gateways.twilio_client import TwilioClient

_SKEW = timedelta(seconds=30)
_BROKEN_CLOCK = timedelta(hours=1)
"""Reservations and verifications end by this host's clock, hours before it is too late."""

_BALANCE = "twilio.balance"


class Visit(msgspec.Struct, frozen=True):
    """What a vendor said, and how far its clock is ahead, as far as it answered."""

    vendor: str
    checks: list[Check]
    """The first says whether it took the credentials."""
    ahead: timedelta | None = None


def visits(project: Project) -> list[Visit]:
    """Visit all of them at once. The secrets have been looked for before."""
    with ThreadPoolExecutor(4, thread_name_prefix="visit") as workers:
        asked = [workers.submit(visit, project) for visit in (_token, _key, _meta, _kapso)]
        return [one.result() for one in asked]


def not_asked(name: str, credentials: Check) -> Check:
    """What Twilio was not asked, as it takes the credentials not, or not now."""
    if isinstance(credentials.error, VendorUnavailable):
        return warning(name, f"not asked, as {credentials.error.message}", credentials.hint)
    if credentials.error is not None:
        return not_checked(name, "Twilio did not take the credentials", credentials.hint)
    return warning(name, credentials.message, credentials.hint)  # there are none


def clock(made: list[Visit]) -> Check:
    """This host's clock, held against the `Date` of the vendors' answers (RFC 9110, 6.6.1)."""
    known = {visit.vendor: visit.ahead for visit in made if visit.ahead is not None}
    if not known:
        return not_checked("clock", "no vendor was asked, or answered", "timedatectl status")
    vendor, ahead = max(known.items(), key=lambda one: abs(one[1]))
    if abs(ahead) <= _SKEW:
        return fine("clock", f"agrees with that of {', '.join(known)}")
    side = "behind" if ahead > timedelta(0) else "ahead of"
    message = f"this host's clock is {abs(ahead.total_seconds()):.0f} s {side} {vendor}'s"
    hint = "set it by the network: timedatectl set-ntp true"
    if abs(ahead) <= _BROKEN_CLOCK:
        return warning("clock", message, hint)
    reason = "reservations and verifications would end at the wrong time"
    return failure("clock", StateError(message, reason=reason, hint=hint))


def _token(project: Project) -> Visit:
    """The auth token alone, and what is left on its account."""
    name = "twilio.auth_token"
    try:
        client = _twilio(project, project.config.twilio.account_sid, SecretName.AUTH_TOKEN)
    except CredentialsError as error:
        check = _no_secret(name, error, SecretName.AUTH_TOKEN)
        return Visit("Twilio", [check, not_asked(_BALANCE, check)])
    with closing(client):
        check = _taken(name, client)
        balance = _balance(client) if check.ok else not_asked(_BALANCE, check)
        return Visit("Twilio", [check, balance], client.clock.ahead)


def _key(project: Project) -> Visit:
    """The API key alone, where the project uses one."""
    name, sid = "twilio.api_key", project.config.twilio.api_key_sid
    if sid is None:
        return Visit("Twilio", [fine(name, "none is used: the auth token is")])
    try:
        client = _twilio(project, sid, SecretName.API_KEY_SECRET)
    except CredentialsError as error:
        return Visit("Twilio", [_no_secret(name, error, SecretName.API_KEY_SECRET)])
    with closing(client):
        check = _taken(name, client)
        if check.error is not None and check.hint is not None:
            hint = check.hint.replace("auth set auth_token", "auth set api_key_secret")
            check.error.hint = hint
            check = failure(name, check.error)
        return Visit("Twilio", [check], client.clock.ahead)


def _twilio(project: Project, username: str, secret: SecretName) -> TwilioClient:
    """A client of these credentials alone; CredentialsError where there is no secret."""
    from ...gateways.twilio_client import TwilioAccount, TwilioClient

    password = project.secrets.require(secret).reveal()
    return TwilioClient(
        TwilioAccount(project.config.twilio.account_sid, username, password),
        base_url=project.endpoints.twilio_url,
        connections=1,
        timeout_seconds=project.endpoints.timeout_seconds,
    )


def _taken(name: str, client: TwilioClient) -> Check:
    from ...gateways.twilio_numbers import TwilioNumbers

    def look() -> Check:
        TwilioNumbers(client).check_credentials()
        return fine(name, f"taken, for account {client.account_sid}")

    return judged(name, look)


def _no_secret(name: str, error: CredentialsError, secret: SecretName) -> Check:
    return not_checked(name, error.message, f"kapso-twilio auth set {secret}")


def _balance(client: TwilioClient) -> Check:
    """Whatever is wrong with it is a warning: a purchase may go through all the same."""
    from ...gateways.twilio_balance import TwilioBalance

    name, console = _BALANCE, "see Billing in the Twilio console"
    try:
        left = TwilioBalance(client).now()
    except KapsoTwilioError as error:
        return caution(name, error)
    if left is None:
        return warning(name, "not readable; a subaccount has none of its own", console)
    if left.amount <= 0:
        return warning(name, f"{left}: Twilio may sell nothing", f"top it up: {console}")
    return fine(name, str(left))


def _meta(project: Project) -> Visit:
    name, settings = "meta.portfolio", project.config.meta
    if settings.credentials == "custom":
        return Visit("Meta", [fine(name, "custom credentials: no pools, and nothing to ask")])
    if settings.business_id is None and not needs_meta(project):
        return Visit("Meta", [fine(name, "meta.business_id is not set: only pools need it")])
    try:
        meta = project.meta
    except CredentialsError as error:
        return Visit("Meta", [_no_secret(name, error, SecretName.META_TOKEN)])
    except ConfigError as error:
        return Visit("Meta", [failure(name, error)])
    return Visit("Meta", [judged(name, lambda: _portfolio(name, meta, settings))], meta.clock.ahead)


def _portfolio(name: str, meta: MetaPreverified, settings: MetaSettings) -> Check:
    meta.check_portfolio()
    return fine(name, f"the token may manage the numbers of {settings.business_id}")


def _kapso(project: Project) -> Visit:
    name = "kapso.api_key"
    try:
        kapso = project.kapso
    except CredentialsError as error:
        return Visit("Kapso", [_no_secret(name, error, SecretName.KAPSO_API_KEY)])
    if kapso is None:
        why = "there is no kapso_api_key, so removals are seen only where they are recorded"
        return Visit("Kapso", [not_checked(name, why, "kapso-twilio auth set kapso_api_key")])
    return Visit("Kapso", [judged(name, lambda: _project_key(name, kapso))], kapso.clock.ahead)


def _project_key(name: str, kapso: KapsoPlatform) -> Check:
    next(kapso.connected_numbers(), None)
    return fine(name, "taken")
