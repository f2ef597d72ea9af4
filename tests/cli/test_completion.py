"""Shell completion, asked as the shells' scripts ask: by a variable of the environment."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kapso_twilio_cli.config.locations import config_dir
from tests.projects import ReadyProject, command_line

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


def test_choices_and_projects_are_offered(project: ReadyProject) -> None:
    assert ask(project, "disconnect", "--policy", "") == ["mark_unavailable", "return_to_pool"]
    folder = config_dir() / "projects"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "other.toml").touch()
    assert ask(project, "-p", "o") == ["other"]
    assert ask(project, "status", "--project", "o") == ["other"]


def test_what_is_missing_or_broken_offers_nothing_and_says_nothing(project: ReadyProject) -> None:
    project.inventory.write_bytes(b"no database")
    assert ask(project, "connect", "") == []
    project.inventory.unlink()
    assert ask(project, "connect", "") == []
    assert not project.inventory.exists()
    project.path.write_text("no = [ settings")
    assert ask(project, "connect", "") == []
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
