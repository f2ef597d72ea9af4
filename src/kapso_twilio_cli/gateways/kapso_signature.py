"""Kapso's signature on a webhook: the HMAC of the body as it came.

Source: docs.kapso.ai, webhook security (read 2026-11-22): lower-case hex, HMAC-SHA256, no time in
it: repeated deliveries are told by `X-Idempotency-Key`.
"""

from __future__ import annotations

import hashlib
import hmac


class KapsoSignature:
    """Checks signatures with the project's webhook secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def problem(self, body: bytes, signature: str | None) -> str | None:
        """Why the request is not proven to be Kapso's; None where it is."""
        if not signature:
            return "it has no X-Webhook-Signature"
        expected = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        if hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            return None
        return "its signature does not fit the webhook secret"
