"""Shell completion: what a word may become, from files and the inventory alone.

Typer's shell scripts call the program with `_KAPSO_TWILIO_COMPLETE` set. Its formats for zsh and
fish load rich for plain sentences, which takes as long as all the rest; here they do not.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from typer._completion_classes import BashComplete, FishComplete, ZshComplete
from typer._completion_shared import Shells
from typer.completion import shell_complete

from .answer import Output
from .tree import root

if TYPE_CHECKING:
    from typer._click.shell_completion import CompletionItem

_SPECIAL_IN_ZSH = str.maketrans(
    {'"': '""', "'": "''", "$": "\\$", "`": "\\`", ":": "\\\\:", "(": "", ")": ""}
)


class _Bash(BashComplete):
    def get_completion_args(self) -> tuple[list[str], str]:
        """Bash makes three words of `--country=CL`; the option and its value are two."""
        words, incomplete = super().get_completion_args()
        return [word for word in words if word != "="], incomplete


class _Zsh(ZshComplete):
    def format_completion(self, item: CompletionItem) -> str:
        value = f'"{item.value.translate(_SPECIAL_IN_ZSH)}"'
        return f'{value}:"{item.help.translate(_SPECIAL_IN_ZSH)}"' if item.help else value


class _Fish(FishComplete):
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
