"""The manual pages in man/ are today's, whole, and good roff."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.main import get_command

import kapso_twilio_cli
from kapso_twilio_cli.cli.command import Command
from kapso_twilio_cli.cli.tree import Entry, noun
from tests.cli.every_command import every_command

from . import roff
from .man_pages import FOLDER, man_pages, word_page

PAGES = man_pages()


def test_the_pages_are_todays() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert written == PAGES, "make reference writes them anew"


@pytest.mark.parametrize("command", every_command())
def test_every_command_has_its_usage_its_options_and_its_examples_on_a_page(command: str) -> None:
    page = PAGES[f"kapso-twilio-{command.split(maxsplit=1)[0]}.1"]
    assert roff.bold(f"kapso-twilio {command}") in page
    for param in every_command()[command].params:
        if param.name not in ("project", "config", "json", "quiet", "verbose", "no_input"):
            for option in param.opts if param.opts[0].startswith("-") else [param.metavar]:
                assert roff.usage(option) in page, option
    for example in every_command()[command].epilog.splitlines():
        assert roff.literal(example) in page


def test_the_programs_page_names_every_exit_code_and_every_variable_that_is_read() -> None:
    page = PAGES["kapso-twilio.1"]
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 75, 130, 143):
        assert f".TP\n{roff.bold(str(code))}\n" in page
    sources = Path(kapso_twilio_cli.__file__).parent.rglob("*.py")
    program = "".join(path.read_text(encoding="utf-8") for path in sources)
    for variable in set(re.findall(r"\b_?KAPSO_TWILIO_[A-Z_]*[A-Z]\b", program)):
        assert variable in page, variable


def test_what_is_hidden_stays_hidden() -> None:
    app = noun("Show and hide.")

    @app.command("shown", cls=Command)
    def shown(
        secret: Annotated[bool, typer.Option("--secret", help="Hidden.", hidden=True)] = False,
    ) -> None:
        """Show."""

    @app.command("buried", cls=Command, hidden=True)
    def buried() -> None:
        """Hide."""

    page = word_page(Entry("word", "Show and hide.", "Look"), get_command(app))
    assert "word shown" in page
    assert "secret" not in page
    assert "buried" not in page


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (
            "a pre-verified one: `pool fill`, --dry-run.",
            "a pre\\-verified one:\n\\fBpool fill\\fP, \\fB\\-\\-dry\\-run\\fP.",
        ),
        ("'quoted' at the front", "\\(aqquoted\\(aq at the front"),
        (".dotted, and a \\ in it", "\\&.dotted, and a \\e in it"),
    ],
)
def test_text_comes_out_as_it_went_in(words: str, written: str) -> None:
    assert roff.text(words) == written


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@pytest.mark.parametrize("name", PAGES)
def test_groff_finds_nothing_to_warn_of(name: str) -> None:
    told = _told("groff", "-man", "-ww", "-Tutf8", "-z", str(FOLDER / name))
    assert told == ""


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
@pytest.mark.parametrize("name", PAGES)
def test_mandoc_finds_nothing_to_warn_of(name: str) -> None:
    told = _told("mandoc", "-T", "lint", "-W", "warning", str(FOLDER / name))
    assert [line for line in told.splitlines() if "missing date" not in line] == []


def test_the_package_brings_the_pages_to_where_man_looks() -> None:
    settings = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["shared-data"] == {FOLDER.name: "share/man/man1"}


def _told(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
