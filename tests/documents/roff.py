"""Manual pages' own language, as far as these pages need it: text in, roff out.

Source: groff_man(7) and man-pages(7) (read 2026-11-24). Every hyphen is written as a minus, so that
what is copied from a page can be typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPECIAL = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "~": r"\(ti", "^": r"\(ha"}
)
_SENTENCE_END = re.compile(r"(?<=[.:;]) (?=\S)")
_CODE = re.compile(r"`([^`]+)`")
_OPTION = re.compile(r"(?<![\w-])(--?[a-zA-Z][\w-]*)")


def text(words: str) -> str:
    """Running text, a sentence a line; code and options are bold."""
    sentences = _SENTENCE_END.split(" ".join(words.split()))
    return "\n".join(_line(sentence) for sentence in sentences)


def literal(words: str) -> str:
    """Words as they are typed."""
    return _guarded(words.translate(_SPECIAL))


def bold(words: str) -> str:
    """Words to be typed as they stand."""
    return rf"\fB{words.translate(_SPECIAL)}\fP"


def italic(words: str) -> str:
    """A word that stands for another."""
    return rf"\fI{words.translate(_SPECIAL)}\fP"


def usage(words: str) -> str:
    """An option or argument as a list names it: what is typed is bold, the rest italic."""
    parts = re.split(r"([\[\], /]+|\.\.\.)", words)
    return "".join(_typed(part) if n % 2 == 0 else literal(part) for n, part in enumerate(parts))


def title(name: str, source: str) -> str:
    """The head of a page; it has no date, which would change with every build."""
    return f'.TH {name.upper()} 1 "" "{source}" "User Commands"'


def section(name: str, *parts: str) -> str:
    """A section, with its heading."""
    return "\n".join((f".SH {name.upper()}", *parts))


def subsection(name: str, *parts: str) -> str:
    """A part of a section."""
    return "\n".join((f'.SS "{name.translate(_SPECIAL)}"', *parts))


def paragraphs(words: str) -> str:
    """Paragraphs, as docstrings have them: with an empty line between."""
    return "\n.PP\n".join(text(one) for one in words.split("\n\n") if one.strip())


def listed(items: Iterable[tuple[str, str]]) -> str:
    """Terms, made up already, each with what it means."""
    return "\n".join(f".TP\n{term}\n{text(meaning)}" for term, meaning in items)


def shown(lines: Iterable[str]) -> str:
    """Lines as they are typed, each for itself."""
    return "\n".join((".nf", *map(literal, lines), ".fi"))


def _line(sentence: str) -> str:
    """The sentence, with code and options in bold."""
    parts = _CODE.split(sentence)
    return _guarded(
        "".join(bold(part) if n % 2 else _with_options(part) for n, part in enumerate(parts))
    )


def _with_options(words: str) -> str:
    parts = _OPTION.split(words)
    return "".join(
        bold(part) if n % 2 else part.translate(_SPECIAL) for n, part in enumerate(parts)
    )


def _typed(part: str) -> str:
    if not part:
        return ""
    return bold(part) if part.startswith("-") or part.islower() else italic(part)


def _guarded(line: str) -> str:
    """A line of text that begins as a request would is none."""
    return rf"\&{line}" if line.startswith((".", "'")) else line
