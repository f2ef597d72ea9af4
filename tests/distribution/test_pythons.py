"""Every other Python of this machine that is promised: the wheel, its libraries, and the demo."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .building import empty_environment, require_index, run, run_bare
from .test_versions import promised

PYENV = Path.home() / ".pyenv" / "versions"


def pythons() -> dict[tuple[int, int], str]:
    """The interpreters of the PATH and of pyenv that start, by version; the newest of each."""
    found = {}
    for path in _candidates():
        code = "import sys; print(*sys.version_info[:2])"
        told = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
        if told.returncode == 0:
            major, minor = told.stdout.split()
            found[int(major), int(minor)] = path
    return found


def _candidates() -> Iterator[str]:
    for minor in range(11, 30):
        on_path = shutil.which(f"python3.{minor}")
        if on_path is not None:
            yield on_path
        yield from map(str, sorted(PYENV.glob(f"3.{minor}.*/bin/python3.{minor}"), key=_release))


def _release(python: Path) -> list[int]:
    return [int(part) for part in python.parents[1].name.split(".") if part.isdigit()]


@pytest.mark.whole
def test_it_works_with_every_promised_python_that_is_here(wheel: Path, tmp_path: Path) -> None:
    here = sys.version_info[:2]
    others = {version: path for version, path in pythons().items() if version != here}
    if not others:
        pytest.skip(f"no other Python than {here[0]}.{here[1]} is here")
    require_index(tmp_path / "fetched")
    for (major, minor), path in others.items():
        folder = empty_environment(path, tmp_path / f"{major}.{minor}")
        run(str(folder / "python"), "-m", "pip", "install", "--quiet", str(wheel))
        told = run_bare(str(folder / "kapso-twilio"), "demo", cwd=tmp_path)
        assert "Your turn: kapso-twilio configure" in told
        checks = run_bare(str(folder / "python"), "-W", "error", "-c", _IMPORTS, cwd=tmp_path)
        assert checks == "ok\n"
    assert set(others) | {here} <= set(promised()), "a newer Python is here: say so in classifiers"


_IMPORTS = """
import importlib, pkgutil, kapso_twilio_cli
for module in pkgutil.walk_packages(kapso_twilio_cli.__path__, "kapso_twilio_cli."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print("ok")
"""
