"""Start, ready line, state, stop."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from kapso_twilio_cli.errors import StateError, UsageError
from kapso_twilio_cli.sandbox.options import SandboxOptions, parse_stock
from kapso_twilio_cli.sandbox.server import check_options
from tests.sandbox.clients import kapso_http, meta_http, twilio_client
from tests.vendors import running_sandbox

READY_KEYS = [
    "url",
    "account_sid",
    "auth_token",
    "api_key_sid",
    "api_key_secret",
    "meta_business_id",
    "meta_token",
    "kapso_api_key",
    "kapso_webhook_secret",
]
SERVE = (
    "from kapso_twilio_cli.sandbox.options import SandboxOptions\n"
    "from kapso_twilio_cli.sandbox.server import serve\n"
    "serve(SandboxOptions(), on_ready=lambda ready: print(ready.line(), flush=True))\n"
)
NUMBER = "+14155550123"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_when_it_is_ready_and_stops_when_asked(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert list(ready) == READY_KEYS
        assert ready["url"].startswith("http://127.0.0.1:")
        assert requests.get(f"{ready['url']}/_sandbox/ledger", timeout=5).json() == {"entries": []}
        process.send_signal(number)
        rest, complaints = process.communicate(timeout=10)
    assert (process.returncode, rest, complaints) == (0, "", "")


def test_secrets_are_long_and_differ_in_every_run() -> None:
    with running_sandbox() as one, running_sandbox() as other:
        for name in READY_KEYS[1:]:
            assert one.credentials[name] != other.credentials[name]
        for name in ("auth_token", "api_key_secret", "meta_token", "kapso_api_key"):
            assert len(one.credentials[name]) >= 32


def test_a_seed_fixes_credentials_ids_and_samples() -> None:
    runs = []
    for _ in range(2):
        with running_sandbox(seed="golden") as sandbox, twilio_client(sandbox) as client:
            shown = client.available_phone_numbers("US").local.list(limit=5)
            numbers = [str(one.phone_number) for one in shown]
            sid = client.incoming_phone_numbers.create(phone_number=numbers[0]).sid
            runs.append((sandbox.credentials["auth_token"], numbers, sid))
    assert runs[0] == runs[1]


def test_state_outlives_the_server(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    with running_sandbox(state_file=path) as first, meta_http(first) as meta:
        first.buy_in_console(NUMBER)
        first.message(NUMBER, "32665", "hello")
        business = first.credentials["meta_business_id"]
        meta.post(f"{business}/add_phone_numbers", {"phone_number": NUMBER})
        first.claim(phone_number="+14155550124", customer_id="c1")
        ledger, credentials = first.ledger(), first.credentials
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with running_sandbox(state_file=path) as second:
        assert {**second.credentials, "url": ""} == {**credentials, "url": ""}
        assert second.ledger() == ledger
        with meta_http(second) as meta, kapso_http(second) as kapso:
            assert len(meta.get(f"{business}/preverified_numbers")["data"]) == 1
            assert len(kapso.get("whatsapp/phone_numbers")["data"]) == 1
        with twilio_client(second) as client:
            assert [one.body for one in client.messages.list(to=NUMBER)] == ["hello"]
            assert len(client.incoming_phone_numbers.list()) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["sandbox.json"]


def test_a_state_file_from_before_statuses_and_teardowns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    with running_sandbox(state_file=path) as first, kapso_http(first) as kapso:
        customer = kapso.post("customers", {"customer": {"name": "Acme"}})["data"]["id"]
        links = f"customers/{customer}/setup_links"
        kapso.post(links, {"setup_link": {"language": "en"}})
        first.claim(phone_number=NUMBER, customer_id=customer)
    state = json.loads(path.read_bytes())
    (number,), (link,) = state["kapso_numbers"].values(), state["setup_links"].values()
    for name in ("status", "leaves_at"):
        del number[name]
    for name in ("setup_status", "setup_error", "provisioned"):
        del link[name]
    path.write_text(json.dumps(state))
    with running_sandbox(state_file=path) as second, kapso_http(second) as kapso:
        assert kapso.get("whatsapp/phone_numbers")["data"][0]["status"] == "CONNECTED"
        assert kapso.get(links)["data"][0]["whatsapp_setup_status"] == "completed"


def test_a_state_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text("{")
    with pytest.raises(StateError, match="cannot be read"), running_sandbox(state_file=path):
        pass


def test_a_port_in_use_is_refused() -> None:
    with running_sandbox() as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(StateError, match=f"port {port}"), running_sandbox(port=port):
            pass


def test_a_stock_is_written_as_country_and_count() -> None:
    assert parse_stock(["us=5", "CL=100000"]) == {"US": 5, "CL": 100_000}
    for text in ("US", "US=", "US=many", "US=-1"):
        with pytest.raises(UsageError):
            parse_stock([text])


def test_options_that_cannot_be_kept_are_refused() -> None:
    check_options(SandboxOptions(stock={"US": 100_000, "GB": 0}))
    for stock in ({"ZZ": 1}, {"US": 10**9}):
        with pytest.raises(UsageError):
            check_options(SandboxOptions(stock=stock))
