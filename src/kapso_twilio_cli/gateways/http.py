"""HTTP as this program speaks it: every call bounded in time, and only what is safe repeated.

What requests raises is not chained to our errors: it carries URLs, with phone numbers in them.

A GET is repeated with back-off. Anything else is sent once: a request whose answer is lost may
have been carried out, and only the caller knows how to find out.
"""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
import stamina
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from ..errors import VendorUnavailable
from .clock import VendorClock
from .request_log import tell_answer, tell_failure, tell_repeat
from .turns import TOO_MANY_REQUESTS, Turns

CONNECT_TIMEOUT_SECONDS = 5.0
READ_TIMEOUT_SECONDS = 20.0
"""Where the user has set no other."""

_LATER = "nothing is wrong here; run the command again later"
_ATTEMPTS = 4
_GETS_AT_MOST_SECONDS = 60.0
_ASKS_TO_COME_BACK = (408, TOO_MANY_REQUESTS)
_RETRY_AFTER_AT_MOST_SECONDS = 30.0

# By default stamina logs each repeat as a warning, on a terminal in the midst of the progress.
stamina.instrumentation.set_on_retry_hooks([tell_repeat])


class AnswerLost(Exception):
    """The request may have been carried out: no answer came, or none that can be believed."""


class NotSent(VendorUnavailable):
    """The connection failed before a byte of the request was sent: nothing was done."""


class _TryAgain(Exception):
    """A GET that may succeed when repeated."""

    def __init__(self, error: VendorUnavailable, retry_after_seconds: float | None) -> None:
        super().__init__(f"{error}: {error.reason}")
        self.error = error
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True)
class Call:
    """One request, ready to send."""

    method: str
    url: str
    params: Mapping[str, Any] | None = field(repr=False, default=None)
    data: Mapping[str, Any] | None = field(repr=False, default=None)
    json: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    auth: Any = field(repr=False, default=None)


class Http:
    """Connections to one vendor, or its stand-in; may be used by many threads at once."""

    def __init__(
        self, vendor: str, *, base_url: str | None, connections: int, timeout_seconds: float
    ) -> None:
        """Speak to `vendor`; `base_url` is where it was said to be, None where it always is."""
        self._vendor = vendor
        self._base_url = base_url
        self._timeout_seconds = timeout_seconds
        self.clock = VendorClock()
        self._turns = Turns(connections)
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_maxsize=connections)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def get(self, call: Call) -> requests.Response:
        """Send a GET, again after network failures, 408, 429, 5xx and a 200 that is not JSON.

        Raises VendorUnavailable when the vendor does not answer, or still asks to wait.
        """
        try:
            for attempt in _attempts():
                with attempt:
                    return self._get_once(call)
        except _TryAgain as failure:
            raise failure.error from None
        raise AssertionError("stamina either returns or raises")  # pragma: no cover

    def send_once(self, call: Call) -> requests.Response:
        """Send a request that changes something. Never repeated.

        Raises NotSent when nothing was sent, AnswerLost when the outcome is unknown.
        """
        try:
            return self._send(call)
        except requests.RequestException as error:
            if _before_a_byte_was_sent(error):
                raise NotSent(
                    f"{self._vendor} cannot be reached",
                    reason=self._in_words(error, call),
                    hint=self._way_there(),
                ) from None
            raise AnswerLost(self._in_words(error, call)) from None

    def _get_once(self, call: Call) -> requests.Response:
        try:
            response = self._send(call)
        except requests.RequestException as error:
            hint = self._way_there() if _before_a_byte_was_sent(error) else _LATER
            why = self._unavailable(self._in_words(error, call), hint)
            raise _TryAgain(why, None) from None
        if response.status_code in _ASKS_TO_COME_BACK or response.status_code >= 500:
            raise _TryAgain(
                self._unavailable(f"it answered HTTP {response.status_code}"),
                retry_after_seconds(response),
            )
        if response.ok and not is_json_object(response.text):
            raise _TryAgain(self._unavailable("its answer is not the JSON it should be"), None)
        return response

    def _send(self, call: Call) -> requests.Response:
        try:
            with self._turns.one():
                began = time.monotonic()  # the wait for its turn is not the vendor's
                response = self._request(call)
                self._turns.note(response.status_code)
        except requests.RequestException as error:
            why, seconds = self._in_words(error, call), time.monotonic() - began
            tell_failure(self._vendor, call.method, call.url, why, seconds)
            raise
        self.clock.observe(response)
        tell_answer(self._vendor, call.method, response)
        return response

    def _request(self, call: Call) -> requests.Response:
        return self._session.request(
            call.method,
            call.url,
            params=call.params,
            data=call.data,
            json=call.json,
            headers=call.headers,
            auth=call.auth,
            timeout=(CONNECT_TIMEOUT_SECONDS, self._timeout_seconds),
            allow_redirects=False,
        )

    def _in_words(self, error: requests.RequestException, call: Call) -> str:
        """What went wrong on the way to the host; never the path, which carries phone numbers."""
        host = _host_of(call.url)
        if isinstance(error, requests.exceptions.ConnectTimeout):
            return f"no connection to {host} within {CONNECT_TIMEOUT_SECONDS:.0f} s"
        if isinstance(error, requests.exceptions.Timeout):
            return f"no answer within {self._timeout_seconds:g} s"
        if isinstance(error, requests.exceptions.SSLError):
            return f"the TLS connection to {host} could not be made"
        if isinstance(error, requests.ConnectionError):
            return (
                f"the connection to {host} could not be made"
                if _before_a_byte_was_sent(error)
                else "the connection broke before the answer came"
            )
        return "the answer could not be read"

    def _way_there(self) -> str:
        """What to look at where there was no connection."""
        if self._base_url is None:
            return "check the network, then run the command again"
        return (
            f"that address is from KAPSO_TWILIO_{self._vendor.upper()}_URL or"
            " KAPSO_TWILIO_SANDBOX_URL: start what should answer there, or unset the variable"
        )

    def _unavailable(self, reason: str, hint: str = _LATER) -> VendorUnavailable:
        return VendorUnavailable(f"{self._vendor} is not available", reason=reason, hint=hint)


def is_json_object(text: str) -> bool:
    """Whether a whole JSON object came: not a cut one, and not some proxy's error page."""
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        return True
    except ValueError:
        return _is_lenient_json_object(text)


def _is_lenient_json_object(text: str) -> bool:
    """As above, where msgspec is stricter than the vendors: half an emoji in an SMS, say."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def retry_after_seconds(response: requests.Response) -> float | None:
    """What `Retry-After` asks for, in seconds (RFC 9110, 10.2.3); None if it says nothing."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _RETRY_AFTER_AT_MOST_SECONDS)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return min(max(moment.timestamp() - time.time(), 0.0), _RETRY_AFTER_AT_MOST_SECONDS)


def _attempts() -> Iterable[Any]:
    return stamina.retry_context(
        on=_when_to_try_again,
        attempts=_ATTEMPTS,
        timeout=_GETS_AT_MOST_SECONDS,
        wait_initial=0.2,
        wait_max=5.0,
        wait_jitter=0.3,
    )


def _when_to_try_again(error: Exception) -> bool | float:
    if not isinstance(error, _TryAgain):
        return False
    return True if error.retry_after_seconds is None else error.retry_after_seconds


def _host_of(url: str) -> str:
    """The host and its port, without what else an address may hold."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _before_a_byte_was_sent(error: requests.RequestException) -> bool:
    """Whether the connection itself failed. What cannot be told apart counts as sent."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(
        reason,
        urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError,
    )
