"""The wheel and the sdist, built as pip builds them, and environments to put them into."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "kapso_twilio_cli"


def build(source: Path, target: str, folder: Path) -> Path:
    """Build one `target` (wheel or sdist) of a source tree; give the file."""
    run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder), cwd=source)
    (built,) = folder.iterdir()
    return built


def environment_with(wheel: Path, folder: Path) -> Path:
    """An environment that holds the wheel, and lends the libraries of this one; gives its `bin`.

    Nothing is fetched. Of the clone it has nothing: the editable install is no library.
    """
    run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    python = folder / "bin" / "python"
    words = ("install", "--quiet", "--no-deps", "--no-index", str(wheel))
    run(sys.executable, "-m", "pip", "--python", str(python), *words)
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def empty_environment(python: str, folder: Path) -> Path:
    """An environment of this Python with nothing but pip; gives its `bin`."""
    run(python, "-m", "venv", str(folder))
    return folder / "bin"


def require_index(folder: Path) -> None:
    """Skip where the package index cannot be reached."""
    words = ("download", "--quiet", "--no-deps", "--retries", "0", "--timeout", "10")
    asked = subprocess.run(
        [sys.executable, "-m", "pip", *words, "--dest", str(folder), "pipx"],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        pytest.skip(f"the package index cannot be reached: {asked.stderr.strip()[-200:]}")


def run(*words: str, cwd: Path | None = None, environ: Mapping[str, str] = os.environ) -> str:
    """Run a program that must succeed; give its output."""
    ran = subprocess.run(
        words,
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def run_bare(*words: str, cwd: Path, path: Sequence[Path] = ()) -> str:
    """Run a program far from the clone, with an empty environment; give its output."""
    variables = {"PATH": ":".join([*map(str, path), "/usr/bin:/bin"]), "HOME": str(cwd)}
    ran = subprocess.run(words, cwd=cwd, env=variables, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
