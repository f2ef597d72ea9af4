"""Which vendor is asked about which secret, before it is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...config.secret import Secret, SecretName
from ...errors import CredentialsError

if TYPE_CHECKING:
    from ...config.locations import Endpoints
    from ...config.model import ProjectConfig

Known = Callable[[SecretName], Secret | None]
"""What is known of the project's other secrets."""


def check_secret(
    name: SecretName, secret: Secret, config: ProjectConfig, known: Known, endpoints: Endpoints
) -> str | None:
    """Ask the vendor about the secret; None when it was taken, else why nobody could be asked.

    Raises CredentialsError when the vendor rejects it, VendorUnavailable when it does not answer.
    """
    match name:
        case SecretName.AUTH_TOKEN | SecretName.API_KEY_SECRET:
            _check_twilio(name, secret, config, known, endpoints)
            return None
        case SecretName.META_TOKEN | SecretName.META_APP_SECRET:
            return _check_meta(name, secret, config, known, endpoints)
        case SecretName.KAPSO_API_KEY:
            from .credentials import check_kapso_credentials

            check_kapso_credentials(secret.reveal(), endpoints)
            return None
        case SecretName.KAPSO_WEBHOOK_SECRET:
            return "a webhook secret is used on arrival; no vendor can be asked about it"


def _check_twilio(
    name: SecretName, secret: Secret, config: ProjectConfig, known: Known, endpoints: Endpoints
) -> None:
    from .credentials import TwilioCredentials, check_twilio_credentials

    account_sid = config.twilio.account_sid
    if name is SecretName.AUTH_TOKEN:
        check_twilio_credentials(TwilioCredentials(account_sid, secret.reveal()), endpoints)
        return
    auth_token = known(SecretName.AUTH_TOKEN)
    if auth_token is None:
        raise CredentialsError(
            "the auth_token is needed too",
            reason="Twilio signs its webhooks with it, even beside an API key",
            hint="kapso-twilio auth set auth_token",
        )
    credentials = TwilioCredentials(
        account_sid, auth_token.reveal(), config.twilio.api_key_sid, secret.reveal()
    )
    check_twilio_credentials(credentials, endpoints)


def _check_meta(
    name: SecretName, secret: Secret, config: ProjectConfig, known: Known, endpoints: Endpoints
) -> str | None:
    from .credentials import check_meta_credentials

    meta = config.meta
    if meta.business_id is None:
        return "meta.business_id is not set: kapso-twilio config set meta.business_id ID"
    given = {name: secret}
    for other in (SecretName.META_TOKEN, SecretName.META_APP_SECRET):
        found = None if other in given else known(other)
        if found is not None:
            given[other] = found
    if SecretName.META_TOKEN not in given:
        return "there is no meta_token to use it with: kapso-twilio auth set meta_token"
    app_secret = given.get(SecretName.META_APP_SECRET)
    check_meta_credentials(
        meta.business_id,
        given[SecretName.META_TOKEN].reveal(),
        endpoints,
        app_secret=app_secret.reveal() if app_secret else None,
        api_version=meta.api_version,
    )
    return None
