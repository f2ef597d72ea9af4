"""Exit codes, kinds of errors, attention and reasons, made from what the source says of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from kapso_twilio_cli.domain.attention import ADVICE, Advice, AttentionKind
from kapso_twilio_cli.domain.resolution import Path, ResolveReason
from kapso_twilio_cli.errors import KapsoTwilioError

from .commands import all_commands
from .docstrings import parts, said_of_members

_NO_ERROR = {
    0: "Done, or nothing to do.",
    10: "With `reconcile --dry-run --detailed-exitcode`: there are changes to make.",
}


_PATHS = {
    ResolveReason.POOL_READY: Path.POOL,
    ResolveReason.DISABLED: Path.STANDARD,
    ResolveReason.PLAN: Path.STANDARD,
}
"""Of the others: live."""


def exit_codes() -> str:
    """Every exit code, with the kinds of errors that end so."""
    kinds: dict[int, list[type[KapsoTwilioError]]] = defaultdict(list)
    for error in errors():
        kinds[error.exit_code].append(error)
    rows = {
        code: (", ".join(f"`{error.kind}`" for error in found), _meanings(found))
        for code, found in kinds.items()
    } | {code: ("", meaning) for code, meaning in _NO_ERROR.items()}
    return _table(
        ("code", "`error.kind`", "meaning"),
        ((str(code), names, meaning) for code, (names, meaning) in sorted(rows.items())),
    )


def error_kinds() -> str:
    """Every `error.kind`, and what to do."""
    found = sorted(errors(), key=lambda error: error.exit_code)
    rows = ((f"`{error.kind}`", str(error.exit_code), *parts(error.__doc__)) for error in found)
    return _table(("`error.kind`", "exit code", "meaning", "what to do"), rows)


def attention() -> str:
    """Every attention kind: how soon, what it means, what to do."""
    said = said_of_members(AttentionKind)
    rows = (
        (f"`{kind}`", ADVICE[kind].severity, said[kind][0], _next_steps(ADVICE[kind]))
        for kind in AttentionKind
    )
    return _table(("kind", "severity", "what it means", "what to do"), rows)


def reasons() -> str:
    """Every reason of `resolve`: which path it leads to, and what to do for another one."""
    said = said_of_members(ResolveReason)
    rows = (
        (f"`{reason}`", _PATHS.get(reason, Path.LIVE), *said[reason]) for reason in ResolveReason
    )
    return _table(("reason", "path", "why", "what to do"), rows)


def errors(kind: type[KapsoTwilioError] = KapsoTwilioError) -> Iterator[type[KapsoTwilioError]]:
    """Every error with a kind of its own."""
    for error in kind.__subclasses__():
        if "kind" in vars(error):
            yield error
        yield from errors(error)


def _meanings(found: Iterable[type[KapsoTwilioError]]) -> str:
    return " ".join(parts(error.__doc__)[0] for error in found)


def _next_steps(advice: Advice) -> str:
    steps = [hint.format(n="N", country="CC", id="ID") for hint in advice.hints]
    return _as_code("; or ".join(steps))


def _as_code(words: str) -> str:
    """The words, with their commands as code."""
    named = "|".join(sorted(all_commands(), key=len, reverse=True))
    two_words = "|".join(name for name in all_commands() if " " in name)
    command = rf"(?:kapso-twilio (?:{named})|\b(?:{two_words}))(?: (?:--[a-z-]+|N|CC|ID)\b)*"
    return re.sub(command, r"`\g<0>`", words)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    heads = list(heads)
    return "\n".join([line(heads), "|" + "---|" * len(heads), *(line(row) for row in rows)])
