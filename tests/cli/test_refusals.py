"""Every refusal: its exit code, its words, and that nothing changed and no money moved."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calls import Called
from tests.projects import ReadyProject, command_line, ready_project
from tests.vendors import RunningSandbox, running_sandbox


def refused(
    project: ReadyProject, *words: str, exit_code: int, message: str, reason: str, hint: str
) -> Called:
    """Run a command that must be refused so, by text and by JSON, with nothing changed."""
    before, bought = project.everything(), project.bought()
    settings = project.path.read_bytes()
    called = project.call(*words, "--json")
    assert called.exit_code == exit_code, called.out + called.err
    error = called.document["error"]
    assert error["message"].startswith(message)
    assert reason in (error["reason"] or "")
    assert hint in (error["hint"] or "")
    assert error["exit_code"] == exit_code
    text = project.call(*words)
    assert text.exit_code == exit_code
    assert f"error: {message}" in text.err
    assert "Traceback" not in called.err + text.err
    assert _states(project.everything()) == _states(before)
    assert project.bought() == bought
    assert project.path.read_bytes() == settings
    return called


def _states(everything: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """What holds: all but the log, and the purchases that were settled as not made."""
    held = {name: rows for name, rows in everything.items() if name not in ("events", "runs")}
    held["purchases"] = [row for row in everything["purchases"] if "not_bought" not in row]
    return held


@pytest.mark.parametrize(
    "words",
    [
        ("pool", "fill"),
        ("resolve", "--country", "CL", "--ref", "a"),
        ("provision", "--country", "CL", "--yes"),
        ("search", "--country", "CL"),
    ],
)
def test_a_wrong_auth_token(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN", "0" * 32)
    refused(
        project,
        *words,
        exit_code=4,
        message="Twilio rejected the credentials",
        reason="(Twilio 20003)",
        hint="kapso-twilio auth set auth_token",
    )


def test_a_missing_auth_token_names_the_ways_to_give_it(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAPSO_TWILIO_AUTH_TOKEN")
    refused(
        project,
        "pool",
        "fill",
        exit_code=4,
        message="",
        reason="",
        hint="kapso-twilio auth set auth_token",
    )
    assert project.sandbox.requests() == []


def test_a_wrong_meta_token_is_found_before_anything_is_bought(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAPSO_TWILIO_META_TOKEN", "wrong")
    refused(
        project,
        "pool",
        "fill",
        exit_code=4,
        message="Meta rejected the token",
        reason="(Meta 190/463)",
        hint="kapso-twilio auth set meta_token",
    )


@pytest.mark.parametrize(
    "words", [("resolve", "--country", "BR"), ("provision", "--country", "BR", "--yes")]
)
def test_a_country_that_is_not_allowed(project: ReadyProject, words: tuple[str, ...]) -> None:
    refused(
        project,
        *words,
        exit_code=3,
        message="Brazil (BR) is not allowed in project acme",
        reason="allowed countries: US, CL, GB",
        hint="kapso-twilio country allow BR",
    )
    assert project.sandbox.requests() == []


@pytest.mark.parametrize(
    ("country", "hint"), [("UK", "did you mean GB (United Kingdom)?"), ("XX", "US (United States)")]
)
@pytest.mark.parametrize(
    "words",
    [("resolve", "--country"), ("provision", "--yes", "--country"), ("search", "--country")],
    ids=["resolve", "provision", "search"],
)
def test_an_unknown_country(
    project: ReadyProject, words: tuple[str, ...], country: str, hint: str
) -> None:
    refused(
        project,
        *words,
        country,
        exit_code=2,
        message=f"'{country}' is not a country code",
        reason="ISO 3166-1 alpha-2",
        hint=hint,
    )


def test_a_country_that_twilio_does_not_sell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, allowed_countries=["US", "KP"])
    for words in (
        ("search", "--country", "KP"),
        ("provision", "--country", "KP", "--yes"),
        ("resolve", "--country", "KP"),
    ):
        refused(
            project,
            *words,
            exit_code=5,
            message="Twilio sells no numbers in North Korea (KP)",
            reason="(Twilio 20404)",
            hint="twilio.com",
        )


def test_a_type_that_twilio_does_not_sell_lists_those_it_does_with_prices(
    project: ReadyProject,
) -> None:
    for verb in (("search",), ("provision", "--yes"), ("resolve",)):
        refused(
            project,
            *verb,
            "--country",
            "CL",
            "--number-type",
            "toll-free",
            exit_code=5,
            message="Twilio sells no toll-free numbers in Chile (CL)",
            reason="it sells: local (2.50 USD a month), mobile (5.00 USD a month)",
            hint="kapso-twilio country set CL --number-type",
        )


@pytest.mark.parametrize("words", [("provision", "--yes"), ("resolve",)])
def test_a_missing_bundle_names_the_country_and_the_command(
    project: ReadyProject, words: tuple[str, ...]
) -> None:
    refused(
        project,
        *words,
        "--country",
        "GB",
        "--number-type",
        "mobile",
        exit_code=5,
        message="Twilio refused to sell +44",
        reason="United Kingdom need an approved regulatory bundle of the right type (Twilio 21649)",
        hint="kapso-twilio country set GB --bundle-sid BU",
    )


def test_a_bundle_that_the_account_lacks_is_found_before_a_number_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    bundle = "BU" + "0" * 32
    countries = {"GB": {"bundle_sid": bundle, "number_type": "mobile"}}
    pools = {"GB": {"target_size": 1}}
    project = ready_project(tmp_path, monkeypatch, sandbox, countries=countries, pools=pools)
    for words in (("pool", "fill"), ("provision", "--country", "GB", "--yes")):
        refused(
            project,
            *words,
            exit_code=5,
            message=f"bundle {bundle} cannot be used for numbers in GB",
            reason="the account has no such bundle",
            hint="kapso-twilio country set GB --bundle-sid",
        )
    assert not [one for one in sandbox.requests() if one.startswith("POST /2010")]


def test_out_of_stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sandbox(stock={"CL": 0}) as sandbox:
        pools = {"CL": {"target_size": 1}}
        project = ready_project(tmp_path, monkeypatch, sandbox, pools=pools)
        for words in (
            ("search", "--country", "CL"),
            ("provision", "--country", "CL", "--yes"),
            ("resolve", "--country", "CL"),
            ("pool", "fill"),
        ):
            refused(
                project,
                *words,
                exit_code=5,
                message="Twilio has no local numbers for Chile (CL) in stock",
                reason="the search found none",
                hint="kapso-twilio search --country CL --number-type TYPE",
            )


@pytest.mark.parametrize("number", ["+5691", "56912345678", "+569123456789012", "912345678"])
@pytest.mark.parametrize(
    "words",
    [
        ("connect",),
        ("disconnect",),
        ("number", "show"),
        ("number", "verify"),
        ("number", "add-to-pool"),
        ("reservation", "cancel"),
        ("provision", "--country", "CL", "--yes", "--phone-number"),
    ],
    ids=" ".join,
)
def test_a_partial_or_ambiguous_number(
    project: ReadyProject, words: tuple[str, ...], number: str
) -> None:
    called = project.call(*words, number)
    assert called.exit_code == 2
    assert "is not a full phone number" in called.err
    assert "hint: write it like +56912345678" in called.err
    assert project.sandbox.requests() == []


@pytest.mark.parametrize(
    "words",
    [
        ("connect",),
        ("disconnect",),
        ("number", "show"),
        ("number", "history"),
        ("number", "verify"),
        ("number", "add-to-pool"),
        ("reservation", "cancel"),
    ],
    ids=" ".join,
)
def test_a_number_of_another_project(project: ReadyProject, words: tuple[str, ...]) -> None:
    other = "+56225550123"
    project.sandbox.buy_in_console(other, "kt:beta:aaaaaaaa:bbbbbbbbbbbbbbbb")
    refused(
        project,
        *words,
        other,
        exit_code=3,
        message=f"{other} is not a number of project acme",
        reason="the inventory does not hold it",
        hint="kapso-twilio number list",
    )


NEEDS_INVENTORY = [
    ("pool", "fill"),
    ("pool", "list"),
    ("resolve", "--country", "CL"),
    ("provision", "--country", "CL", "--yes"),
    ("reconcile",),
    ("status",),
    ("number", "list"),
    ("reservation", "list"),
    ("connect", "+56225550123"),
    ("disconnect", "+56225550123"),
    ("inventory", "check"),
]


@pytest.mark.parametrize("words", NEEDS_INVENTORY, ids=" ".join)
def test_no_inventory(project: ReadyProject, words: tuple[str, ...]) -> None:
    project.inventory.unlink()
    called = project.call(*words)
    assert called.exit_code == 3
    assert f"error: there is no inventory at {project.inventory}" in called.err
    assert "hint: kapso-twilio inventory create" in called.err
    assert not project.inventory.exists()
    assert project.sandbox.requests() == []


@pytest.mark.parametrize("words", NEEDS_INVENTORY, ids=" ".join)
@pytest.mark.parametrize("damage", [b"this is no database, and never was" * 40, b"\x00" * 4096])
def test_a_corrupt_inventory(project: ReadyProject, words: tuple[str, ...], damage: bytes) -> None:
    project.inventory.write_bytes(damage)
    called = project.call(*words)
    assert called.exit_code == 3, called.err
    assert "Traceback" not in called.err
    assert str(project.inventory) in called.err
    if words != ("inventory", "check"):
        assert "kapso-twilio inventory check" in called.err
    assert project.inventory.read_bytes() == damage
    assert project.bought() == []


def test_a_damaged_page_is_found_by_inventory_check(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    content = bytearray(project.inventory.read_bytes())
    content[8192:16384] = b"\xff" * 8192
    project.inventory.write_bytes(content)
    called = project.call("inventory", "check", "--json")
    assert called.exit_code == 3
    assert called.document["problems"]
    assert "damaged" in called.document["error"]["message"]


@pytest.mark.parametrize("words", NEEDS_INVENTORY, ids=" ".join)
def test_a_newer_schema(project: ReadyProject, words: tuple[str, ...]) -> None:
    connection = sqlite3.connect(project.inventory)
    connection.execute("PRAGMA user_version = 9999")
    connection.close()
    before = project.inventory.read_bytes()
    called = project.call(*words)
    assert called.exit_code == 3
    assert "was written by a newer kapso-twilio" in called.err
    assert "hint: upgrade kapso-twilio on this host" in called.err
    assert project.inventory.read_bytes() == before
    assert project.bought() == []


def test_an_inventory_of_another_account(project: ReadyProject) -> None:
    project.answer("config", "set", "twilio.account_sid", "AC" + "0" * 32)
    called = project.call("pool", "fill")
    assert called.exit_code == 3
    assert "belongs to another Twilio account" in called.err
    assert project.sandbox.requests() == []


def test_an_inventory_of_stand_ins_while_the_real_vendors_are_meant(
    project: ReadyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAPSO_TWILIO_SANDBOX_URL")
    called = project.call("pool", "fill")
    assert called.exit_code == 3
    assert "belongs to other vendors" in called.err
    assert "KAPSO_TWILIO_SANDBOX_URL" in called.err


def test_another_projects_file_in_the_place_of_the_inventory(project: ReadyProject) -> None:
    other = project.inventory.parent.parent / "beta"
    project.path.write_text(project.path.read_text().replace('"acme"', '"beta"'))
    other.mkdir()
    shutil.copy(project.inventory, other / "inventory.db")
    called = project.call("status")
    assert called.exit_code == 3
    assert "belongs to another project" in called.err
    assert "it was made for acme; this run is for beta" in called.err


_WITHOUT_ROOTS_RIGHT_TO_WRITE_EVERYWHERE = """
import ctypes, os, sys
if os.geteuid() == 0:
    PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize(
    "words",
    [
        ("provision", "--country", "CL", "--yes"),
        ("resolve", "--country", "CL"),
        ("pool", "fill"),
    ],
    ids=" ".join,
)
def test_an_unwritable_data_directory_is_found_before_a_purchase(
    project: ReadyProject, words: tuple[str, ...]
) -> None:
    folder = project.inventory.parent
    project.inventory.chmod(0o400)
    folder.chmod(0o500)
    script = [sys.executable, "-c", _WITHOUT_ROOTS_RIGHT_TO_WRITE_EVERYWHERE]
    try:
        ended = subprocess.run(
            [*script, *command_line(*words)],
            cwd=project.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        folder.chmod(0o700)
    assert ended.returncode == 3, ended.stderr
    assert "cannot be written" in ended.stderr
    assert "hint: check the folder's owner, its permissions" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert project.bought() == []


def test_no_terminal_and_no_yes(project: ReadyProject) -> None:
    refused(
        project,
        "provision",
        "--country",
        "CL",
        exit_code=2,
        message="not done without a yes: Buy one local number in Chile for 2.50 USD a month?",
        reason="there is no terminal to ask on",
        hint="add --yes",
    )


BUYS: list[tuple[str, ...]] = [
    ("provision", "--country", "US", "--yes"),
    ("resolve", "--country", "US"),
    ("pool", "fill"),
]


@pytest.mark.parametrize("words", BUYS, ids=" ".join)
@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_numbers": 0}, "limits.max_numbers would be exceeded: limit 0, current 0, asked"),
        ({"max_monthly_cost": 1.14}, "limits.max_monthly_cost would be exceeded: limit 1.14"),
        ({"max_purchases_per_day": 0}, "limits.max_purchases_per_day would be exceeded: limit 0"),
        ({"currency": "EUR"}, "the price of 1.15 USD a month counts as unknown"),
    ],
    ids=["max_numbers", "max_monthly_cost", "max_purchases_per_day", "currency"],
)
def test_a_limit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: RunningSandbox,
    words: tuple[str, ...],
    limits: dict[str, object],
    message: str,
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits=limits)
    called = refused(
        project,
        *words,
        exit_code=6,
        message=message,
        reason="",
        hint="kapso-twilio config set limits.",
    )
    assert called.document["error"]["kind"] == "limit"


