"""One healthy sandbox per test, and the clients that speak to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from twilio.rest import Client

from tests.sandbox.clients import Http, kapso_http, meta_http, twilio_client, twilio_http
from tests.vendors import RunningSandbox, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def twilio(sandbox: RunningSandbox) -> Iterator[Client]:
    with twilio_client(sandbox) as client:
        yield client


@pytest.fixture
def plain_twilio(sandbox: RunningSandbox) -> Iterator[Http]:
    with twilio_http(sandbox) as http:
        yield http


@pytest.fixture
def meta(sandbox: RunningSandbox) -> Iterator[Http]:
    with meta_http(sandbox) as http:
        yield http


@pytest.fixture
def kapso(sandbox: RunningSandbox) -> Iterator[Http]:
    with kapso_http(sandbox) as http:
        yield http
