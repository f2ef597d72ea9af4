"""What came in by SMS, read as in the Twilio console."""

from __future__ import annotations

import re

from tests.projects import ReadyProject


def first_code(project: ReadyProject) -> str:
    """The first code in the newest message of the account."""
    known = project.sandbox.credentials
    listed = project.sandbox.session.get(
        f"{project.sandbox.url}/2010-04-01/Accounts/{known['account_sid']}/Messages.json",
        auth=(known["account_sid"], known["auth_token"]),
        timeout=30,
    ).json()["messages"]
    found = re.search(r"\d{3}-\d{3}", listed[0]["body"])
    assert found is not None
    return found[0]
