"""Wheel and sdist: what they hold, what they say of themselves, and that they are one thing."""

from __future__ import annotations

import re
import tarfile
import tomllib
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path
from typing import Any

import kapso_twilio_cli

from .building import PACKAGE, ROOT, build

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MAN_PAGES = re.compile(r"kapso_twilio-[\d.]+\.data/data/share/man/man\d/kapso-twilio[\w-]*\.\d")


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".dist-info/METADATA")]
        return message_from_string(archive.read(name).decode())


def test_the_wheel_holds_the_package_its_license_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = {
        f"kapso_twilio_cli/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "kapso_twilio_cli/py.typed" in package
    assert package <= names
    info = f"kapso_twilio-{kapso_twilio_cli.__version__}.dist-info"
    rest = {name for name in names - package if not MAN_PAGES.fullmatch(name)}
    parts = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    assert rest == {f"{info}/{part}" for part in parts}


def test_the_wheel_fits_every_system_and_python_3(wheel: Path) -> None:
    assert wheel.name == f"kapso_twilio-{kapso_twilio_cli.__version__}-py3-none-any.whl"


def test_the_metadata_says_what_the_project_says(wheel: Path) -> None:
    found = metadata(wheel)
    assert found["Name"] == PROJECT["name"] == "kapso-twilio"
    assert found["Version"] == kapso_twilio_cli.__version__
    assert found["Summary"] == PROJECT["description"]
    assert found["License-Expression"] == "MIT"
    assert found.get_all("License-File") == ["LICENSE"]
    assert found["Requires-Python"] == PROJECT["requires-python"]
    assert found.get_all("Classifier") == PROJECT["classifiers"]
    assert found["Description-Content-Type"] == "text/markdown"
    readme = (ROOT / "README.md").read_text()
    assert str(found.get_payload()).strip() == readme.strip()


def test_the_wheel_requires_the_libraries_of_the_project(wheel: Path) -> None:
    required = metadata(wheel).get_all("Requires-Dist") or []
    always = {re.split(r"[<>=;~! ]", one)[0] for one in required if "extra ==" not in one}
    assert always == {re.split(r"[<>=;~! ]", one)[0] for one in PROJECT["dependencies"]}
    assert len(required) > len(always)


def test_the_sdist_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    again = build(source, "wheel", tmp_path / "built")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_sdist_holds_what_is_needed_to_check_it(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for needed in ("README.md", "LICENSE", "CHANGELOG.md", "Makefile", "tests/conftest.py"):
        assert needed in names
    assert not [name for name in names if "__pycache__" in name or name.startswith(".venv")]
