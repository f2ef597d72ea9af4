"""What a user could type instead: Twilio's own command line, against the same sandbox.

It is installed from npm once, in the version below, into a folder that is left out of the
repository; where that is not possible, it says so. Its requests are sent to the sandbox by
`at_sandbox.cjs`, without TLS, as ours are. Both print JSON of one page of the account's 50 numbers,
and of one search.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from crowd import crowd
from pairing import HERE, PROGRAM, Argv, Cost, cost, costs_in_turns, report
from workshop import Workshop

VERSION = "6.2.4"
FOLDER = HERE / ".twilio-cli" / VERSION
PROGRAM_OF_TWILIO = FOLDER / "node_modules" / ".bin" / "twilio"
NUMBERS = 50
RUNS = 5
BUDGET = 1.0

OURS_AND_THEIRS: dict[str, tuple[Argv, Argv]] = {
    "--version": (["--version"], ["--version"]),
    "list of owned numbers": (
        ["number", "list", "--foreign", "--json"],
        ["phone-numbers:list", "-o", "json"],
    ),
    "search": (
        ["search", "--country", "US", "--json", "--quiet"],
        [
            "api:core:available-phone-numbers:local:list",
            *("--country-code", "US", "-o", "json"),
        ],
    ),
}


def why_not_installed() -> str | None:
    """Install the pinned version, unless it is there; None when it is."""
    if PROGRAM_OF_TWILIO.exists():
        return None
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not on this machine"
    FOLDER.mkdir(parents=True, exist_ok=True)
    words = ["install", "--no-audit", "--no-fund", "--prefix", str(FOLDER), f"twilio-cli@{VERSION}"]
    installed = subprocess.run([npm, *words], capture_output=True, text=True, check=False)
    return None if installed.returncode == 0 else "npm could not install twilio-cli"


def at_sandbox(made: Workshop) -> dict[str, str]:
    """An environment in which Twilio's program asks the sandbox."""
    return {
        **made.environment,
        "PATH": f"{PROGRAM_OF_TWILIO.parent}:{os.environ['PATH']}",
        "NODE_OPTIONS": f"--require {HERE / 'at_sandbox.cjs'}",
        "TWILIO_ACCOUNT_SID": made.account_sid,
        "TWILIO_AUTH_TOKEN": made.environment["KAPSO_TWILIO_AUTH_TOKEN"],
    }


def measure(made: Workshop, what: str, ours: Argv, theirs: Argv) -> None:
    """One thing to do, done by both in turns."""

    def mine() -> Cost:
        return cost([*PROGRAM, *ours], made.environment)

    def other() -> Cost:
        return cost([str(PROGRAM_OF_TWILIO), *theirs], at_sandbox(made))

    this, that = costs_in_turns([mine, other], RUNS)
    detail = f"{this.seconds * 1000:.0f} ms against {that.seconds * 1000:.0f} ms"
    report(f"{what} / twilio-cli {VERSION}", this.seconds / that.seconds, BUDGET, detail)
    detail = f"{this.peak_mb:.0f} MB against {that.peak_mb:.0f} MB"
    report(f"{what}: memory / twilio-cli {VERSION}", this.peak_mb / that.peak_mb, BUDGET, detail)


if __name__ == "__main__":
    why_not = why_not_installed()
    if why_not is not None:
        print(f"not held against twilio-cli {VERSION}: {why_not}")
    else:
        with crowd(NUMBERS) as workshop_of_both:
            for name, (our_words, their_words) in OURS_AND_THEIRS.items():
                measure(workshop_of_both, name, our_words, their_words)
