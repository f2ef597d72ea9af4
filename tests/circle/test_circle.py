"""A number's whole circle, by real processes: the sandbox, the receiver, and the command line.

Fill, setup link, the customer connects, the customer leaves, and the number is back in its pool
under a new id, or retired.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.projects import command_line, wait_until

CONFIG = """
project = "acme"
plan = "enterprise"
enabled = true
default_country = "US"
allowed_countries = ["US"]

[twilio]
account_sid = "{account_sid}"

[meta]
business_id = "{meta_business_id}"

[onboarding]
removal_confirmed_after = "1s"

[pools.US]
target_size = 2
post_disconnect = "{policy}"
"""
SECRETS = ("auth_token", "meta_token", "kapso_api_key")
LONGEST_SECONDS = 60


@dataclass(frozen=True)
class World:
    """A user's home, and a sandbox that is a process of its own."""

    home: Path
    ready: Mapping[str, str]
    environment: Mapping[str, str]

    def run(self, *words: str) -> dict[str, Any]:
        """Run one command as a process; it must succeed."""
        done = subprocess.run(
            command_line(*words, "--json"),
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Do at the vendors what a customer, or a person in a dashboard, would."""
        headers = {"X-API-Key": self.ready["kapso_api_key"]}
        url = f"{self.ready['url']}/{path}"
        answer = requests.request(method, url, json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def number(self, phone_number: str) -> dict[str, Any]:
        """Everything about one number."""
        return self.run("number", "show", phone_number)


@contextmanager
def serving(words: list[str], **where: Any) -> Iterator[dict[str, str]]:
    """A process that serves while the block runs; gives the line that says it is ready."""
    with subprocess.Popen(
        command_line(*words), stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, **where
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            assert process.wait(30) == 0


@contextmanager
def world(folder: Path, policy: str) -> Iterator[World]:
    """A project that is set up against a sandbox."""
    home = folder / "home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if "KAPSO" not in name}
    kept |= {"HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        kept.pop(name, None)
    with serving(["sandbox", "serve"], cwd=home, env=kept) as ready:
        kept["KAPSO_TWILIO_SANDBOX_URL"] = ready["url"]
        for name in SECRETS:
            kept[f"KAPSO_TWILIO_{name.upper()}"] = ready[name]
        config = home / "kapso-twilio.toml"
        config.write_text(CONFIG.format(policy=policy, **ready), encoding="utf-8")
        made = World(home, ready, kept)
        made.run("inventory", "create")
        yield made


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def receiver(world: World) -> Iterator[None]:
    """A receiver that Kapso and Twilio reach."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    assert world.run("webhook", "register", "--public-url", url)["created"]
    words = ["webhook", "serve", "--public-url", url, "--port", str(port), "--json"]
    with serving(words, cwd=world.home, env=world.environment):
        yield


def connect(world: World) -> tuple[str, str]:
    """Fill the pool, make a link, and let the customer connect; the number and its id at Meta."""
    assert world.run("pool", "fill")["pools"][0]["ready"] == 2
    customer = world.ask("POST", "platform/v1/customers", {"customer": {"name": "Ada"}})["data"]
    made = world.run("setup-link", "create", "--customer", customer["id"], "--country", "US")
    assert made["path"] == "pool"
    (object_id,) = made["embedded_signup"]["setup"]["preVerifiedPhone"]["ids"]
    claim = {"preverified_id": object_id, "customer_id": customer["id"]}
    world.ask("POST", "_sandbox/claims", claim)
    return made["phone_number"], object_id


def test_events_bring_a_number_round_and_it_is_ready_again_under_a_new_id(tmp_path: Path) -> None:
    with world(tmp_path, "return_to_pool") as here, receiver(here):
        number, object_id = connect(here)
        wait_until(lambda: here.number(number)["state"] == "connected", seconds=20)
        assert here.number(number)["customer"]
        here.ask("DELETE", f"_sandbox/claims/{number}?teardown_ms=300")
        wait_until(lambda: here.number(number)["state"] == "provisioned", seconds=20)
        assert here.run("reconcile")["pools"][0]["ready"] == 2
        back = here.number(number)
        assert back["state"] == "ready"
        assert back["preverified_id"] not in (None, object_id)
        assert back["customer"] is None
        assert len(here.ask("GET", "_sandbox/ledger")["entries"]) == 2, "no other was bought"


@pytest.mark.parametrize(
    ("policy", "state", "bought"),
    [("return_to_pool", "ready", 2), ("mark_unavailable", "unavailable", 3)],
)
def test_reconcile_alone_brings_it_round_too(
    tmp_path: Path, policy: str, state: str, bought: int
) -> None:
    with world(tmp_path, policy) as here:
        number, object_id = connect(here)
        done = here.run("reconcile", "--no-fill")["actions"]
        assert {"connected", "setup_link_ended"} <= {one["kind"] for one in done}
        here.ask("DELETE", f"_sandbox/claims/{number}")
        kinds: list[str] = []

        def look() -> bool:
            kinds.extend(one["kind"] for one in here.run("reconcile", "--no-fill")["actions"])
            return "disconnected" in kinds

        wait_until(look, seconds=20)
        assert here.run("reconcile")["pools"][0]["ready"] == 2
        back = here.number(number)
        assert (back["state"], back["customer"]) == (state, None)
        assert back["preverified_id"] != object_id
        assert len(here.ask("GET", "_sandbox/ledger")["entries"]) == bought
        assert here.run("setup-link", "list")["setup_links"] == []
