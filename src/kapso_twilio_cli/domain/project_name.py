"""Names of projects: they stand in file names, in keyrings and in Twilio's friendly names."""

from __future__ import annotations

import re

from ..errors import UsageError

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,23}", re.ASCII)

RULE = "1 to 24 lower-case letters, digits and hyphens, no hyphen first"


def parse_project_name(text: str) -> str:
    """Take a project's name, or refuse it: nothing else may become part of a path."""
    if not is_project_name(text):
        raise UsageError(
            f"{text!r} cannot be a project's name",
            reason=f"a name is {RULE}",
            hint="write it like acme or acme-eu",
        )
    return text


def is_project_name(text: str) -> bool:
    """Whether `text` can name a project."""
    return _NAME.fullmatch(text) is not None
