"""Other programs: bounded in time, and killed with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence


def run_program(
    command: Sequence[str], given: bytes, *, environ: Mapping[str, str], seconds: float
) -> int | str:
    """Run a program with `given` on stdin; its exit code, or in words why there is none.

    No shell reads the command, and what it prints goes nowhere. Never raises.
    """
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
    except OSError as error:
        return f"it cannot be started: {error.strerror}"
    try:
        process.communicate(given, timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"it did not end within {seconds:g} s, and was killed"
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)  # not reaped yet: the number is still its own
            process.wait()
    code = process.returncode
    return code if code >= 0 else f"signal {-code} ended it"
