"""`status --json` of 100,000 numbers against `resolve` from the same pool, both as whole processes.

A third of the numbers are ready, a third connected, a third unavailable; the rows are copies of one
number that was bought and verified.
"""

from __future__ import annotations

from copies import copy_number
from pairing import PROGRAM, ratio, report
from workshop import workshop

NUMBERS = 100_000
BUDGET = 2.0

STATES = {"state": "CASE n % 3 WHEN 0 THEN 'ready' WHEN 1 THEN 'connected' ELSE 'unavailable' END"}

if __name__ == "__main__":
    with workshop(target_size=1) as made:
        made.run("pool", "fill")
        copy_number(made, NUMBERS, STATES)
        value, detail = ratio(
            lambda run: [*PROGRAM, "resolve", "--ref", f"signup-{run}", "--no-provision", "--json"],
            [*PROGRAM, "status", "--json"],
            environment=made.environment,
        )
    what = f"status --json of {NUMBERS} numbers / resolve from them"
    report(what, 1 / value, BUDGET, f"resolve {detail}")
