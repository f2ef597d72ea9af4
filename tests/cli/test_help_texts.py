"""`--help` of everything, held against the files in tests/cli/help, and how it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from .help_texts import COLUMNS, FOLDER, help_texts

TEXTS = help_texts()


@pytest.mark.parametrize("name", TEXTS)
def test_help_says_what_is_written_down(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert TEXTS[name] == written, "make reference writes it anew"


def test_nothing_else_is_written_down() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(TEXTS)


@pytest.mark.parametrize("name", TEXTS)
def test_help_fits_the_terminal_and_nothing_is_cut_off(name: str) -> None:
    for line in _lines_but_examples(TEXTS[name]):
        assert len(line) <= COLUMNS, line
        assert not re.match(r"  \w[\w-]* .*\.\.\.$", line), "a summary that does not fit"
        assert not re.search(r"--?\w+-$", line), "an option that is broken in two"
        assert line.isascii(), "a terminal that knows no more shows it too"


def _lines_but_examples(text: str) -> Iterator[str]:
    """Examples stand as they are typed, however long."""
    for said in re.split(r"^\$ ", text, flags=re.MULTILINE):
        before, _, _ = said.partition("\nExamples:\n")
        yield from before.splitlines()
