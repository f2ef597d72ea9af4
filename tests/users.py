"""A user whom permissions bind, also where the tests run as root, who may read everything.

Root without capabilities is an ordinary user whose id is 0: it still owns what the tests made, and
may enter no folder whose mode forbids it. Another user could often not run this clone's Python.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.cli.calls import Called

_RUN = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from kapso_twilio_cli.main import main
ran = []
asked = json.load(sys.stdin)
for words in asked["commands"]:
    out, err, sys.stdin = io.StringIO(), io.StringIO(), io.StringIO(asked["stdin"])
    with redirect_stdout(out), redirect_stderr(err):
        exit_code = main(words)
    ran.append((exit_code, out.getvalue(), err.getvalue()))
print(json.dumps(ran))
"""


def run_bound(*commands: Sequence[str], stdin: str = "") -> list[Called]:
    """Run commands one after the other in a process that permissions bind; each gets `stdin`."""
    ran = subprocess.run(
        [*bound(), sys.executable, "-P", "-c", _RUN],
        input=json.dumps({"commands": [list(words) for words in commands], "stdin": stdin}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return [Called(*one) for one in json.loads(ran.stdout)]


def bound() -> list[str]:
    """The words before a program that permissions are to bind; skips where that cannot be done."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("the tests run as root, whom no permission binds, and there is no setpriv")
    words = [setpriv, "--bounding-set", "-all", "--inh-caps", "-all"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("the tests run as root, whom no permission binds, and may not give that up")
    return words
