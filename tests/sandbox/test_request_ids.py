"""Every answer carries the id by which the vendor's support finds the request again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.vendors import RunningSandbox, running_sandbox

VENDORS = [
    ("/2010-04-01/Accounts/AC0.json", ("Twilio-Request-Id",)),
    ("/v25.0/1", ("x-fb-request-id", "x-fb-trace-id")),
    ("/platform/v1/customers", ("X-Request-Id",)),
]


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    """Strangers ask; an id is theirs all the same."""
    with running_sandbox(excused=["."]) as running:
        yield running


@pytest.mark.parametrize(("path", "names"), VENDORS)
@pytest.mark.parametrize("faulty", [False, True])
def test_each_answer_has_an_id_of_its_own(
    sandbox: RunningSandbox, path: str, names: tuple[str, ...], faulty: bool
) -> None:
    if faulty:
        sandbox.fault(fault="status", path=path, status=503, times=None)
    answers = [requests.get(f"{sandbox.url}{path}", timeout=10) for _ in range(2)]
    for name in names:
        first, second = (answer.headers[name] for answer in answers)
        assert first != second
