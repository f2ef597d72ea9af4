"""A project of its own against a sandbox of its own, in a folder that is thrown away."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import ProxyHandler, build_opener

from pairing import PROGRAM

_PROJECT = """
project = "bench"
plan = "enterprise"
enabled = true
default_country = "US"
allowed_countries = ["US"]

[twilio]
account_sid = "{account_sid}"

[meta]
business_id = "{meta_business_id}"

[pools.US]
target_size = {target_size}

[limits]
max_numbers = "none"
max_monthly_cost = "none"
max_purchases_per_run = "none"
max_purchases_per_day = "none"
"""


@dataclass(frozen=True)
class Workshop:
    """A project that is set up, with an empty pool."""

    url: str
    account_sid: str
    environment: dict[str, str]
    inventory: Path

    def run(self, *words: str) -> None:
        """Run one command; CalledProcessError when it fails."""
        subprocess.run(
            [*PROGRAM, *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def requests(self) -> list[str]:
        """Every request that the vendors received, as `METHOD path?query`."""
        with build_opener(ProxyHandler({})).open(f"{self.url}/_sandbox/requests") as answer:
            found: list[str] = json.load(answer)["requests"]
            return found


@contextmanager
def workshop(
    *, target_size: int, latency_ms: int = 0, serving: Sequence[str] = ()
) -> Iterator[Workshop]:
    """A project with a US pool of that target, and an inventory without numbers.

    `serving` are more words for `sandbox serve`.
    """
    words = ["--latency-ms", str(latency_ms), *serving]
    with TemporaryDirectory() as folder, _sandbox(words) as ready:
        file = Path(folder) / "bench.toml"
        file.write_text(_PROJECT.format(target_size=target_size, **ready), encoding="utf-8")
        environment = {
            **os.environ,
            "HOME": folder,
            "NO_PROXY": "127.0.0.1",
            "KAPSO_TWILIO_CONFIG": str(file),
            "KAPSO_TWILIO_DATA_DIR": folder,
            "KAPSO_TWILIO_SANDBOX_URL": ready["url"],
            "KAPSO_TWILIO_AUTH_TOKEN": ready["auth_token"],
            "KAPSO_TWILIO_META_TOKEN": ready["meta_token"],
        }
        made = Workshop(
            ready["url"], ready["account_sid"], environment, Path(folder, "bench", "inventory.db")
        )
        made.run("inventory", "create")
        yield made


@contextmanager
def _sandbox(words: Sequence[str]) -> Iterator[dict[str, str]]:
    argv = [*PROGRAM, "sandbox", "serve", *words]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            yield json.loads(serving.stdout.readline())
        finally:
            serving.terminate()
