"""Shell completion: what a word may become, from files and the inventory alone.

Typer's shell scripts call the program with `_KAPSO_TWILIO_COMPLETE` set. Its formats for zsh and
fish load rich for plain sentences, which takes as long as all the rest; here they do not.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from typer._click.shell_completion import ShellComplete
from typer._completion_classes import BashComplete, FishComplete, ZshComplete
from typer._completion_shared import Shells
from typer.completion import shell_complete

from .answer import Output
from .tree import root

if TYPE_CHECKING:
    from typer._click.shell_completion import CompletionItem

_COUNTRY_LETTERS = 2
_SPECIAL_IN_ZSH = str.maketrans(
    {'"': '""', "'": "''", "$": "\\$", "`": "\\`", ":": "\\\\:", "(": "", ")": ""}
)


class _Forgiving(ShellComplete):
    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Where nothing begins so: a number without its plus, or a country in small letters."""
        found = super().get_completions(args, incomplete)
        if not found and incomplete.isdigit():
            return super().get_completions(args, f"+{incomplete}")
        if not found and incomplete.islower() and len(incomplete) <= _COUNTRY_LETTERS:
            return super().get_completions(args, incomplete.upper())
        return found


class _Bash(_Forgiving, BashComplete):
    def get_completion_args(self) -> tuple[list[str], str]:
        """Bash makes three words of `--country=CL`; the option and its value are two."""
        words, incomplete = super().get_completion_args()
        return [word for word in words if word != "="], incomplete


class _Zsh(_Forgiving, ZshComplete):
    def format_completion(self, item: CompletionItem) -> str:
        value = f'"{item.value.translate(_SPECIAL_IN_ZSH)}"'
        return f'{value}:"{item.help.translate(_SPECIAL_IN_ZSH)}"' if item.help else value


class _Fish(_Forgiving, FishComplete):
    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.value}\t{' '.join(item.help.split())}" if item.help else str(item.value)


def complete(variable: str) -> int:
    """Answer the shell, which says in `variable` what it wants: its script, or words that fit."""
    from typer._click.shell_completion import add_completion_class

    for kind, shell in ((_Bash, Shells.bash), (_Zsh, Shells.zsh), (_Fish, Shells.fish)):
        add_completion_class(kind, shell.value)
    program: Any = root()
    return shell_complete(
        program, {"obj": Output()}, "kapso-twilio", variable, os.environ[variable]
    )
