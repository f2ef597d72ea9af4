"""Questions on stderr, and secrets: from a prompt that does not show them, or from stdin."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..domain.nearest import did_you_mean
from ..errors import Interrupted, UsageError
from .suggestions import stores

if TYPE_CHECKING:
    from ..config.secrets import Secret, Secrets, SourceKind, Stored
    from .command import Invocation

Store = Annotated[
    str | None,
    typer.Option(
        metavar="<keyring|file>",
        help="Where to keep it; by default the keyring where one answers, else a file.",
        autocompletion=stores,
    ),
]


def ask(question: str, *, offered: str = "") -> str:
    """Ask on stderr; an empty answer takes what is offered."""
    return _prompt(question, default=offered, show_default=bool(offered))


def confirm(question: str) -> bool:
    """Ask on stderr for a yes or a no; no is the default."""
    try:
        with redirect_stdout(sys.stderr):
            return bool(typer.confirm(question, err=True))
    except typer.Abort:
        print(file=sys.stderr)  # the prompt stands on a line of its own
        raise Interrupted("interrupted; nothing was bought") from None


def read_secret(what: str) -> Secret:
    """The secret that was piped in; UsageError if nothing was."""
    from ..config.secrets import usable_secret

    text = sys.stdin.read()
    if not text.strip():
        raise UsageError(f"no {what} came in on standard input")
    return usable_secret(text, what)


def ask_secret(question: str, what: str, *, may_be_empty: bool = False) -> Secret | None:
    """Ask for a secret without showing it; None if it was left empty."""
    from ..config.secrets import usable_secret

    default = "" if may_be_empty else None
    text = _prompt(question, default=default, show_default=False, hide_input=True)
    return usable_secret(text, what) if text else None


def parse_store(text: str | None) -> SourceKind | None:
    """Take the value of `--store`."""
    from ..config.secrets import SourceKind

    if text is None:
        return None
    known = ("keyring", "file")
    if text not in known:
        raise UsageError(
            f"--store takes keyring or file, not {text!r}", hint=did_you_mean(text, known)
        )
    return SourceKind(text)


def say_where(inv: Invocation, secrets: Secrets, name: str, stored: Stored) -> str | None:
    """Say where a secret was put, and warn when another source wins; give that one's place."""
    from ..config.secrets import SecretName

    if stored.no_keyring is not None:
        inv.note(f"{name} is in a file, not in the keyring: {stored.no_keyring}")
    for state in secrets.sources(SecretName(name)):
        if state.kind is stored.source:
            return None
        if state.holds:
            inv.note(f"warning: {state.place} comes first, so what was stored is not used")
            return state.place
    return None


def _prompt(question: str, **options: Any) -> str:
    """Typer writes a prompt's last character to stdout even with `err`; stdout is data."""
    try:
        with redirect_stdout(sys.stderr):
            return str(typer.prompt(question, err=True, **options)).strip()
    except typer.Abort:
        if not options.get("hide_input"):  # else typer has begun a new line
            print(file=sys.stderr)
        raise
