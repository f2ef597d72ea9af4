"""What `--help` of everything says, as files to read: tests/cli/help, one a word of the program.

`python -m tests.cli.help_texts` writes them anew; a test compares them.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from kapso_twilio_cli.cli.tree import ENTRIES
from kapso_twilio_cli.main import main

from .every_command import every_command, every_noun

FOLDER = Path(__file__).parent / "help"
COLUMNS = 80


def help_texts() -> dict[str, str]:
    """The content of each file, by its name."""
    commands = [*every_noun(), *every_command()]
    texts = {"kapso-twilio.txt": _said("")}
    for entry in ENTRIES:
        below = (one for one in commands if one.split()[:1] == [entry.name])
        texts[f"{entry.name}.txt"] = "\n".join(map(_said, below))
    return texts


def _said(command: str) -> str:
    """The command as it is typed, and what it says on a terminal that is 80 columns wide."""
    words = [*command.split(), "--help"]
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
        patch.setenv("COLUMNS", str(COLUMNS))
        assert main(words) == 0
    return f"$ kapso-twilio {' '.join(words)}\n{out.getvalue()}"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file in FOLDER.glob("*.txt"):
        file.unlink()
    for name, text in help_texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