def test_a_cost_limit_one_cent_short_of_the_fill_buys_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={"max_monthly_cost": 2.29})
    refused(
        project,
        "pool",
        "fill",
        exit_code=6,
        message="limits.max_monthly_cost would be exceeded: limit 2.29, current 0.00, asked 2.30",
        reason="",
        hint="kapso-twilio config set limits.max_monthly_cost 2.30",
    )
    project.answer("config", "set", "limits.max_monthly_cost", "2.30")
    assert project.answer("pool", "fill")["pools"][0]["ready"] == 2


@pytest.mark.parametrize("limit", ["max_purchases_per_run", "max_purchases_per_day"])
def test_the_pace_of_a_fill_is_kept_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, limit: str
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={limit: 1})
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 7
    assert f"limits.{limit}" in called.document["error"]["reason"]
    assert len(project.bought()) == 1
    (attention,) = project.answer("status")["attention"]
    assert (attention["kind"], attention["severity"]) == ("purchase_limit", "warning")
    assert f"limits.{limit}" in attention["message"]


def test_a_run_that_may_buy_nothing_is_refused_by_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    limits = {"max_purchases_per_run": 0}
    project = ready_project(tmp_path, monkeypatch, sandbox, limits=limits)
    called = project.call("pool", "fill", "--json")
    assert called.exit_code == 6
    assert project.bought() == []


