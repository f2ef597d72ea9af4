"""What the documents say is so: commands parse, tables are complete, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from kapso_twilio_cli.cli.answer import Output
from kapso_twilio_cli.cli.tree import root
from kapso_twilio_cli.domain.attention import AttentionKind
from kapso_twilio_cli.domain.resolution import ResolveReason
from kapso_twilio_cli.errors import KapsoTwilioError
from tests import state_diagram

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ACCIDENTS = (ROOT / "docs" / "what-happens-when.md").read_text(encoding="utf-8")
DOCUMENTS = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/what-happens-when.md",
    "docs/embedded-signup.md",
]

SUCCESS, CHANGES_TO_MAKE = 0, 10


def commands_shown(text: str) -> list[str]:
    """Every `kapso-twilio` command in the code blocks of a document, without the program's name."""
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    lines = blocks.replace("\\\n", " ").splitlines()
    typed = [line for line in lines if re.match(r"\$ |next: |\S+ \* \* \* \* |  hint: ", line)]
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


SHOWN = [*commands_shown(README), *commands_shown((ROOT / "docs/embedded-signup.md").read_text())]


@pytest.mark.parametrize("shown", SHOWN)
def test_every_command_that_is_shown_parses(shown: str) -> None:
    parse(shlex.split(shown))


def test_commands_are_found_in_code_blocks() -> None:
    text = "```console\n$ a | kapso-twilio x \\\n    --y < z\n*/5 * * * * /b/kapso-twilio r\n```\n"
    assert [shlex.split(found) for found in commands_shown(text)] == [["x", "--y"], ["r"]]
    assert len(commands_shown(README)) > 15


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
    assert shown == set(_all_commands())


def test_exit_codes_and_kinds_are_those_of_the_errors() -> None:
    kinds: dict[int, set[str]] = defaultdict(set, {SUCCESS: set(), CHANGES_TO_MAKE: set()})
    for error in _all_errors(KapsoTwilioError):
        kinds[error.exit_code].add(error.kind)
    shown = {int(cells[0]): set(code_words(cells[1])) for cells in table_after("## Exit codes")}
    assert shown == kinds
    assert list(shown) == sorted(shown)


def test_reasons_and_attention_kinds_are_those_of_the_program() -> None:
    reasons = table_after("## How a number is chosen")
    assert [code_words(cells[0]) for cells in reasons] == [[reason] for reason in ResolveReason]
    attention = table_after("## What `status` calls attention to")
    assert [code_words(cells[0]) for cells in attention] == [[kind] for kind in AttentionKind]


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


def test_states_in_the_architecture_are_those_of_the_lifecycle() -> None:
    text = state_diagram.DOCUMENT.read_text(encoding="utf-8")
    assert text == state_diagram.with_states(text), "run python -m tests.state_diagram"


def test_every_library_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = [*project["dependencies"], *(name for extra in extras for name in extra)]
    names = {re.split(r"[<>=~! ]", requirement)[0].lower() for requirement in declared}
    section = CONTRIBUTING.split("## Libraries")[1]
    assert {name.lower() for name in re.findall(r"\*\*([\w-]+)\*\*", section)} == names


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_and_links_exist(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make (\w+)`", text)) <= targets
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", text)
    folder = (ROOT / document).parent
    assert [link for link in links if not (folder / link).exists()] == []


def _spelled_out(words: list[str]) -> Iterator[str]:
    """`pool list`, `set` is `pool list` and `pool set`; `enable`, `disable` stand alone."""
    noun = words[0].split()[0] if " " in words[0] else None
    yield words[0]
    for word in words[1:]:
        yield f"{noun} {word}" if noun else word


def _all_commands() -> Iterator[str]:
    program: Any = root()
    for name in program.list_commands(None):
        command = program.get_command(None, name)
        verbs = getattr(command, "commands", None)
        yield from [f"{name} {verb}" for verb in verbs] if verbs else [name]


def _all_errors(kind: type[KapsoTwilioError]) -> Iterator[type[KapsoTwilioError]]:
    for error in kind.__subclasses__():
        yield error
        yield from _all_errors(error)
