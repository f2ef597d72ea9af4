"""`resolve` from a ready pool against a one-command Typer program, both as whole processes."""

from __future__ import annotations

from pairing import ONE_COMMAND, PAIRS, PROGRAM, ratio, report
from workshop import workshop

BUDGET = 1.5

if __name__ == "__main__":
    with workshop(target_size=PAIRS + 1) as made:
        made.run("pool", "fill")
        value, detail = ratio(
            lambda run: [*PROGRAM, "resolve", "--ref", f"signup-{run}", "--no-provision", "--json"],
            ONE_COMMAND,
            environment=made.environment,
        )
    report("resolve from a ready pool / one-command program", value, BUDGET, detail)
