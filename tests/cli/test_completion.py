"""Shell completion, asked as the shells' scripts ask: by a variable of the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kapso_twilio_cli.config.locations import config_dir
from tests.projects import ReadyProject, command_line, ready_project
from tests.vendors import RunningSandbox

from .links import new_customer

VARIABLE = "_KAPSO_TWILIO_COMPLETE"
LOADED = "import sys; from kapso_twilio_cli.main import main; main([]); print(sorted(sys.modules))"


def ask(project: ReadyProject, *words: str, argv: list[str] | None = None) -> list[str]:
    """What bash would offer for the last of the words."""
    asked = {
        VARIABLE: "complete_bash",
        "COMP_WORDS": "\n".join(("kapso-twilio", *words)),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        argv or command_line(),
        cwd=project.home,
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


def in_zsh(project: ReadyProject, line: str) -> str:
    """What zsh is given: words, each with what it is."""
    asked = {VARIABLE: "complete_zsh", "_TYPER_COMPLETE_ARGS": f"kapso-twilio {line}"}
    done = subprocess.run(
        command_line(),
        cwd=project.home,
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().removeprefix("_arguments '*: :((").removesuffix("))'")


def test_commands_are_offered_without_loading_one(project: ReadyProject) -> None:
    assert ask(project, "re") == ["resolve", "reconcile", "reservation"]
    assert set(ask(project, "pool", "")) == {"list", "set", "remove", "fill", "trim"}
    loaded = " ".join(ask(project, "", argv=[sys.executable, "-c", LOADED]))
    assert "kapso_twilio_cli.cli.tree" in loaded
    for module in ("kapso_twilio_cli.cli.pool", "requests", "twilio", "rich"):
        assert f"'{module}'" not in loaded


def test_countries_come_with_the_allowed_ones_first(project: ReadyProject) -> None:
    offered = ask(project, "resolve", "--country", "")
    assert offered[:3] == ["US", "CL", "GB"]
    assert len(offered) == len(set(offered)) > 200
    assert ask(project, "resolve", "--country", "=", "GB") == ["GB"]


def test_numbers_are_those_that_the_command_has_work_for(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    held = project.answer("resolve", "--ref", "a")["phone_number"]
    ready = project.rows("SELECT phone_number FROM numbers WHERE state = 'ready'")[0][0]
    assert ask(project, "connect", "") == [held]
    assert ask(project, "reservation", "cancel", held[:4]) == [held]
    assert ask(project, "number", "release", "") == [ready]
    assert ask(project, "disconnect", "") == []
    project.answer("connect", "--ref", "a")
    assert ask(project, "disconnect", "") == [held]
    assert ask(project, "connect", "") == []
    assert set(ask(project, "number", "show", "")) == {held, ready}


def test_numbers_to_verify_are_members_of_a_pool(project: ReadyProject) -> None:
    number = project.answer("provision", "--country", "US", "--yes")["phone_number"]
    assert ask(project, "number", "verify", "") == []
    assert ask(project, "number", "add-to-pool", "") == [number]
    project.answer("number", "add-to-pool", number)
    assert ask(project, "number", "verify", "") == [number]


def test_numbers_are_found_without_their_plus(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    ready = project.bought()
    assert set(ask(project, "number", "show", "1")) == set(ready)
    assert ask(project, "webhook", "configure", ready[0][1:]) == [ready[0]]
    assert ask(project, "number", "show", "2") == []


def test_refs_are_those_whose_number_the_command_has_work_for(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "signup-1")
    project.answer("resolve", "--ref", "signup-2")
    project.answer("connect", "--ref", "signup-2")
    assert ask(project, "connect", "--ref", "") == ["signup-1"]
    assert ask(project, "reservation", "cancel", "--ref", "sign") == ["signup-1"]
    assert ask(project, "disconnect", "--ref", "") == ["signup-2"]
    assert ask(project, "number", "list", "--ref", "") == ["signup-1", "signup-2"]
    project.answer("disconnect", "--ref", "signup-2")
    assert ask(project, "disconnect", "--ref", "") == []


def test_purchases_are_those_that_nobody_has_settled(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    assert ask(project, "purchase", "settle", "") == []
    project.sandbox.fault(method="POST", path="IncomingPhoneNumbers", fault="drop_before")
    project.call("resolve", "--country", "CL", "--ref", "a")
    ((unsettled,),) = project.rows("SELECT id FROM purchases WHERE state = 'unknown'")
    assert ask(project, "purchase", "settle", "") == [unsettled]


def test_setup_links_are_those_that_have_not_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox
) -> None:
    project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
    project.answer("pool", "fill")
    customer = new_customer(project)
    made = project.answer("setup-link", "create", "--customer", customer, "--ref", "a")
    assert ask(project, "setup-link", "revoke", "") == [made["link_id"]]
    assert ask(project, "setup-link", "revoke", "--ref", "") == ["a"]
    project.answer("setup-link", "revoke", "--ref", "a")
    assert ask(project, "setup-link", "revoke", "") == []
    assert ask(project, "setup-link", "revoke", "--ref", "") == []


def test_pools_and_countries_are_those_that_the_command_can_change(project: ReadyProject) -> None:
    for verb in ("fill", "trim", "remove"):
        assert ask(project, "pool", verb, "") == ["US"]
    assert ask(project, "pool", "fill", "US", "") == [], "it is typed already"
    project.answer("pool", "set", "GB", "--target-size", "1")
    assert ask(project, "pool", "set", "") == ["US", "GB", "CL"], "those with pools first"
    assert ask(project, "country", "disallow", "") == ["US", "CL", "GB"]
    assert ask(project, "country", "default", "c") == ["CL"]
    assert ask(project, "country", "unset", "") == []
    project.answer("country", "set", "CL", "--number-type", "mobile")
    assert ask(project, "country", "unset", "") == ["CL"]
    assert ask(project, "country", "set", "")[:3] == ["US", "CL", "GB"]
    new = ask(project, "country", "allow", "")
    assert {"PE", "MX"} < set(new)
    assert {"US", "CL", "GB"}.isdisjoint(new)
    assert "PE" not in ask(project, "country", "allow", "PE", "")


@pytest.mark.parametrize(
    "words",
    [
        ("search", "--country"),
        ("provision", "--country"),
        ("number", "list", "--country"),
        ("setup-link", "create", "--customer", "c", "--country"),
        ("configure", "--default-country"),
    ],
    ids=" ".join,
)
def test_every_option_for_a_country_offers_them(
    project: ReadyProject, words: tuple[str, ...]
) -> None:
    assert ask(project, *words, "g")[0] == "GB"


def test_keys_are_offered_and_what_they_take(project: ReadyProject) -> None:
    assert ask(project, "config", "set", "limits.max_n") == [
        "limits.max_numbers",
        "limits.max_numbers_per_country",
    ]
    assert "pools.CL.target_size" in ask(project, "config", "set", "pools.")
    assert ask(project, "config", "set", "proj") == [], "the name cannot be changed"
    assert ask(project, "config", "set", "plan", "p") == ["pro", "platform"]
    assert ask(project, "config", "set", "enabled", "") == ["true", "false"]
    assert ask(project, "config", "set", "limits.max_numbers", "") == ["none"]
    assert ask(project, "config", "set", "nonsense", "") == []
    assert ask(project, "config", "unset", "limits.") == [], "none stands in the file"
    project.answer("config", "set", "limits.max_numbers", "49")
    assert ask(project, "config", "unset", "limits.") == ["limits.max_numbers"]
    assert "plan" not in ask(project, "config", "unset", ""), "every project needs one"
    shown = in_zsh(project, "config unset limits.")
    assert shown.startswith('"limits.max_numbers":"a whole number'), "never with its value"
    assert '"plan":"one of free, legacy' in in_zsh(project, "config set plan")


def test_secrets_are_offered_by_name_and_never_looked_up(project: ReadyProject) -> None:
    names = ask(project, "auth", "set", "")
    assert names[:2] == ["auth_token", "api_key_secret"]
    assert ask(project, "auth", "clear", "meta") == ["meta_token", "meta_app_secret"]
    assert ask(project, "auth", "set", "auth_token", "--store", "") == ["keyring", "file"]
    loaded = " ".join(ask(project, "auth", "clear", "", argv=[sys.executable, "-c", LOADED]))
    assert "'keyring'" not in loaded


def test_choices_and_projects_are_offered(project: ReadyProject) -> None:
    assert ask(project, "disconnect", "--policy", "") == ["mark_unavailable", "return_to_pool"]
    folder = config_dir() / "projects"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "other.toml").touch()
    assert ask(project, "-p", "o") == ["other"]
    assert ask(project, "status", "--project", "o") == ["other"]
    assert ask(project, "project", "remove", "") == ["other"]
    assert ask(project, "configure", "o") == ["other"]


def test_what_is_missing_or_broken_offers_nothing_and_says_nothing(project: ReadyProject) -> None:
    project.inventory.write_bytes(b"no database")
    held = [("connect",), ("connect", "--ref"), ("purchase", "settle"), ("setup-link", "revoke")]
    for words in held:
        assert ask(project, *words, "") == []
    project.inventory.unlink()
    for words in held:
        assert ask(project, *words, "") == []
    assert not project.inventory.exists()
    project.path.write_text("no = [ settings")
    for words in (*held, ("pool", "fill"), ("country", "default"), ("config", "unset")):
        assert ask(project, *words, "") == []
    assert "limits.max_numbers" in ask(project, "config", "set", "")
    assert "US" in ask(project, "resolve", "--country", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script_and_its_form(project: ReadyProject, shell: str) -> None:
    def run(**asked: str) -> str:
        done = subprocess.run(
            command_line(),
            env=os.environ | asked,
            cwd=project.home,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert "kapso-twilio" in run(**{VARIABLE: f"source_{shell}"})
    forms = {"bash": "reconcile\n", "zsh": '"reconcile":"Settle', "fish": "reconcile\tSettle"}
    asked = {
        "_TYPER_COMPLETE_ARGS": "kapso-twilio rec",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "COMP_WORDS": "kapso-twilio\nrec",
        "COMP_CWORD": "1",
    }
    assert forms[shell] in run(**{VARIABLE: f"complete_{shell}"}, **asked)
