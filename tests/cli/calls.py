"""Calls of the program as a person or a script makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from kapso_twilio_cli.main import main


@dataclass(frozen=True)
class Called:
    """What one call gave."""

    exit_code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


Call = Callable[..., Called]


def caller(capsys: pytest.CaptureFixture[str]) -> Call:
    """A function that runs one command, given as words."""

    def call(*words: str) -> Called:
        capsys.readouterr()
        exit_code = main(words)
        captured = capsys.readouterr()
        return Called(exit_code, captured.out, captured.err)

    return call
