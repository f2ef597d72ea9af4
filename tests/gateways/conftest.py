"""A sandbox on a healthy day, and this program's clients of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kapso_twilio_cli.gateways.kapso_platform import KapsoPlatform
from kapso_twilio_cli.gateways.meta_preverified import MetaPreverified
from kapso_twilio_cli.gateways.twilio_client import TwilioClient
from kapso_twilio_cli.gateways.twilio_numbers import TwilioNumbers
from tests.vendors import RunningSandbox, running_sandbox

from .clients import kapso_platform, meta_preverified, twilio_client


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[TwilioClient]:
    with twilio_client(sandbox) as client:
        yield client


@pytest.fixture
def numbers(client: TwilioClient) -> TwilioNumbers:
    return TwilioNumbers(client)


@pytest.fixture
def meta(sandbox: RunningSandbox) -> Iterator[MetaPreverified]:
    with meta_preverified(sandbox) as preverified:
        yield preverified


@pytest.fixture
def kapso(sandbox: RunningSandbox) -> Iterator[KapsoPlatform]:
    with kapso_platform(sandbox) as platform:
        yield platform
