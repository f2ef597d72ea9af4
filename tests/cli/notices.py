"""What tells others of a run: set up, and read back."""

from __future__ import annotations

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.projects import ReadyProject, ready_project
from tests.vendors import RunningSandbox

has_apprise = pytest.mark.skipif(
    find_spec("apprise") is None, reason="the extra notify is not installed"
)

TOKEN = "0b6f3c1e-secret-token"


def with_notify(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: RunningSandbox, **notify: object
) -> ReadyProject:
    return ready_project(tmp_path, monkeypatch, sandbox, notify=notify)


def break_credentials(project: ReadyProject, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on a reconcile that has work to do fails with 4."""
    project.answer("pool", "set", "US", "--target-size", "3")
    monkeypatch.setenv("KAPSO_TWILIO_AUTH_TOKEN", "0" * 32)


def hook_at(folder: Path, body: str = "") -> tuple[list[str], Path]:
    """A real program that keeps what it was given; and where it keeps it."""
    script, kept = folder / "hook", folder / "kept.json"
    script.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        f"{body}\n"
        "given = {'argv': sys.argv[1:], 'environ': dict(os.environ), 'stdin': sys.stdin.read()}\n"
        f"open({str(kept)!r}, 'w').write(json.dumps(given))\n"
    )
    script.chmod(0o700)
    return [str(script), "acme"], kept


def given_to_hook(kept: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.loads(kept.read_text())["stdin"])
    return document


def gauges(path: Path) -> dict[str, float]:
    """The file as a monitor reads it: each value by its name and labels, help and type before."""
    known: dict[str, set[str]] = {}
    values = {}
    for line in path.read_text().splitlines():
        if found := re.fullmatch(r"# (HELP|TYPE) (\w+) (.+)", line):
            known.setdefault(found[2], set()).add(found[1])
            assert found[1] == "HELP" or found[3] == "gauge"
        else:
            found = re.fullmatch(r'(\w+)(\{\w+="[^"]*"(?:,\w+="[^"]*")*\}) (-?[\d.]+)', line)
            assert found is not None, line
            assert known[found[1]] == {"HELP", "TYPE"}
            values[found[1] + found[2]] = float(found[3])
    return values
