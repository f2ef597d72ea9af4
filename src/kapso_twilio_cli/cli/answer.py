"""What a command answers: one JSON document, or text for a person.

A command calls one operation and hands its result here, as the keys of its JSON and as text.
Data goes to stdout, everything else to stderr.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

import msgspec
from msgspec import field

from ..errors import KapsoTwilioError
from ..ids import random_base32

if TYPE_CHECKING:
    from rich.table import Table as RichTable

_WIDER_THAN_ANY_TABLE = 100_000


class Table(msgspec.Struct, frozen=True):
    """Rows under headings; `empty` is said instead when there are none.

    A pipe gets the rows without headings, tab-separated; or `sentences`, where numbers alone would
    say nothing.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: str = ""
    sentences: Sequence[str] = ()


class LogFormat(StrEnum):
    """How what is said beside the data is written."""

    TEXT = "text"
    JSON = "json"
    """One object a line."""


Part = str | Table
Text = Sequence[Part]


class Output(msgspec.Struct):
    """Collects what goes to stdout, so that `--json` is one document whatever happens."""

    json: bool = False
    quiet: bool = False
    log_format: LogFormat = LogFormat.TEXT
    run_id: str = field(default_factory=lambda: random_base32(8))
    """Which run this is; it stands in the inventory's events too."""
    is_log: bool = False
    """Whether all that is said is a log, as `-v` asks: with run and time, and without numbers."""
    document: dict[str, object] = field(default_factory=dict)
    is_stream: bool = False
    """A document a line: whoever reads them reads what ends the command so too."""

    def answer(self, command: str, fields: Mapping[str, object], text: Text = ()) -> None:
        """Answer with the promised keys of `command` (its words joined by dots)."""
        if self.json:
            self.document = {"schema": f"kapso-twilio.{command}/1", **fields}
            return
        for part in text:
            write(sys.stdout, part)

    def answer_line(self, command: str, fields: Mapping[str, object]) -> None:
        """Print the promised keys of `command` now, as one line of several; errors are one too."""
        self.is_stream = True
        line = {"schema": f"kapso-twilio.{command}/1", **fields}
        print(msgspec.json.encode(line, enc_hook=str).decode(), flush=True)

    def note(self, text: str) -> None:
        """Say something beside the data, on stderr; not with `--quiet`."""
        if not self.quiet:
            self.say("info", text)

    def warn(self, text: str) -> None:
        """Say something that must be known, on stderr; also with `--quiet`."""
        self.say("warning", text)

    def say(self, level: str, text: str) -> None:
        """Say something on stderr: plainly, or as a line of the log where all of it is one."""
        if self.is_log:
            from ..domain.phone_number import mask_all

            text = mask_all(text)
        if self.log_format is LogFormat.JSON:
            self.log(level, text.removeprefix(f"{level}: "))
        elif self.is_log:
            self.log(level, text)
        else:
            print(text, file=sys.stderr)

    def log(self, level: str, text: str, **facts: object) -> None:
        """Write to the log, on stderr and in its format; `facts` stand in JSON alone."""
        if self.log_format is LogFormat.JSON:
            text = self.log_line(level, text, **facts)
        else:
            # Whoever reads a file needs the day too; on a terminal it would only be long.
            time = "%H:%M:%SZ" if sys.stderr.isatty() else "%Y-%m-%dT%H:%M:%SZ"
            before = f"{self.run_id} {datetime.now(UTC):{time}} "
            text = "\n".join(before + line for line in text.splitlines())
        sys.stderr.write(f"{text}\n")  # at once: threads write here too

    def log_line(self, level: str, text: str, **facts: object) -> str:
        """One line of a log in JSON."""
        now = datetime.now(UTC)
        line = {"at": now, "level": level, "run_id": self.run_id, "message": text, **facts}
        return msgspec.json.encode(line, enc_hook=str).decode()

    def finish(self, error: KapsoTwilioError | None) -> None:
        """Print the JSON document, with the error beside what was done; or the error as text."""
        if self.json:
            self._print_document(error)
        elif error is not None and self.log_format is LogFormat.JSON:
            self.log("error", error.message, error=error_fields(error))
        elif error is not None:
            print(error_text(error, colour=has_colour(sys.stderr)), file=sys.stderr)
            if self.is_log:
                print(f"  run: {self.run_id}", file=sys.stderr)

    def _print_document(self, error: KapsoTwilioError | None) -> None:
        document = self.document
        if error is not None:
            document = document or {"schema": "kapso-twilio.error/1"}
            document = {**document, "error": error_fields(error)}
        if document:
            text = msgspec.json.encode(document, enc_hook=str)
            print((text if self.is_stream else msgspec.json.format(text, indent=2)).decode())


def error_fields(error: KapsoTwilioError) -> dict[str, object]:
    """The promised keys of an error."""
    return {
        "kind": error.kind,
        "message": error.message,
        "reason": error.reason,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }


def error_text(error: KapsoTwilioError, *, colour: bool) -> str:
    """What happened, why, and what to do next, a line each."""
    head = "\x1b[31;1merror:\x1b[0m" if colour else "error:"
    lines = [f"{head} {error.message}"]
    if error.reason:
        lines.append(f"  reason: {error.reason}")
    if error.hint:
        lines.append(f"  hint: {error.hint}")
    return "\n".join(lines)


def has_colour(stream: TextIO) -> bool:
    """Whether colour may be used: a terminal, and no NO_COLOR (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def write(stream: TextIO, part: Part) -> None:
    """A line of text, or a table: drawn on a terminal, tab-separated in a pipe."""
    if isinstance(part, str):
        print(part, file=stream)
    elif not part.rows:
        if part.empty:
            print(part.empty, file=sys.stderr)
    elif stream.isatty():
        _draw(stream, part)
    elif part.sentences:
        for sentence in part.sentences:
            print(sentence, file=stream)
    else:
        for row in part.rows:
            print("\t".join(cell(value) for value in row), file=stream)


def _draw(stream: TextIO, table: Table) -> None:
    """A table is as wide as it needs: a cell that is broken cannot be copied, a line that is can.

    What does not fit into a line of the terminal goes on in its next one.
    """
    from rich.console import Console

    made = drawn(table)
    console = Console(file=stream, highlight=False, markup=False)
    endless = console.options.update(max_width=_WIDER_THAN_ANY_TABLE)
    natural = console.measure(made, options=endless).maximum
    console.size = console.size._replace(width=max(console.width, natural))
    console.print(made)


def drawn(table: Table) -> RichTable:
    """The table as a terminal shows it."""
    from rich import box
    from rich.table import Table as RichTable

    made = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in table.columns:
        made.add_column(column, overflow="fold")
    for row in table.rows:
        made.add_row(*(cell(value) for value in row))
    return made


def cell(value: object) -> str:
    """A value as text shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return "-" if value is None else str(value)
