"""A project that is ready to work against a sandbox, as a person would have set it up.

    with running_sandbox() as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox, limits={"max_numbers": 2})
        called = project.call("pool", "fill", "--json")

Only the environment, the working directory and files are arranged; commands run in process through
`main`, or as processes of their own.
"""

from __future__ import annotations

import io
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from kapso_twilio_cli.main import main
from tests.cli.calls import Called
from tests.config.places import use_home
from tests.vendors import RunningSandbox

DEFAULTS: Mapping[str, Any] = {
    "project": "acme",
    "plan": "platform",
    "custom_twilio_addon": True,
    "enabled": True,
    "default_country": "US",
    "allowed_countries": ["US", "CL", "GB"],
    "pools": {"US": {"target_size": 2, "post_disconnect": "return_to_pool"}},
}


@dataclass(frozen=True)
class ReadyProject:
    """A project's home, its file, and the vendors that it talks to."""

    home: Path
    path: Path
    inventory: Path
    sandbox: RunningSandbox

    def call(self, *words: str, stdin: str = "") -> Called:
        """Run one command in this process, without a terminal."""
        out, err, before = io.StringIO(), io.StringIO(), sys.stdin
        sys.stdin = io.StringIO(stdin)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                exit_code = main(words)
        finally:
            sys.stdin = before
        return Called(exit_code, out.getvalue(), err.getvalue())

    def answer(self, *words: str) -> dict[str, Any]:
        """Run one command with `--json` that must succeed; give its document."""
        called = self.call(*words, "--json")
        assert called.exit_code == 0, called.err + called.out
        return called.document

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start one command as a process of its own."""
        return subprocess.Popen(
            command_line(*words),
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Look into the inventory, past the program."""
        connection = sqlite3.connect(f"{self.inventory.as_uri()}?mode=rw", uri=True)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def change(self, statement: str, *values: object) -> None:
        """Change the inventory, past the program."""
        connection = sqlite3.connect(f"{self.inventory.as_uri()}?mode=rw", uri=True)
        try:
            with connection:
                connection.execute(statement, values)
        finally:
            connection.close()

    def portfolio(self) -> list[str]:
        """The numbers that Meta lists, digits alone behind a plus."""
        known = self.sandbox.credentials
        answer = self.sandbox.session.get(
            f"{self.sandbox.url}/v25.0/{known['meta_business_id']}/preverified_numbers?limit=100",
            headers={"Authorization": f"Bearer {known['meta_token']}"},
            timeout=30,
        )
        listed = [entry["phone_number"] for entry in answer.json()["data"]]
        return ["+" + "".join(filter(str.isdigit, number)) for number in listed]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table of the inventory, to compare before and after."""
        tables = self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return {name: self.rows(f"SELECT * FROM {name}") for (name,) in tables}  # noqa: S608

    def states(self) -> dict[str, int]:
        """How many numbers stand in each state."""
        return dict(Counter(state for (state,) in self.rows("SELECT state FROM numbers")))

    def purchase_states(self) -> dict[str, int]:
        """How many purchases stand in each state."""
        return dict(Counter(state for (state,) in self.rows("SELECT state FROM purchases")))

    def bought(self) -> list[str]:
        """The numbers that the account was billed for, in order."""
        entries = self.sandbox.ledger()
        return [entry["phone_number"] for entry in entries if entry["kind"] == "purchase"]

    def owes_what_it_knows(self) -> bool:
        """Whether the inventory holds exactly what the account was billed for, once each."""
        ledger = [entry for entry in self.sandbox.ledger() if entry["kind"] == "purchase"]
        billed = sorted((entry["phone_number"], entry["sid"]) for entry in ledger)
        return billed == sorted(self.rows("SELECT phone_number, sid FROM numbers"))


def wait_until(condition: Callable[[], bool], *, seconds: float = 20.0) -> None:
    """Look again and again until it holds; an AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.01)


def command_line(*words: str) -> list[str]:
    """How a process of this program is started."""
    return [sys.executable, "-m", "kapso_twilio_cli", *words]


def ready_project(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: RunningSandbox,
    *,
    kapso: bool = False,
    **changes: Any,
) -> ReadyProject:
    """Set a project up: its home, its file in the working directory, secrets, and an inventory.

    `changes` are keys of the project file. `pools` and `countries` replace those of DEFAULTS, other
    tables add to them; None leaves a key out. With `kapso`, the Kapso API key is set too.
    """
    home = use_home(tmp_path, monkeypatch)
    for name, value in sandbox.environment().items():
        if kapso or not name.startswith("KAPSO_TWILIO_KAPSO_"):
            monkeypatch.setenv(name, value)
    data = home / "inventories"
    monkeypatch.setenv("KAPSO_TWILIO_DATA_DIR", str(data))
    path = home / "kapso-twilio.toml"
    content = project_content(sandbox, **changes)
    path.write_text(tomli_w.dumps(content))
    path.chmod(0o600)  # as `configure` leaves it
    project = ReadyProject(home, path, data / content["project"] / "inventory.db", sandbox)
    created = project.call("inventory", "create")
    assert created.exit_code == 0, created.err
    return project


def project_content(sandbox: RunningSandbox, **changes: Any) -> dict[str, Any]:
    """A project file for the sandbox's account."""
    known = sandbox.credentials
    content: dict[str, Any] = {
        **DEFAULTS,
        "twilio": {"account_sid": known["account_sid"]},
        "meta": {"business_id": known["meta_business_id"]},
    }
    for key, value in changes.items():
        adds = isinstance(value, dict) and key not in ("pools", "countries")
        content[key] = {**content.get(key, {}), **value} if adds else value
    return {key: value for key, value in content.items() if value is not None}
