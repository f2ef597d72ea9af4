"""`pipx install .`, as the README says, into an environment that is empty before."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kapso_twilio_cli import __version__

from .building import ROOT, empty_environment, require_index, run, run_bare


def test_what_the_project_declares_is_all_that_it_needs(tmp_path: Path) -> None:
    require_index(tmp_path / "fetched")
    tools = empty_environment(sys.executable, tmp_path / "tools")
    run(str(tools / "python"), "-m", "pip", "install", "--quiet", "pipx")
    places = {f"PIPX_{name}": str(tmp_path / name) for name in ("HOME", "BIN_DIR", "MAN_DIR")}
    run(str(tools / "pipx"), "install", str(ROOT), environ={**os.environ, **places})
    program, away = str(tmp_path / "BIN_DIR" / "kapso-twilio"), tmp_path / "away"
    away.mkdir()
    assert run_bare(program, "--version", cwd=away) == f"kapso-twilio {__version__}\n"
    assert "Your turn: kapso-twilio configure" in run_bare(program, "demo", cwd=away)