def test_to_reconcile_the_pace_is_attention_and_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, limits={"max_purchases_per_run": 1})
    (pool,) = project.answer("reconcile")["pools"]
    assert (pool["bought"], pool["shortfall"]) == (1, 1)
    assert [one["kind"] for one in project.answer("status")["attention"]] == ["purchase_limit"]
    assert project.answer("reconcile")["pools"][0]["ready"] == 2
    assert project.answer("status")["attention"] == []


@pytest.mark.parametrize(
    "prices",
    [
        {
            "country": "United States",
            "iso_country": "US",
            "price_unit": "USD",
            "phone_number_prices": [],
        },
        {
            "country": "United States",
            "iso_country": "US",
            "price_unit": "USD",
            "phone_number_prices": None,
        },
        {"code": 20404, "message": "not found", "status": 404},
        {"code": 70051, "message": "not granted", "status": 403},
    ],
    ids=["none", "null", "404", "key may not ask"],
)
@pytest.mark.parametrize("words", BUYS, ids=" ".join)
def test_an_unknown_price(
    project: ReadyProject, prices: dict[str, Any], words: tuple[str, ...]
) -> None:
    project.sandbox.fault(
        method="GET",
        path="PhoneNumbers/Countries",
        times=None,
        fault="status",
        status=prices.get("status", 200),
        body=prices,
    )
    refused(
        project,
        *words,
        exit_code=6,
        message="the price of local numbers in US is unknown",
        reason="Twilio names none",
        hint="use the auth token",
    )


