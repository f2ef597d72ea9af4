"""Completing a number, as bash asks for it, against a one-command Typer program and bare Python."""

from __future__ import annotations

import subprocess
import sys

from pairing import ONE_COMMAND, PROGRAM, ratio, report
from workshop import workshop

BUDGET = 2.0
BUDGET_AGAINST_PYTHON = 10
_ASKED = {
    "_KAPSO_TWILIO_COMPLETE": "complete_bash",
    "COMP_WORDS": "kapso-twilio\nnumber\nrelease\n+",
    "COMP_CWORD": "3",
}

if __name__ == "__main__":
    with workshop(target_size=1) as made:
        made.run("pool", "fill")
        asking = {**made.environment, **_ASKED}
        said = subprocess.run(PROGRAM, env=asking, stdout=subprocess.PIPE, check=True).stdout
        assert said.startswith(b"+"), "the number of the pool"
        value, detail = ratio(lambda _run: PROGRAM, ONE_COMMAND, environment=asking)
        report("completion of a number / one-command program", value, BUDGET, detail)
        bare = [sys.executable, "-c", "pass"]
        value, detail = ratio(lambda _run: PROGRAM, bare, environment=asking)
        report("completion of a number / python -c pass", value, BUDGET_AGAINST_PYTHON, detail)
