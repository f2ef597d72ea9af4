"""Ask each vendor whether it takes the credentials, without changing or spending anything."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...config.locations import Endpoints
from ...errors import CredentialsError


@dataclass(frozen=True)
class TwilioCredentials:
    """What a project authenticates with at Twilio."""

    account_sid: str
    auth_token: str = field(repr=False)
    api_key_sid: str | None = None
    api_key_secret: str | None = field(repr=False, default=None)


def check_twilio_credentials(credentials: TwilioCredentials, endpoints: Endpoints) -> None:
    """Raise CredentialsError unless Twilio takes the auth token, and the API key where given."""
    _check_twilio(
        credentials.account_sid, credentials.account_sid, credentials.auth_token, endpoints
    )
    if credentials.api_key_sid is None and credentials.api_key_secret is None:
        return
    if credentials.api_key_sid is None or credentials.api_key_secret is None:
        raise CredentialsError(
            "half an API key pair cannot be used",
            reason="an API key is a SID (SK…) and a secret",
            hint="kapso-twilio auth set api_key_secret --api-key-sid SK…",
        )
    _check_twilio(
        credentials.account_sid, credentials.api_key_sid, credentials.api_key_secret, endpoints
    )


def check_meta_credentials(
    business_id: str,
    token: str,
    endpoints: Endpoints,
    *,
    app_secret: str | None = None,
    api_version: str = "v25.0",
) -> None:
    """Raise CredentialsError unless the token may manage the portfolio's numbers."""
    from ...gateways.meta_client import MetaClient, MetaPortfolio
    from ...gateways.meta_preverified import MetaPreverified

    portfolio = MetaPortfolio(business_id, api_version, token, app_secret)
    client = MetaClient(
        portfolio,
        base_url=endpoints.meta_url,
        connections=1,
        timeout_seconds=endpoints.timeout_seconds,
    )
    try:
        MetaPreverified(client).check_portfolio()
    finally:
        client.close()


def check_kapso_credentials(api_key: str, endpoints: Endpoints) -> None:
    """Raise CredentialsError unless Kapso takes the key."""
    from ...gateways.kapso_platform import KapsoPlatform

    kapso = KapsoPlatform(
        api_key, base_url=endpoints.kapso_url, timeout_seconds=endpoints.timeout_seconds
    )
    try:
        next(kapso.connected_numbers(), None)
    finally:
        kapso.close()


def _check_twilio(account_sid: str, username: str, password: str, endpoints: Endpoints) -> None:
    from ...gateways.twilio_client import TwilioAccount, TwilioClient
    from ...gateways.twilio_numbers import TwilioNumbers

    account = TwilioAccount(account_sid, username, password)
    client = TwilioClient(
        account,
        base_url=endpoints.twilio_url,
        connections=1,
        timeout_seconds=endpoints.timeout_seconds,
    )
    try:
        TwilioNumbers(client).check_credentials()
    finally:
        client.close()
