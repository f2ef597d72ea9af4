"""`kapso-twilio doctor`: check everything that can be checked without spending."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import typer

from .answer import has_colour
from .command import Command, invocation
from .tree import verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..operations.doctor import Check

app = verb()

_COLOURS = {"ok": "32", "warning": "33;1", "failure": "31;1"}


@app.command(
    "doctor",
    cls=Command,
    epilog="kapso-twilio doctor\nkapso-twilio doctor --project acme --json",
)
def doctor_(ctx: typer.Context) -> None:
    """Check the machine, the project and its vendors. Spends nothing, changes nothing.

    Each line is ok, a warning or a failure, with the command that mends it. The exit code is 0 even
    with warnings, else that of the first failure.
    """
    inv = invocation(ctx)
    from ..operations.doctor import doctor, first_error, first_line

    checks = doctor(lambda: inv.project)
    colour = has_colour(sys.stdout)
    lines = [_line(alike, colour=colour) for alike in _by_finding(checks)]
    inv.answer("doctor", {"checks": [_fields(check) for check in checks]}, lines)
    inv.note(_summary(checks))
    error = first_error(checks)
    if error is not None:
        error.message = first_line(error.message)  # the check has all of it
        raise error


def _fields(check: Check) -> dict[str, object]:
    return {
        "name": check.name,
        "ok": check.ok,
        "severity": check.severity,
        "message": check.message,
        "hint": check.hint,
    }


def _by_finding(checks: Sequence[Check]) -> list[list[Check]]:
    """Neighbours that lack one and the same thing together: it is read once."""
    found: list[list[Check]] = []
    for check in checks:
        before = found[-1][-1] if found else check
        if found and not check.ok and _finding(before) == _finding(check):
            found[-1].append(check)
        else:
            found.append([check])
    return found


def _finding(check: Check) -> tuple[str, str, str | None]:
    return check.severity, check.message, check.hint


def _line(alike: Sequence[Check], *, colour: bool) -> str:
    """What one check found, or several; on a terminal its severity is the eye's way in."""
    first = alike[0]
    severity = first.severity.value
    if colour:
        severity = f"\x1b[{_COLOURS[severity]}m{severity}\x1b[0m"
    apart = "\n  " if "\n" in first.message else " "
    mends = f"{apart}-> {first.hint}" if first.hint else ""
    return f"{severity}: {', '.join(check.name for check in alike)}: {first.message}{mends}"


def _summary(checks: Sequence[Check]) -> str:
    counted = Counter(check.severity.value for check in checks)
    return f"ok: {counted['ok']}, warnings: {counted['warning']}, failures: {counted['failure']}"
