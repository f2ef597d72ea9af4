"""The commands that a page shows, and what it shows of their output.

They stand in ```console blocks: a line that begins with `$ ` is typed, and goes on while lines end
with a backslash; what follows it is shown output, of which lines may be left out. A command ends
with exit code 0, unless an `error:` or `failure:` is shown, or `<!-- exits 10 -->` stands above the
block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(
    r"(?:^<!-- exits (?P<exits>\d+) -->\n+)?^```(?P<kind>\w*)\n(?P<body>.*?)^```", re.M | re.S
)
_TERMINAL = re.compile(r"\[y/N\]: |^Name of the project |─|█")


@dataclass(frozen=True)
class Shown:
    """One command as a page shows it."""

    line: int
    command: str
    output: tuple[str, ...]
    exits: int | None
    """The code that the page names, if it does."""

    @property
    def fails(self) -> bool:
        """Whether it shows a failure."""
        return any(line.startswith(("error: ", "failure: ")) for line in self.output)

    @property
    def is_on_a_terminal(self) -> bool:
        """Whether it shows what only a terminal shows: a question, a drawn table."""
        return any(_TERMINAL.search(line) for line in self.output)

    @property
    def is_server(self) -> bool:
        """Whether it serves until it is ended, in the foreground."""
        return bool(re.match(r"kapso-twilio (?:webhook|sandbox) serve\b[^&]*$", self.command))

    def ended_as_shown(self, exit_code: int) -> bool:
        """Whether that is the exit code that the page lets expect."""
        if self.exits is not None:
            return exit_code == self.exits
        return (exit_code != 0) == self.fails


def commands_of(page: str) -> list[Shown]:
    """Every command of a page, from top to bottom."""
    return [
        shown
        for block in _BLOCK.finditer(page)
        if block["kind"] == "console"
        for shown in _commands_in(block, page.count("\n", 0, block.start("body")) + 1)
    ]


def typed_elsewhere(page: str) -> list[str]:
    """Lines that look typed and stand in no console block: they would be run by nobody."""
    return [
        line
        for block in _BLOCK.finditer(page)
        if block["kind"] != "console"
        for line in block["body"].splitlines()
        if line.startswith("$ ")
    ]


def _commands_in(block: re.Match[str], first_line: int) -> Iterator[Shown]:
    exits = int(block["exits"]) if block["exits"] else None
    found: list[tuple[int, list[str], list[str]]] = []
    goes_on = False
    for number, line in enumerate(block["body"].splitlines(), first_line):
        if goes_on:
            found[-1][1].append(line)
        elif line.startswith("$ "):
            found.append((number, [line[2:]], []))
        elif line.strip():
            found[-1][2].append(line)
        goes_on = line.endswith("\\") and not found[-1][2]
    for number, typed, output in found:
        yield Shown(number, "\n".join(typed), tuple(output), exits)
