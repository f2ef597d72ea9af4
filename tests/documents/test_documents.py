"""What the documents say is so: commands parse, tables are complete."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from kapso_twilio_cli.cli.answer import Output
from kapso_twilio_cli.cli.tree import root
from kapso_twilio_cli.errors import KapsoTwilioError

from .commands import all_commands

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ACCIDENTS = (ROOT / "docs" / "what-happens-when.md").read_text(encoding="utf-8")
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


_TYPED = r"\$ |next: |\S+ \* \* \* \* |  hint: |ExecStart="
_BARE = r"(sudo )?kapso-twilio "
"""In `sh` blocks, which hold what no test can run, lines bear no dollar."""


def commands_shown(text: str) -> list[str]:
    """Every `kapso-twilio` command in the code blocks of a document, without the program's name."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    typed = [
        line
        for language, block in blocks
        for line in block.replace("\\\n", " ").splitlines()
        if re.match(_BARE if language == "sh" else _TYPED, line)
    ]
    return [
        found
        for line in typed
        for found in re.findall(r"(?:^|[ /])kapso-twilio ([^|<>)\"]+)", line)
    ]


def parse(words: list[str]) -> None:
    """Parse a command as the program does, without running it; raises what a user would see."""
    command: Any = root()
    name: str | None = "kapso-twilio"
    parent = None
    while True:
        parent = command.make_context(name, words, parent=parent, obj=Output())
        if not hasattr(command, "resolve_command"):
            return
        words = [*parent._protected_args, *parent.args]
        if not words:
            return
        name, command, words = command.resolve_command(parent, words)


def table_after(heading: str, text: str = README) -> list[list[str]]:
    """The rows of the first table below a heading, cell by cell."""
    section = text.split(f"\n{heading}\n", 1)[1]
    lines = section[section.index("|") :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def code_words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


SHOWN = [shown for path in DOCUMENTS for shown in commands_shown(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("shown", dict.fromkeys(SHOWN))
def test_every_command_that_is_shown_parses(shown: str) -> None:
    parse(shlex.split(shown))


def test_commands_are_found_in_code_blocks() -> None:
    text = "```console\n$ a | kapso-twilio x \\\n    --y < z\n*/5 * * * * /b/kapso-twilio r\n```\n"
    bare = (
        "```sh\nsudo kapso-twilio s\n```\n```console\n$ ls\nkapso-twilio is no command here\n```\n"
    )
    found = [shlex.split(words) for words in commands_shown(text + bare)]
    assert found == [["x", "--y"], ["r"], ["s"]]
    assert len(SHOWN) > 150


def test_wrong_command_would_be_seen() -> None:
    with pytest.raises(KapsoTwilioError):
        parse(["poool", "fill"])
    with pytest.raises(typer.TyperException):
        parse(["pool", "fill", "--concurency", "3"])


def test_table_of_commands_is_complete() -> None:
    shown = {
        command
        for cells in table_after("## Commands")
        for command in _spelled_out(code_words(cells[0]))
    }
    assert shown == set(all_commands())


def test_every_line_of_what_happens_when_names_a_test_that_there_is() -> None:
    tests = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    lines = re.findall(r"^\| (?!when…|---)(.+) \|$", ACCIDENTS, re.MULTILINE)
    named = [code_words(line.split(" | ")[-1]) for line in lines]
    assert len(lines) > 40
    assert [names for names in named if len(names) != 1 or names[0] not in tests] == []


def test_every_library_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = [*project["dependencies"], *(name for extra in extras for name in extra)]
    names = {re.split(r"[<>=~! ]", requirement)[0].lower() for requirement in declared}
    section = CONTRIBUTING.split("## Libraries")[1]
    assert {name.lower() for name in re.findall(r"\*\*([\w-]+)\*\*", section)} == names


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_exist(document: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = document.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|^)make ([\w-]+)", text, re.MULTILINE)) <= targets


def _spelled_out(words: list[str]) -> Iterator[str]:
    """`pool list`, `set` is `pool list` and `pool set`; `enable`, `disable` stand alone."""
    noun = words[0].split()[0] if " " in words[0] else None
    yield words[0]
    for word in words[1:]:
        yield f"{noun} {word}" if noun else word
