"""The program: `main(argv)` gives an exit code, and is the one place where errors become text."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

from . import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from .cli.answer import LogFormat, Output
    from .errors import KapsoTwilioError

_OBJECTS_BEFORE_COLLECTING = 50_000
_READER_GONE = 141  # as the shell says of a program that SIGPIPE ended
_COMPLETE = "_KAPSO_TWILIO_COMPLETE"  # set by the script of shell completion
_INTERRUPTED, _TERMINATED = 130, 143


class _TerminatedNow(BaseException):
    """SIGTERM, as KeyboardInterrupt is SIGINT: no `except Exception` on the way takes it away."""


def run() -> None:
    """The entry point of `kapso-twilio`."""
    # What is made while the program loads is no garbage; looking for it takes a tenth of a claim.
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTING)
    signal.signal(signal.SIGTERM, _raise_terminated)
    _open_streams()
    try:
        exit_code = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (`head`, say) has what it wanted. Python would complain again at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        exit_code = _READER_GONE
    except KeyboardInterrupt:
        exit_code = _INTERRUPTED  # before the command had begun
    except _TerminatedNow:
        exit_code = _TERMINATED
    if exit_code in (_INTERRUPTED, _TERMINATED):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)  # a thread that still reads an answer is not waited for
    gc.freeze()  # what is left goes with the process; nobody needs to look through it
    sys.exit(exit_code)


def _open_streams() -> None:
    """Let there be all three streams: one that was closed (`2>&-`) is None to Python."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def main(argv: Sequence[str]) -> int:
    """Run one command and give its exit code. Never raises, never exits."""
    if list(argv) == ["--version"]:
        print(f"kapso-twilio {__version__}")  # before anything is loaded: it is asked by scripts
        return 0
    if _COMPLETE in os.environ:
        return _complete()
    from .cli.answer import Output

    output = Output(json=_asks_for_json(argv), log_format=_log_format(argv))
    exit_code, error = _run(argv, output)
    output.finish(error)
    return exit_code


def _complete() -> int:
    """Answer a shell that completes a word. Whatever is wrong, who is typing is told nothing."""
    try:
        from .cli.completion import complete

        return complete(_COMPLETE)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except Exception:  # noqa: BLE001 - a message would stand in the middle of the typed line
        return 1


def _run(argv: Sequence[str], output: Output) -> tuple[int, KapsoTwilioError | None]:
    from .errors import Interrupted, Terminated

    try:
        return _dispatch(argv, output)
    except KeyboardInterrupt:
        return Interrupted.exit_code, Interrupted("interrupted")
    except _TerminatedNow:
        return Terminated.exit_code, Terminated("terminated")


def _dispatch(argv: Sequence[str], output: Output) -> tuple[int, KapsoTwilioError | None]:
    import typer

    from .cli.tree import root
    from .errors import Bug, KapsoTwilioError

    try:
        result = root().main(
            args=list(argv), prog_name="kapso-twilio", standalone_mode=False, obj=output
        )
    except KapsoTwilioError as error:
        return error.exit_code, error
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except typer.TyperException as error:
        from .cli.usage import usage_error

        usage = usage_error(error)
        return usage.exit_code, usage
    except Exception as error:  # noqa: BLE001 - the one catch-all: even a bug is told as promised
        import traceback

        # Frames and lines, never their values.
        output.say("error", "".join(traceback.format_exception(error)).rstrip())
        return Bug.exit_code, Bug(
            "this is a bug in kapso-twilio",
            reason=f"{type(error).__name__}, at the place shown above",
            hint="report it with the lines above; kapso-twilio status shows where things are",
        )
    if result == _INTERRUPTED:
        raise KeyboardInterrupt  # typer has made a mere number of it
    return (result if isinstance(result, int) else 0), None


def _raise_terminated(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM ends a command as Ctrl-C does. What buys takes both signals with more care."""
    raise _TerminatedNow


def _asks_for_json(argv: Sequence[str]) -> bool:
    """Whether even an error about the words of the command must be JSON."""
    return "--json" in _before_arguments(argv)


def _log_format(argv: Sequence[str]) -> LogFormat:
    """How even an error about the words of the command must be said."""
    from itertools import pairwise

    from .cli.answer import LogFormat

    words = _before_arguments(argv)
    asked = "--log-format=json" in words or ("--log-format", "json") in pairwise(words)
    return LogFormat.JSON if asked else LogFormat.TEXT


def _before_arguments(argv: Sequence[str]) -> list[str]:
    words = list(argv)
    return words[: words.index("--")] if "--" in words else words
