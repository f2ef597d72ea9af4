"""What Typer finds wrong with the words of a command, as this program's errors."""

from __future__ import annotations

import typer

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
    return UsageError(error.format_message(), hint=f"see {command} --help")
