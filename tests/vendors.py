"""The vendors as tests meet them: a sandbox in a thread, spoken to over real HTTP.

    with running_sandbox(code="late") as sandbox:
        sandbox.fault(path="IncomingPhoneNumbers", method="POST", fault="drop_after")

When the sandbox stops, every request that it received is checked against the vendors' own
descriptions (tests/contract); one that a vendor would not understand fails the test. Requests
that a test sends wrongly on purpose are named by `excused`.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import requests

from kapso_twilio_cli.sandbox.gate import LOOKS_ON
from kapso_twilio_cli.sandbox.options import Ready, SandboxOptions
from kapso_twilio_cli.sandbox.server import run
from tests.contract.checks import Request, check_request
from tests.contract.descriptions import are_present

_START_SECONDS = 10.0


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox that serves; everything here goes through its control paths."""

    url: str
    credentials: dict[str, str]
    session: requests.Session

    def environment(self) -> dict[str, str]:
        """Give the variables that point the program at this sandbox, secrets included."""
        known = self.credentials
        return {
            "KAPSO_TWILIO_SANDBOX_URL": self.url,
            "KAPSO_TWILIO_AUTH_TOKEN": known["auth_token"],
            "KAPSO_TWILIO_META_TOKEN": known["meta_token"],
            "KAPSO_TWILIO_KAPSO_API_KEY": known["kapso_api_key"],
            "KAPSO_TWILIO_KAPSO_WEBHOOK_SECRET": known["kapso_webhook_secret"],
        }

    def ledger(self) -> list[dict[str, str]]:
        """Give every line of the bill."""
        return list(self._ask("GET", "ledger")["entries"])

    def requests(self) -> list[str]:
        """Give every vendor request, as `METHOD path?query`."""
        return list(self._ask("GET", "requests")["requests"])

    def requests_detail(self) -> list[Request]:
        """Give every vendor request, taken apart."""
        return [Request.read(one) for one in self._ask("GET", "requests/detail")["requests"]]

    def forget_requests(self) -> None:
        """Begin the log of requests anew; what is forgotten is not checked."""
        self._ask("DELETE", "requests")

    def fault(self, *, fault: str, path: str, **details: object) -> None:
        """Let something go wrong: `method`, `times`, `status`, `body`, `headers`, `delay_ms`."""
        self._ask("POST", "faults", {"fault": fault, "path": path, **details})

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self._ask("DELETE", "faults")

    def buy_in_console(self, phone_number: str, friendly_name: str | None = None) -> str:
        """Buy a number behind the program's back; give its SID."""
        body = {"phone_number": phone_number, "friendly_name": friendly_name}
        return str(self._ask("POST", "numbers", body)["sid"])

    def remove(self, phone_number: str) -> None:
        """Take a number out of the Twilio account."""
        self._ask("DELETE", f"numbers/{phone_number}")

    def message(self, to: str, from_: str, body: str, *, error_code: int | None = None) -> str:
        """Let an SMS come in; give its SID."""
        details = {"to": to, "from": from_, "body": body, "error_code": error_code}
        return str(self._ask("POST", "messages", details)["sid"])

    def call(self, to: str, transcription: str | None) -> str:
        """Let a recorded call come in; without words it could not be transcribed. Give its SID."""
        return str(self._ask("POST", "calls", {"to": to, "transcription": transcription})["sid"])

    def codes_come(self, to: str, mode: str) -> None:
        """Choose how this number's codes come, by a CodeMode."""
        self._ask("POST", "codes", {"to": to, "mode": mode})

    def claim(
        self,
        *,
        phone_number: str | None = None,
        preverified_id: str | None = None,
        customer_id: str | None = None,
    ) -> str:
        """Let a customer finish onboarding; give the new phone number id."""
        body = {
            "phone_number": phone_number,
            "preverified_id": preverified_id,
            "customer_id": customer_id,
        }
        return str(self._ask("POST", "claims", body)["phone_number_id"])

    def unclaim(self, phone_number: str, *, teardown_ms: int = 0) -> None:
        """Remove the WhatsApp config from a number; Kapso lists it so much longer."""
        self._ask("DELETE", f"claims/{phone_number}?teardown_ms={teardown_ms}")

    def kapso_status(self, phone_number: str, status: str) -> None:
        """Choose the status that Kapso shows of a connected number."""
        self._ask("PATCH", f"claims/{phone_number}", {"status": status})

    def kapso_event(self, event: str, **details: object) -> int:
        """Send an event, true or not; give how many requests that makes.

        `phone_number` or `phone_number_id`; `customer_id`, `times`, `payload_version`.
        """
        return int(self._ask("POST", "events", {"event": event, **details})["sent"])

    def setup_link(self, link_id: str, **changes: object) -> dict[str, Any]:
        """Change what Kapso shows of a setup link; give what it shows then.

        `whatsapp_setup_status`, `whatsapp_setup_error`, `provisioned_phone_number` (E.164),
        `expires_at` (RFC 3339), `status` (used).
        """
        return self._ask("PATCH", f"setup_links/{link_id}", changes)

    def kapso(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        """Call Kapso's API with the project's key, past all faults; give the document."""
        headers = {"X-API-Key": self.credentials["kapso_api_key"], LOOKS_ON: "yes"}
        return self._send(method, f"platform/v1/{path}", body, headers)

    def _ask(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> dict[str, Any]:
        return self._send(method, f"_sandbox/{path}", body, {})

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        headers: Mapping[str, str],
    ) -> dict[str, Any]:
        response = self.session.request(
            method, f"{self.url}/{path}", json=body, headers=headers, timeout=30
        )
        if not response.ok:
            raise AssertionError(f"{method} /{path}: {response.text}")
        return response.json() if response.content else {}


@contextmanager
def running_sandbox(
    *, port: int = 0, excused: Iterable[str] = (), **options: Any
) -> Iterator[RunningSandbox]:
    """Serve a sandbox while the block runs; `options` are those of SandboxOptions.

    `excused` are regular expressions on `METHOD path?query`: requests that match one are not
    held against the vendors' descriptions. An error of the block itself wins over theirs.
    """
    with (
        _served(SandboxOptions(**options), port) as ready,
        requests.Session() as session,
    ):
        credentials = {key: str(value) for key, value in asdict(ready).items()}
        sandbox = RunningSandbox(ready.url, credentials, session)
        yield sandbox
        problems = find_problems(sandbox.requests_detail(), excused)
    if problems:
        raise AssertionError("requests that a vendor would refuse:\n" + "\n".join(problems))


def find_problems(recorded: Iterable[Request], excused: Iterable[str] = ()) -> list[str]:
    """Check requests against the vendors' descriptions, where these are at hand."""
    if not are_present():
        return []
    patterns = [re.compile(pattern) for pattern in excused]
    found = (
        f"  {request}: {problem}"
        for request in recorded
        if not any(pattern.search(str(request)) for pattern in patterns)
        for problem in check_request(request)
    )
    return list(dict.fromkeys(found))


@contextmanager
def _served(options: SandboxOptions, port: int) -> Iterator[Ready]:
    server = _Server(options, port)
    thread = threading.Thread(target=server.work, name="sandbox")
    thread.start()
    try:
        if not server.started.wait(_START_SECONDS):
            raise AssertionError("the sandbox did not start")
        if server.error is not None:
            raise server.error
        assert server.ready is not None
        yield server.ready
    finally:
        server.stop()
        thread.join()


class _Server:
    """One sandbox in an event loop of its own."""

    def __init__(self, options: SandboxOptions, port: int) -> None:
        self.options = options
        self.port = port
        self.started = threading.Event()
        self.ready: Ready | None = None
        self.error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None

    def work(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 — raised again in the test's own thread
            self.error = error
        finally:
            self.started.set()

    def stop(self) -> None:
        if self._loop is not None and self._stopped is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopped.set)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        await run(self.options, port=self.port, on_ready=self._is_ready, stopped=self._stopped)

    def _is_ready(self, ready: Ready) -> None:
        self.ready = ready
        self.started.set()
