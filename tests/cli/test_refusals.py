"""Every refusal: its exit code, its words, and that nothing changed and no money moved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.refusals import BUYS, refused
from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox, running_sandbox


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
                hint="kapso-twilio search --country CL --number-type mobile",
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
        ("number", "import"),
        ("number", "release"),
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


def test_no_terminal_and_no_yes(project: ReadyProject) -> None:
    refused(
        project,
        "provision",
        "--country",
        "CL",
        exit_code=2,
        message="nothing was done: this needs a yes",
        reason="there is no terminal to ask on: Buy one local number in Chile for 2.50 USD",
        hint="add --yes",
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
    ("disconnect of a ready one", _ready, ("disconnect",), "kapso-twilio connect"),
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
