"""This process and others: who makes a purchase, whether it is still alive, how one is started."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path

from .domain.purchase import Owner

_UNKNOWN = ""
_PROGRAM = "kapso-twilio"


def this_process() -> Owner:
    """The process that is running now."""
    return Owner(
        host=os.uname().nodename,
        boot_id=_boot_id(),
        pid=os.getpid(),
        pid_started=_started(os.getpid()),
    )


def program() -> tuple[str, ...]:
    """The words that start this program from anywhere, with nothing in the environment."""
    beside_python = Path(sys.executable).with_name(_PROGRAM)
    for place in (Path(sys.argv[0]).absolute(), beside_python):
        if place.name == _PROGRAM and place.is_file() and os.access(place, os.X_OK):
            return (str(place),)
    return (sys.executable, "-m", __package__)


def has_ended(owner: Owner, *, deadline: datetime, now: datetime) -> bool:
    """Whether the process can no longer be at work.

    On this host: its pid is gone, belongs to another process, or the machine was started anew.
    Elsewhere nothing can be seen, so only its deadline tells.
    """
    if owner.host != os.uname().nodename:
        return now > deadline
    if owner.boot_id != _boot_id() or not _is_running(owner.pid):
        return True
    if owner.pid_started == _UNKNOWN:
        return now > deadline  # the pid may be another process's by now
    return owner.pid_started != _started(owner.pid)


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return _UNKNOWN


def _started(pid: int) -> str:
    """The kernel's start time of a process, in clock ticks (proc(5), field 22).

    One that has exited stays listed until its parent asks for it: it counts as gone.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _UNKNOWN
    fields = stat.rpartition(")")[2].split()
    return _UNKNOWN if fields[0] in ("Z", "X") else fields[19]


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
