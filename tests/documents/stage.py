"""Where a page is played: a fresh home, a fresh sandbox, and the project `acme` ready to work.

A page that sets `acme` up itself begins without it. What a page takes from files (`auth_token`,
`meta_token`, …) lies in the home, with the sandbox's secrets.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomli_w

from tests.cli.calls import Called
from tests.config.places import use_home
from tests.projects import ReadyProject, project_content
from tests.vendors import RunningSandbox, running_sandbox

from .likeness import Names
from .pages import Shown
from .session import Session

FILES = ("auth_token", "api_key_secret", "meta_token", "kapso_api_key", "kapso_webhook_secret")
_STORED = ("auth_token", "meta_token", "kapso_api_key")
_HOME = "/home/you"


@dataclass(frozen=True)
class Stage:
    """A page's session, and what its examples stand for."""

    home: Path
    project: ReadyProject
    session: Session
    names: Names

    def as_shown(self, text: str) -> list[str]:
        """What came out, line by line, as on a machine of somebody else's."""
        text = re.sub(r"\b(KAPSO_TWILIO_SANDBOX_URL|HOME)=\S+ ", "", text)
        text = text.replace(str(_program()), f"{_HOME}/.local/bin/kapso-twilio")
        return text.replace(str(self.home), _HOME).splitlines()

    def in_real(self, command: str) -> str:
        """The command with the real things in place of the page's examples.

        A number that was not shown before stands for the next one of `number list`.
        """
        for example in re.findall(r"\+\d{8,15}\b", command):
            if not self.names.is_known(example) and (number := self._next_number()):
                self.names.let(example, number)
        return self.names.in_real(command)

    @contextmanager
    def what_happens_beside(self, command: str) -> Iterator[None]:
        """While it is waited for a code, one comes, each second, as the wait may begin late."""
        waits = re.search(r"number code (\+\d+) --wait", command)
        if waits is None:
            yield
            return
        ended = threading.Event()
        sender = threading.Thread(target=self._send_codes, args=(waits[1], ended))
        sender.start()
        try:
            yield
        finally:
            ended.set()
            sender.join()

    def _send_codes(self, number: str, ended: threading.Event) -> None:
        while not ended.wait(1.0):
            self.project.sandbox.message(number, "WhatsApp", "Your WhatsApp code 123-456")

    def _next_number(self) -> str | None:
        listed = self.project.call("number", "list", "--project", "acme").out.split("\n")
        owned = [line.split("\t")[0] for line in listed if line.startswith("+")]
        return next((number for number in owned if number not in self.names.taken()), None)


@contextmanager
def staged(shown: list[Shown], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Set a page's session up."""
    home, scratch = tmp_path / "you", tmp_path / "scratch"
    home.mkdir()
    scratch.mkdir()
    use_home(home, monkeypatch)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local" / "share"))
    with running_sandbox() as sandbox:
        monkeypatch.setenv("KAPSO_TWILIO_SANDBOX_URL", sandbox.url)
        project = _project(home, sandbox)
        if not any(_sets_up(one.command) for one in shown):
            _set_up(project)
        for name in FILES:
            _write(home / name, sandbox.credentials[name])
        names = Names(_examples([one.command for one in shown], sandbox))
        with Session(home, _environment(home, sandbox), scratch) as session:
            yield Stage(home, project, session, names)


def _project(home: Path, sandbox: RunningSandbox) -> ReadyProject:
    path = home / ".config" / "kapso-twilio" / "projects" / "acme.toml"
    inventory = home / ".local/share/kapso-twilio/inventories/acme/inventory.db"
    return ReadyProject(home, path, inventory, sandbox)


def _sets_up(command: str) -> bool:
    """Whether it makes the project acme: by the wizard, or by flags with its plan."""
    return command == "kapso-twilio configure" or (
        command.startswith("kapso-twilio configure acme") and "--plan" in command
    )


def _set_up(project: ReadyProject) -> None:
    pools = {"US": {"target_size": 5, "post_disconnect": "return_to_pool"}}
    content = project_content(project.sandbox, pools=pools)
    secrets = project.path.parents[1] / "secrets"
    project.path.parent.mkdir(parents=True)
    project.path.write_text(tomli_w.dumps(content), encoding="utf-8")
    project.path.chmod(0o600)
    secrets.mkdir(mode=0o700)
    for name in _STORED:
        _write(secrets / f"acme.{name}", project.sandbox.credentials[name])
    for words in (["inventory", "create"], ["pool", "fill"]):
        called: Called = project.call(*words)
        assert called.exit_code == 0, called.err


def _write(path: Path, secret: str) -> None:
    path.write_text(secret, encoding="utf-8")
    path.chmod(0o600)


def _examples(commands: list[str], sandbox: RunningSandbox) -> dict[str, str]:
    """What the examples in commands stand for that are the account's from the beginning."""
    text, known = "\n".join(commands), sandbox.credentials
    found = dict.fromkeys(re.findall(r"\bAC[0-9a-f]{32}\b", text), known["account_sid"])
    found |= dict.fromkeys(re.findall(r"\bSK[0-9a-f]{32}\b", text), known["api_key_sid"])
    for portfolio in re.findall(r"meta[._-]business[_-]id (\d+)", text):
        found[portfolio] = known["meta_business_id"]
    for port in re.findall(r"\b80\d\d\b", text):
        found[port] = str(_free_port())
    for customer in dict.fromkeys(re.findall(r"--customer (\S+)", text)):
        body = {"customer": {"name": "A customer of the page's"}}
        found[customer] = str(sandbox.kapso("POST", "customers", body)["data"]["id"])
    return found


def _environment(home: Path, sandbox: RunningSandbox) -> dict[str, str]:
    return {
        "HOME": str(home),
        "PATH": f"{_program().parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TERM": "xterm",
        "XDG_RUNTIME_DIR": os.environ["XDG_RUNTIME_DIR"],
        "PYTHON_KEYRING_BACKEND": os.environ["PYTHON_KEYRING_BACKEND"],
        "KAPSO_TWILIO_SANDBOX_URL": sandbox.url,
    }


def _program() -> Path:
    return Path(sys.executable).with_name("kapso-twilio")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
