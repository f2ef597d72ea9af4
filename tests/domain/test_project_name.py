"""Names of projects."""

from __future__ import annotations

import pytest

from kapso_twilio_cli.domain.project_name import parse_project_name
from kapso_twilio_cli.errors import UsageError


@pytest.mark.parametrize("name", ["a", "0", "acme-eu", "a" * 24])
def test_short_plain_names_are_taken(name: str) -> None:
    assert parse_project_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "Acme", "a" * 25, "../a", "a b", "a\n", "é", "a.b"])
def test_what_could_leave_a_folder_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a project's name"):
        parse_project_name(name)
