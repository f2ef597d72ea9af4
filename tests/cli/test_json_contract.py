"""`--json`: exactly one document on stdout whatever happens, with the promised keys."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox

from .every_command import EXEMPT, every_command, run_every_command
from .links import new_customer

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
MONEY = re.compile(r"\d+\.\d\d+")
ERROR_KEYS = {"kind", "message", "reason", "hint", "exit_code"}

POOL = "country target_size ready_before ready bought verified failed shortfall reasons"
NUMBER = (
    "phone_number sid country number_type state reason pool preverified_id"
    " verification_expiry_time ref customer reserved_until monthly_price currency bought_at"
    " updated_at"
)
PROMISED = {
    "search": "country number_type monthly_price currency numbers warnings",
    "provision": (
        "phone_number sid country number_type state monthly_price currency bundle_sid"
        " bundle_sid_from address_sid address_sid_from"
    ),
    "pool.fill": "pools monthly_cost_added currency",
    "resolve": (
        "country path reason phone_number sid preverified_id otp_required ref reserved_until"
        " monthly_price currency bundle_sid_from address_sid_from embedded_signup"
    ),
    "number.list": "numbers",
    "number.show": NUMBER + " history",
    "number.history": "events",
    "number.code": "phone_number code source received_at age_seconds",
    "connect": "phone_number state",
    "disconnect": "phone_number state policy",
    "reconcile": "actions unresolved pools",
    "cron.install": "project scope timer files started secrets",
    "cron.show": (
        "project program config_path data_dir scope systemd crontab launchd kubernetes secrets"
    ),
    "cron.remove": "project scope timer files",
    "pool.trim": "country released failed surplus monthly_cost_saved currency",
    "purchase.list": "purchases",
    "purchase.settle": "id phone_number state sid reason",
    "number.import": "phone_number sid country number_type state pool monthly_price currency",
    "number.release": "phone_number sid state monthly_price monthly_cost_saved currency",
    "webhook.configure": "sms_url voice_url numbers",
    "webhook.restore": "numbers",
    "webhook.register": "webhook_id url events created secret_stored",
    "setup-link.create": (
        "link_id customer url token status expires_at countries provision_phone_number created"
        " country path reason phone_number sid preverified_id otp_required ref reserved_until"
        " monthly_price currency bundle_sid_from address_sid_from embedded_signup"
    ),
    "setup-link.list": "setup_links",
    "setup-link.revoke": "link_id customer status ref phone_number",
    "status": (
        "enabled plan pools attention monthly_cost monthly_cost_at_target currency last_reconcile"
        " next_expiries"
    ),
    "doctor": "checks",
    "project.remove": "project path secrets inventory numbers monthly_cost currency",
    "inventory.backup": "path numbers purchases size_bytes unresolved_purchases newest_event_at",
    "inventory.restore": (
        "path backup safety_backup kept_numbers kept_purchases installation standing"
    ),
}
PROMISED_ROWS = {
    ("pool.fill", "pools"): POOL,
    ("reconcile", "pools"): POOL,
    ("reconcile", "actions"): "kind phone_number detail",
    ("cron.install", "files"): "path change",
    ("cron.install", "secrets"): "name source place warning",
    ("cron.show", "secrets"): "name source place warning",
    ("cron.remove", "files"): "path change",
    ("pool.trim", "released"): "phone_number",
    ("status", "next_expiries"): "phone_number pool verification_expiry_time",
    ("doctor", "checks"): "name ok severity message hint",
    ("purchase.list", "purchases"): (
        "id phone_number country state purpose pool ref monthly_price currency started_at sid"
        " reason"
    ),
    ("number.list", "numbers"): NUMBER,
    ("webhook.configure", "numbers"): "phone_number changed reason",
    ("webhook.restore", "numbers"): "phone_number changed reason",
    ("number.history", "events"): "at kind from_state to_state run_id host detail",
    ("number.show", "history"): "at kind from_state to_state run_id host detail",
}


def strict(text: str) -> dict[str, Any]:
    """The one document in `text`, with nothing beside it and no key twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    document: dict[str, Any] = json.loads(text, object_pairs_hook=unique)
    return document


