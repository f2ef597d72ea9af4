"""This program's clients, pointed at a sandbox or at a server of a test's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from kapso_twilio_cli.domain.country import Country
from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.gateways.kapso_platform import KapsoPlatform
from kapso_twilio_cli.gateways.meta_client import MetaClient, MetaPortfolio
from kapso_twilio_cli.gateways.meta_preverified import MetaPreverified
from kapso_twilio_cli.gateways.twilio_client import TwilioAccount, TwilioClient
from kapso_twilio_cli.gateways.twilio_numbers import Order, TwilioNumbers
from tests.vendors import RunningSandbox

US, GB = Country("US"), Country("GB")
OWNED = r"IncomingPhoneNumbers\.json"
LABEL = "kt:acme:abcdefgh:abcdefghijklmnop"
ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "an-auth-token-that-nobody-may-see"


@contextmanager
def twilio_client(
    sandbox: RunningSandbox, *, password: str | None = None, connections: int = 4
) -> Iterator[TwilioClient]:
    """Speak to the sandbox's Twilio account."""
    known = sandbox.credentials
    account = TwilioAccount(
        known["account_sid"], known["account_sid"], password or known["auth_token"]
    )
    client = TwilioClient(account, base_url=sandbox.url, connections=connections)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def twilio_numbers_at(url: str) -> Iterator[TwilioNumbers]:
    """Speak to any server as if it were Twilio."""
    account = TwilioAccount(ACCOUNT_SID, ACCOUNT_SID, AUTH_TOKEN)
    client = TwilioClient(account, base_url=url, connections=2)
    try:
        yield TwilioNumbers(client)
    finally:
        client.close()


@contextmanager
def meta_preverified(
    sandbox: RunningSandbox,
    *,
    token: str | None = None,
    business_id: str | None = None,
    app_secret: str | None = None,
) -> Iterator[MetaPreverified]:
    """Speak to the sandbox's portfolio."""
    known = sandbox.credentials
    portfolio = MetaPortfolio(
        business_id or known["meta_business_id"], "v25.0", token or known["meta_token"], app_secret
    )
    client = MetaClient(portfolio, base_url=sandbox.url, connections=2)
    try:
        yield MetaPreverified(client)
    finally:
        client.close()


@contextmanager
def kapso_platform(
    sandbox: RunningSandbox, *, api_key: str | None = None
) -> Iterator[KapsoPlatform]:
    """Speak to the sandbox's project at Kapso."""
    key = api_key or sandbox.credentials["kapso_api_key"]
    platform = KapsoPlatform(key, base_url=sandbox.url)
    try:
        yield platform
    finally:
        platform.close()


def on_sale(numbers: TwilioNumbers) -> PhoneNumber:
    """Find a number that can be bought."""
    found = numbers.search(US, NumberType.LOCAL, sms_only=True, contains=None)
    return found[0].phone_number


def order(phone_number: PhoneNumber, country: Country = US) -> Order:
    """Order a number as a purchase does."""
    return Order(phone_number, country, LABEL, None, None)


def count(sandbox: RunningSandbox, pattern: str) -> int:
    """Count the requests that came in and match."""
    return sum(re.search(pattern, request) is not None for request in sandbox.requests())


def bought(sandbox: RunningSandbox) -> list[str]:
    """List the numbers that were paid for."""
    return [entry["phone_number"] for entry in sandbox.ledger() if entry["kind"] == "purchase"]


def twilio_error(code: int, status: int = 400, message: str = "as Twilio words it") -> object:
    """Give the body of a refusal of Twilio's."""
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
