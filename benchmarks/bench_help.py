"""`kapso-twilio --help` against the `--help` of a one-command Typer program."""

from __future__ import annotations

from pairing import ONE_COMMAND, PROGRAM, ratio, report

BUDGET = 1.5

if __name__ == "__main__":
    value, detail = ratio(lambda _run: [*PROGRAM, "--help"], [*ONE_COMMAND, "--help"])
    report("--help / one-command program's --help", value, BUDGET, detail)