def leaves(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Every value that is no object and no list, with the key it stands under."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, key)
    else:
        yield key, value


def check_values(document: dict[str, Any]) -> None:
    """Times are RFC 3339 in UTC, money is a decimal string."""
    for key, value in leaves(document):
        if value is None:
            continue
        if key == "at" or key.endswith(("_at", "_until", "_time")):
            assert TIME.fullmatch(str(value)), (key, value)
        if key.endswith("_price") or key.startswith("monthly_cost"):
            assert isinstance(value, str), (key, value)
            assert MONEY.fullmatch(value), (key, value)


def test_every_command_answers_one_document_with_its_schema_and_promised_keys(
    project: ReadyProject,
) -> None:
    ran = set()
    for one in run_every_command(project, "--json"):
        ran.add(one.command)
        name = one.command.replace(" ", ".")
        assert one.called.exit_code == 0, (one.command, one.called)
        document = strict(one.called.out)
        assert document["schema"] == f"kapso-twilio.{name}/1"
        assert "error" not in document
        assert document.keys() >= set(PROMISED.get(name, "").split()), name
        for (command, key), row_keys in PROMISED_ROWS.items():
            if command == name:
                assert all(row.keys() >= set(row_keys.split()) for row in document[key]), key
        check_values(document)
    assert ran == set(every_command()) - EXEMPT


@pytest.mark.parametrize("command", sorted(set(every_command()) - {"sandbox serve"}))
def test_wrong_usage_of_every_command_is_one_document(project: ReadyProject, command: str) -> None:
    for words in (("--nonsense", "--json"), ("--json", "--nonsense")):
        called = project.call(*command.split(), *words)
        assert called.exit_code == 2
        document = strict(called.out)
        assert document.keys() == {"schema", "error"}
        assert document["schema"] == "kapso-twilio.error/1"
        assert document["error"].keys() == ERROR_KEYS
        assert (document["error"]["kind"], document["error"]["exit_code"]) == ("usage", 2)
        assert "--nonsense" in document["error"]["message"]


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("pool", "nonsense"), ("--nonsense",), (), ("pool",), ("connect", "+5691")],
    ids=" ".join,
)
def test_an_error_before_any_command_is_one_document(
    project: ReadyProject, words: tuple[str, ...]
) -> None:
    called = project.call(*words, "--json")
    assert called.exit_code == 2
    assert strict(called.out)["error"].keys() == ERROR_KEYS


@pytest.mark.parametrize("command", sorted(set(every_command()) - EXEMPT - {"configure"}))
def test_without_a_project_every_command_says_so_in_one_document(
    project: ReadyProject, command: str
) -> None:
    project.path.unlink()
    called = project.call(*command.split(), *_arguments(command), "--json")
    document = strict(called.out)
    if command in ("project list",):
        assert (called.exit_code, document["projects"]) == (0, [])
        return
    assert called.exit_code == 3, called.err
    assert document["error"]["kind"] == "config"
    assert document["error"]["hint"] == "kapso-twilio configure sets one up"


def test_an_error_stands_beside_what_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    limits = {"max_purchases_per_run": 1}
    project = ready_project(tmp_path, monkeypatch, sandbox, limits=limits)
    called = project.call("pool", "fill", "--json")
    document = strict(called.out)
    assert document["schema"] == "kapso-twilio.pool.fill/1"
    assert document["pools"][0]["bought"] == 1
    assert document["error"].keys() == ERROR_KEYS
    assert document["error"]["exit_code"] == called.exit_code == 7


def test_standard_output_is_data_and_everything_else_is_not_on_it(project: ReadyProject) -> None:
    """Without --json too: an error leaves stdout empty."""
    called = project.call("connect", "+56912345678")
    assert called.out == ""
    assert called.err.startswith("error: ")


DRY = {
    "configure",
    "config set",
    "config unset",
    "auth set",
    "auth clear",
    "enable",
    "disable",
    "country allow",
    "country disallow",
    "country default",
    "country set",
    "country unset",
    "pool set",
    "pool remove",
    "pool fill",
    "provision",
    "resolve",
    "connect",
    "disconnect",
    "reservation cancel",
    "number add-to-pool",
    "number import",
    "number release",
    "number verify",
    "pool trim",
    "purchase settle",
    "reconcile",
    "cron install",
    "cron remove",
    "inventory create",
    "inventory restore",
    "project remove",
    "webhook configure",
    "webhook restore",
    "webhook register",
    "setup-link create",
    "setup-link revoke",
}
NEED_KAPSO = {"webhook register", "setup-link create", "setup-link revoke"}


def test_every_command_that_changes_something_can_be_rehearsed() -> None:
    options = {
        words: {name for param in command.params for name in param.opts}
        for words, command in every_command().items()
    }
    can = {words for words, names in options.items() if "--dry-run" in names}
    assert can == DRY


