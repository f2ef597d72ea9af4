"""The measure: the official SDK, which pages through every number of the account."""

from __future__ import annotations

import os
import sys
from typing import Any
from urllib.parse import urlsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client


class AtSandbox(TwilioHttpClient):  # type: ignore[misc]
    """The SDK's own HTTP, sent to the sandbox."""

    def request(self, method: str, url: str, *rest: Any, **named: Any) -> Any:
        """Send what the SDK sends, to another host."""
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        address = f"{os.environ['KAPSO_TWILIO_SANDBOX_URL']}{parts.path}{query}"
        return super().request(method, address, *rest, **named)


if __name__ == "__main__":
    sid, token = sys.argv[1], os.environ["KAPSO_TWILIO_AUTH_TOKEN"]
    client = Client(sid, token, http_client=AtSandbox())
    print(sum(1 for _ in client.incoming_phone_numbers.stream(page_size=1000)))
