"""One version, told in one place; and the Pythons that are promised, told alike everywhere."""

from __future__ import annotations

import re
import tomllib

import kapso_twilio_cli
from kapso_twilio_cli.operations.doctor.machine import _OLDEST_PYTHON

from .building import PACKAGE, ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def promised() -> list[tuple[int, int]]:
    """The Pythons of the classifiers."""
    found = [
        re.fullmatch(r"Programming Language :: Python :: (\d)\.(\d+)", one)
        for one in PYPROJECT["project"]["classifiers"]
    ]
    return [(int(one[1]), int(one[2])) for one in found if one]


def test_the_version_stands_in_one_place() -> None:
    version = kapso_twilio_cli.__version__
    assert "version" not in PYPROJECT["project"]
    assert PYPROJECT["tool"]["hatch"]["version"] == {"path": "src/kapso_twilio_cli/__init__.py"}
    holding = [path.name for path in PACKAGE.rglob("*.py") if f'"{version}"' in path.read_text()]
    assert holding == ["__init__.py"]


def test_the_changelog_begins_with_this_version_or_with_what_is_not_released() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] in ("Unreleased", kapso_twilio_cli.__version__)


def test_the_oldest_python_is_the_same_everywhere() -> None:
    oldest = f"{_OLDEST_PYTHON[0]}.{_OLDEST_PYTHON[1]}"
    assert PYPROJECT["project"]["requires-python"] == f">={oldest}"
    assert promised()[0] == _OLDEST_PYTHON[:2]
    assert f"Python {oldest} or newer" in (ROOT / "README.md").read_text()
    # ruff takes it from requires-python, unless it is told another one.
    assert "target-version" not in PYPROJECT["tool"]["ruff"]
    assert "python_version" not in PYPROJECT["tool"]["mypy"]


def test_no_python_is_left_out_between_the_oldest_and_the_newest() -> None:
    minors = [minor for _, minor in promised()]
    assert minors == list(range(minors[0], minors[-1] + 1))
