"""What Typer finds wrong with the words of a command, as this program's errors."""

from __future__ import annotations

import re
from typing import Any

import typer

from ..domain.nearest import did_you_mean
from ..errors import UsageError

_AFTER_THE_COMMAND = ("--json", "--quiet", "-q", "--verbose", "-v", "--no-input", "--project", "-p")


def usage_error(error: typer.TyperException) -> UsageError:
    """The error, with the nearest word or the command's help as the next step."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "kapso-twilio"
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):  # no such option
        near = error.possibilities
        hint = f"see {command} --help"
        if option in _AFTER_THE_COMMAND:
            hint = f"write {option} after the whole command, as in kapso-twilio status {option}"
        elif near:
            hint = f"did you mean {near[0]}?"
        return UsageError(f"{command} has no option {option}", hint=hint)
    return _no_such_choice(error, command) or UsageError(
        error.format_message(), hint=f"see {command} --help"
    )


def _no_such_choice(error: Any, command: str) -> UsageError | None:
    """A word that an option does not take, where it takes a few; None for any other error."""
    param = getattr(error, "param", None)
    choices = [str(choice) for choice in getattr(getattr(param, "type", None), "choices", ())]
    given = re.match(r"'(.*)' is not one of", getattr(error, "message", ""), re.DOTALL)
    if param is None or not choices or given is None:
        return None
    word = given[1]
    return UsageError(
        f"{param.opts[-1]} cannot be {word!r}",
        reason="it takes " + ", ".join(choices),
        hint=did_you_mean(word, choices) or f"see {command} --help",
    )