@pytest.mark.parametrize("words", BUYS, ids=" ".join)
def test_twilio_down(project: ReadyProject, words: tuple[str, ...]) -> None:
    project.sandbox.fault(path="2010-04-01|/v1/|/v2/", times=None, fault="drop_before")
    before = project.everything()
    called = project.call(*words, "--json")
    assert called.exit_code == 75
    assert called.document["error"]["message"] == "Twilio is not available"
    assert "later" in called.document["error"]["hint"]
    assert project.everything() == before


def test_a_provision_of_a_number_that_the_account_holds(project: ReadyProject) -> None:
    held = "+56225550123"
    project.sandbox.buy_in_console(held, "somebody's own")
    refused(
        project,
        "provision",
        "--country",
        "CL",
        "--yes",
        "--phone-number",
        held,
        exit_code=3,
        message=f"{held} is in the account already",
        reason="",
        hint="",
    )


def test_a_provision_of_a_number_that_is_not_on_sale_names_it(project: ReadyProject) -> None:
    for country, number in (("CL", "+56912345678"), ("US", "+56225550123")):
        refused(
            project,
            "provision",
            "--country",
            country,
            "--yes",
            "--phone-number",
            number,
            exit_code=5,
            message=f"{number} is not on sale",
            reason=f"Twilio does not list it among {country}'s local numbers",
            hint=f"kapso-twilio search --country {country}",
        )


