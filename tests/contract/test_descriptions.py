"""The vendors' descriptions are at hand, or it is said that they are not."""

from __future__ import annotations

import os

import pytest

from tests.contract.descriptions import ABSENT, are_present, meta, twilio


def test_the_descriptions_are_there() -> None:
    """Where they are not, every contract check is silent: say so, and fail in CI."""
    if not are_present():
        if os.environ.get("CI") == "true":
            pytest.fail(ABSENT)
        pytest.skip(ABSENT)
    assert len(twilio()) > 200
    assert len(meta()) > 50