@pytest.mark.parametrize("command", sorted(DRY))
def test_a_rehearsal_changes_nothing_anywhere(project: ReadyProject, command: str) -> None:
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "a")
    project.answer("resolve", "--ref", "b")
    project.answer("pool", "fill")
    project.answer("connect", "--ref", "b")
    project.answer("provision", "--country", "US", "--yes")
    project.answer("inventory", "backup", "backup.db")
    if command == "inventory create":
        project.inventory.unlink()
    if command == "project remove":
        _end_what_is_in_use(project)
    customer = ""
    if command in NEED_KAPSO:
        key = project.sandbox.credentials["kapso_api_key"]
        project.call("auth", "set", "kapso_api_key", "--stdin", stdin=key)
        customer = new_customer(project)
        project.answer("setup-link", "create", "--customer", customer, "--ref", "linked")
    before = _everything(project)
    others = {
        "disconnect": ("--ref", "b"),
        "setup-link create": ("--customer", customer, "--ref", "c", "--replace"),
    }
    words = others.get(command, _arguments(command))
    stdin = project.sandbox.credentials["kapso_api_key"]
    called = project.call(*command.split(), *words, "--dry-run", "--json", stdin=stdin)
    assert called.exit_code == 0, called.out + called.err
    assert strict(called.out)["dry_run"] is True
    assert _everything(project) == before


def _end_what_is_in_use(project: ReadyProject) -> None:
    project.answer("reservation", "cancel", "--ref", "a")
    project.answer("disconnect", "--ref", "b")


def _everything(project: ReadyProject) -> object:
    files = {
        path: path.read_bytes()
        for path in project.home.rglob("*")
        if path.is_file() and path.name not in ("run.lock", "run.json")
    }
    posts = [one for one in project.sandbox.requests() if not one.startswith("GET")]
    return files, project.sandbox.ledger(), posts


def _arguments(command: str) -> tuple[str, ...]:
    """Words that a command needs, for a project with a reserved and a loose number."""
    return {
        "configure": ("--config", "kapso-twilio.toml", "--plan", "platform"),
        "config set": ("limits.max_numbers", "7"),
        "config unset": ("limits.max_numbers",),
        "auth set": ("kapso_api_key", "--stdin"),
        "auth clear": ("kapso_api_key",),
        "country allow": ("PE",),
        "country disallow": ("CL",),
        "country default": ("CL",),
        "country set": ("CL", "--number-type", "mobile"),
        "country unset": ("CL",),
        "pool set": ("US", "--target-size", "9"),
        "pool remove": ("US",),
        "search": ("--country", "CL"),
        "provision": ("--country", "CL", "--yes"),
        "resolve": ("--country", "CL", "--ref", "c"),
        "connect": ("--ref", "a"),
        "disconnect": ("--ref", "a"),
        "reservation cancel": ("--ref", "a"),
        "number show": ("+56225550123",),
        "number history": ("+56225550123",),
        "number code": ("+56225550123",),
        "number verify": (_number("state = 'ready'"),),
        "number add-to-pool": (_number("pool IS NULL"),),
        "number import": (_number("state = 'ready'"),),
        "number release": (_number("state = 'ready'"), "--confirm", _number("state = 'ready'")),
        "pool trim": ("US",),
        "cron install": ("--user",),
        "cron remove": ("--user",),
        "purchase settle": (_bought("id"), "--bought", _bought("sid")),
        "inventory restore": ("backup.db",),
        "project remove": ("acme",),
        "webhook configure": ("--all", "--public-url", "https://kt.example.com"),
        "webhook restore": ("--all",),
        "webhook register": ("--public-url", "https://kt.example.com"),
        "setup-link create": ("--customer", "c-1", "--ref", "c"),
        "setup-link revoke": ("--ref", "linked"),
    }.get(command, ())


def _number(condition: str) -> str:
    """A number that fits, where there is an inventory to look into."""
    statement = f"SELECT phone_number FROM numbers WHERE {condition}"  # noqa: S608 - from above
    return _value(statement) or "+56225550123"


def _bought(column: str) -> str:
    """A column of a purchase, where there is one."""
    return _value(f"SELECT {column} FROM purchases ORDER BY id") or "PN" + "0" * 32  # noqa: S608 - from above


def _value(statement: str) -> str | None:
    path = Path(os.environ["KAPSO_TWILIO_DATA_DIR"]) / "acme" / "inventory.db"
    if not path.exists():
        return None
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    row = connection.execute(statement).fetchone()
    connection.close()
    return str(row[0]) if row else None
