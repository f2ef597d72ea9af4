"""What is made of documents: `make reference` writes it anew, and a test compares.

A made part stands between two marks, the first of which names it; what stands around it is written
by hand. The comments of config.example.toml are made too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from .commands import commands
from .errors import attention, error_kinds, exit_codes, reasons
from .settings import EXAMPLE, environment, settings, with_comments
from .states import states

ROOT = Path(__file__).parents[2]

PARTS: Mapping[str, Callable[[], str]] = {
    "states": states,
    "settings": settings,
    "environment": environment,
    "exit codes": exit_codes,
    "errors": error_kinds,
    "attention": attention,
    "reasons": reasons,
    "commands": commands,
}

_BEGIN = "<!-- made by make reference: {} -->"
_END = "<!-- end of what is made -->"
_PART = re.compile(
    f"{re.escape(_BEGIN).replace(re.escape('{}'), '(.+?)')}\n.*?{re.escape(_END)}", re.DOTALL
)


def documents() -> Iterator[Path]:
    """Every document with a made part."""
    for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]:
        if _PART.search(path.read_text(encoding="utf-8")):
            yield path


def parts_of(text: str) -> list[str]:
    """The names of the parts that a document has."""
    return _PART.findall(text)


def with_parts(text: str) -> str:
    """The document with its parts as they are now."""

    def now(found: re.Match[str]) -> str:
        name = found[1]
        return f"{_BEGIN.format(name)}\n\n{PARTS[name]()}\n\n{_END}"

    return _PART.sub(now, text)


def as_they_are_now() -> Iterator[tuple[Path, str]]:
    """Every file with something made, and what it would hold now."""
    for path in documents():
        yield path, with_parts(path.read_text(encoding="utf-8"))
    yield EXAMPLE, with_comments(EXAMPLE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    for path, text in as_they_are_now():
        path.write_text(text, encoding="utf-8")