def _ready(project: ReadyProject) -> str:
    project.answer("pool", "fill")
    ((number,), *_) = project.rows("SELECT phone_number FROM numbers")
    return str(number)


def _reserved(project: ReadyProject) -> str:
    project.answer("pool", "fill")
    return str(project.answer("resolve", "--ref", "a")["phone_number"])


REFUSED_STATES: list[tuple[str, Callable[[ReadyProject], str], tuple[str, ...], str]] = [
    ("disconnect of a ready one", _ready, ("disconnect",), "kapso-twilio number show"),
    (
        "disconnect of a reserved one",
        _reserved,
        ("disconnect",),
        "kapso-twilio reservation cancel",
    ),
    ("cancel of a ready one", _ready, ("reservation", "cancel"), "reservation list"),
    (
        "add to pool of a reserved one",
        _reserved,
        ("number", "add-to-pool"),
        "kapso-twilio number show",
    ),
    ("verify of a reserved one", _reserved, ("number", "verify"), "number show"),
]


@pytest.mark.parametrize(
    ("arrange", "words", "hint"),
    [case[1:] for case in REFUSED_STATES],
    ids=[case[0] for case in REFUSED_STATES],
)
def test_what_a_state_does_not_allow_names_the_command_that_fits(
    project: ReadyProject,
    arrange: Callable[[ReadyProject], str],
    words: tuple[str, ...],
    hint: str,
) -> None:
    number = arrange(project)
    refused(project, *words, number, exit_code=3, message=number, reason="", hint=hint)
