"""Kapso's signature: the body's HMAC by the webhook secret, and nothing else."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from kapso_twilio_cli.gateways.kapso_signature import KapsoSignature

SECRET, BODY = "whsec", b'{"phone_number_id":"1"}'
GOOD = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()


def test_the_hmac_of_the_raw_body_is_taken() -> None:
    assert KapsoSignature(SECRET).problem(BODY, GOOD) is None


@pytest.mark.parametrize(
    "signature", [None, "", GOOD.upper(), GOOD[:-1], f"sha256={GOOD}", "\udc80"]
)
def test_anything_else_is_not(signature: str | None) -> None:
    assert KapsoSignature(SECRET).problem(BODY, signature) is not None


@pytest.mark.parametrize("body", [b"", BODY + b" ", BODY.replace(b"1", b"2")])
def test_another_body_does_not_fit(body: bytes) -> None:
    assert KapsoSignature(SECRET).problem(body, GOOD) is not None
