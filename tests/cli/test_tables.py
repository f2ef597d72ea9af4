"""Tables on a terminal: what stands in them can be copied, however narrow the terminal is."""

from __future__ import annotations

import re

import pytest

from kapso_twilio_cli.cli.answer import Table, write
from kapso_twilio_cli.ids import random_base32

from .terminal import Screen

COLUMNS = ["purchase", "number", "number_type", "status", "reason"]
ROWS = [
    [random_base32(16), f"+1320555000{n}", "local", "█" * 8, "a reason in many words"]
    for n in range(3)
]


@pytest.mark.parametrize(("kind", "width"), [("xterm", 20), ("xterm", 60), ("dumb", 20)])
def test_no_cell_and_no_heading_is_broken_however_narrow_the_terminal(
    monkeypatch: pytest.MonkeyPatch, kind: str, width: int
) -> None:
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setenv("COLUMNS", str(width))
    screen = Screen()
    write(screen, Table(COLUMNS, ROWS))
    plain = re.sub(r"\x1b\[[\d;]*m", "", screen.getvalue())
    heading, _, *drawn = [line.rstrip() for line in plain.splitlines() if line.strip()]
    assert heading.split() == COLUMNS
    assert [line.split(maxsplit=4) for line in drawn] == ROWS
