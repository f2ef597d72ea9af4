"""`kapso-twilio --version` against a one-command Typer program in the same environment."""

from __future__ import annotations

from pairing import ONE_COMMAND, PROGRAM, ratio, report

BUDGET = 1.0

if __name__ == "__main__":
    value, detail = ratio(lambda _run: [*PROGRAM, "--version"], ONE_COMMAND)
    report("--version / one-command program", value, BUDGET, detail)
