"""The SDK, held by the reins: time-outs, its own environment ignored, nothing secret told."""

from __future__ import annotations

import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
import requests.adapters

from kapso_twilio_cli.domain.number_type import NumberType
from kapso_twilio_cli.domain.phone_number import PhoneNumber
from kapso_twilio_cli.errors import CredentialsError, KapsoTwilioError
from kapso_twilio_cli.gateways.http import (
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
)
from kapso_twilio_cli.gateways.kapso_platform import KapsoPlatform
from kapso_twilio_cli.gateways.meta_client import MetaPortfolio
from kapso_twilio_cli.gateways.meta_preverified import MetaPreverified
from kapso_twilio_cli.gateways.twilio_client import TwilioAccount, TwilioClient
from kapso_twilio_cli.gateways.twilio_numbers import TwilioNumbers
from tests.vendors import RunningSandbox

from .clients import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    LABEL,
    OWNED,
    US,
    on_sale,
    order,
    twilio_client,
    twilio_error,
    twilio_numbers_at,
)
from .servers import nobody_there

NUMBER = PhoneNumber("+14155550123")
THREADS = 16


@pytest.fixture
def timeouts(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Record the time-out that each request is sent with, where requests hands it on."""
    seen: list[object] = []
    send = requests.adapters.HTTPAdapter.send

    def recording(adapter: Any, request: Any, **details: Any) -> requests.Response:
        seen.append((request.method, details.get("timeout")))
        return send(adapter, request, **details)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", recording)
    return seen


def test_every_request_to_every_vendor_is_bounded_in_time(
    numbers: TwilioNumbers,
    meta: MetaPreverified,
    kapso: KapsoPlatform,
    timeouts: list[object],
) -> None:
    wanted = on_sale(numbers)
    numbers.buy(order(wanted))
    numbers.find(wanted)
    meta.add(wanted)
    meta.check_portfolio()
    list(kapso.connected_numbers())
    bound = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
    assert timeouts == [(method, bound) for method in ("GET", "POST", "GET", "POST", "GET", "GET")]
    assert all(0 < seconds <= 30 for seconds in bound)


def test_the_sdks_own_variables_are_ignored(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "e" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    with twilio_client(sandbox) as client:
        sdk = client.sdk
        assert sdk.account_sid == sandbox.credentials["account_sid"]
        for host in ("api", "pricing", "numbers"):
            url = f"https://{host}.twilio.com/v1/Things?A=1"
            assert sdk.get_hostname(url) == url
        TwilioNumbers(client).check_credentials()
    assert f"/Accounts/{sandbox.credentials['account_sid']}/" in sandbox.requests()[0]


def test_an_api_key_pair_is_taken_as_well(sandbox: RunningSandbox) -> None:
    known = sandbox.credentials
    account = TwilioAccount(known["account_sid"], known["api_key_sid"], known["api_key_secret"])
    client = TwilioClient(account, base_url=sandbox.url, connections=1)
    try:
        TwilioNumbers(client).check_credentials()
    finally:
        client.close()


def test_a_netrc_does_not_replace_the_credentials(
    numbers: TwilioNumbers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login AC password another\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    numbers.check_credentials()


def test_many_threads_share_one_client(
    sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with twilio_client(sandbox, connections=THREADS) as client:
        numbers = TwilioNumbers(client)

        def work(turn: int) -> int:
            wanted = PhoneNumber(f"+1415555{turn:04d}")
            sid = sandbox_sids[turn]
            read = numbers.read(sid)
            assert read is not None
            assert read.friendly_name == f"{LABEL}{turn}"
            found = numbers.find(wanted)
            assert found is not None
            assert (found.sid, found.friendly_name) == (sid, f"{LABEL}{turn}")
            return len(numbers.search(US, NumberType.LOCAL, sms_only=True, contains=None))

        sandbox_sids = [
            sandbox.buy_in_console(f"+1415555{turn:04d}", f"{LABEL}{turn}")
            for turn in range(THREADS)
        ]
        with ThreadPoolExecutor(THREADS) as workers:
            samples = list(workers.map(work, range(THREADS)))
    assert all(samples)
    assert "Connection pool is full" not in caplog.text


def errors_of(numbers: TwilioNumbers) -> list[KapsoTwilioError]:
    errors = []
    for act in (numbers.check_credentials, lambda: numbers.buy(order(NUMBER))):
        with pytest.raises(KapsoTwilioError) as caught:
            act()
        errors.append(caught.value)
    return errors


def told(error: BaseException) -> str:
    """Everything that an error could show anybody: its words, its causes, its traceback."""
    words = [str(error), repr(error), *map(str, vars(error).values())]
    words += traceback.format_exception(error)
    for beyond in (error.__cause__, error.__context__):
        if beyond is not None:
            words.append(told(beyond))
    return "\n".join(words)


def test_no_error_tells_a_secret(sandbox: RunningSandbox) -> None:
    secret = "a-wrong-token-that-nobody-may-see"
    with twilio_client(sandbox, password=secret) as client:
        errors = errors_of(TwilioNumbers(client))
    assert all(isinstance(error, CredentialsError) for error in errors)
    with twilio_numbers_at(nobody_there()) as numbers:
        errors += errors_of(numbers)
    for error in errors:
        assert secret not in told(error)
        assert AUTH_TOKEN not in told(error)
        assert "\x1b" not in told(error)  # the SDK's own colours


def test_no_error_of_the_network_tells_more_of_an_address_than_its_host() -> None:
    """A URL holds phone numbers and the account's SID."""
    with twilio_numbers_at(nobody_there()) as numbers:
        for error in errors_of(numbers):
            words = f"{error.message} {error.reason} {error.hint}"
            assert "/" not in words
            assert ACCOUNT_SID not in words


def test_neither_account_nor_portfolio_shows_its_secrets() -> None:
    account = TwilioAccount("AC1", "SK1", "secret-1")
    portfolio = MetaPortfolio("1", "v25.0", "secret-2", "secret-3")
    client = TwilioClient(account, base_url=None, connections=1)
    try:
        shown = f"{account!r} {account} {portfolio!r} {portfolio} {client!r} {client.sdk!r}"
    finally:
        client.close()
    assert "secret" not in shown
    assert "AC1" in shown


def test_the_log_holds_neither_phone_numbers_nor_secrets(
    sandbox: RunningSandbox, numbers: TwilioNumbers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sandbox.fault(fault="status", method="POST", path=OWNED, status=400, body=twilio_error(21422))
    numbers.find(NUMBER)
    with pytest.raises(KapsoTwilioError):
        numbers.buy(order(NUMBER))
    assert NUMBER.removeprefix("+") not in caplog.text
    assert sandbox.credentials["auth_token"] not in caplog.text
