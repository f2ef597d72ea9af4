"""Every command there is, by walking the tree, and a way to run each of them with success."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kapso_twilio_cli.cli.tree import root
from tests.projects import ReadyProject

from .calls import Called
from .links import new_customer

IN_THE_CONSOLE = "+12025550143"
"""A number that was bought past the program."""

EXEMPT = {"sandbox serve", "webhook serve", "demo"}
"""Two serve until they are stopped, the other is a walk through all the others."""


def every_command() -> dict[str, Any]:
    """Every command by its words, `pool fill`, without the nouns above them."""
    return {words: command for words, command in _walk(root(), ()) if not _is_noun(command)}


def every_noun() -> dict[str, Any]:
    """The program itself, as an empty string, and every noun."""
    nouns = {words: command for words, command in _walk(root(), ()) if _is_noun(command)}
    return {"": root(), **nouns}


def _walk(group: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        yield " ".join((*words, name)), command
        if _is_noun(command):
            yield from _walk(command, (*words, name))


def _is_noun(command: Any) -> bool:
    return hasattr(command, "list_commands")


@dataclass(frozen=True)
class Ran:
    """A command, by its words, and what it gave."""

    command: str
    called: Called


def run_every_command(project: ReadyProject, *options: str) -> Iterator[Ran]:
    """Run each command once, in an order in which all of them succeed."""

    def run(command: str, *words: str, stdin: str = "") -> Ran:
        return Ran(command, project.call(*command.split(), *words, *options, stdin=stdin))

    known = project.sandbox.credentials
    yield run("configure", "acme", "--config", str(project.path), "--plan", "platform")
    yield run("config show")
    yield run("config path")
    yield run("config check")
    yield run("config set", "limits.max_numbers", "49")
    yield run("config unset", "limits.max_numbers")
    yield run("auth set", "kapso_api_key", "--stdin", stdin=known["kapso_api_key"])
    yield run("auth status")
    yield run("auth clear", "kapso_api_key")
    yield run("disable")
    yield run("enable")
    yield run("country list")
    yield run("country allow", "PE")
    yield run("country default", "PE")
    yield run("country default", "US")
    yield run("country disallow", "PE")
    yield run("country set", "CL", "--number-type", "mobile")
    yield run("country unset", "CL")
    yield run("pool set", "CL", "--target-size", "1")
    yield run("pool remove", "CL")
    yield run("pool list")
    yield run("pool fill")
    yield run("search", "--country", "CL")
    yield run("provision", "--country", "US", "--yes")
    ((loose,),) = project.rows("SELECT phone_number FROM numbers WHERE pool IS NULL")
    yield run("number add-to-pool", loose)
    yield run("number verify", loose)
    yield run("resolve", "--country", "US", "--ref", "a")
    yield run("number list")
    yield run("number show", loose)
    yield run("number history", loose)
    project.sandbox.message(loose, "WhatsApp", "Your WhatsApp code 123-456")
    yield run("number code", loose)
    customer = new_customer(project)
    project.call("auth", "set", "kapso_api_key", "--stdin", stdin=known["kapso_api_key"])
    yield run("webhook register", "--public-url", "https://kt.example.com")
    yield run("setup-link create", "--customer", customer, "--ref", "linked")
    yield run("setup-link list")
    yield run("setup-link revoke", "--ref", "linked")
    project.call("auth", "clear", "kapso_api_key")
    yield run("webhook configure", "--all", "--public-url", "https://kt.example.com")
    yield run("webhook restore", "--all")
    yield run("reservation list")
    yield run("connect", "--ref", "a")
    yield run("disconnect", "--ref", "a")
    yield run("resolve", "--country", "US", "--ref", "b")
    yield run("reservation cancel", "--ref", "b")
    yield run("reconcile")
    yield run("cron install", "--user")
    yield run("cron show", "--user")
    yield run("cron remove", "--user")
    project.sandbox.buy_in_console(IN_THE_CONSOLE)
    yield run("number import", IN_THE_CONSOLE)
    yield run("number release", IN_THE_CONSOLE, "--confirm", IN_THE_CONSOLE)
    project.call("pool", "set", "US", "--target-size", "1")
    yield run("pool trim", "US", "--confirm", "US:1")
    yield run("purchase list")
    ((purchase, sid), *_) = project.rows("SELECT id, sid FROM purchases WHERE pool IS NULL")
    yield run("purchase settle", purchase, "--bought", sid)
    yield run("status")
    project.call("country", "disallow", "GB")  # its numbers need an address, which is a failure
    yield run("doctor")
    yield run("inventory path")
    yield run("inventory check")
    backup = project.home / "backup.db"
    yield run("inventory backup", str(backup))
    yield run("inventory restore", str(backup), "--yes")
    project.inventory.unlink()
    yield run("inventory create")
    yield run("project list")
    yield run("project remove", "acme", "--yes")
