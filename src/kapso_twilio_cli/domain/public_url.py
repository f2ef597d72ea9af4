"""The address under which Twilio reaches the receiver, and what stands below it.

Twilio signs the address that it was told to call, letter by letter. So both commands that are
given it write it in the same way, and a request is held against it, never against what a proxy
made of it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from ..errors import UsageError
from .loopback import is_loopback

SMS_PATH = "/twilio/sms"
"""Where Twilio sends what comes in by SMS, below the public address."""

VOICE_PATH = "/twilio/voice"
"""Where Twilio asks what to do with a call."""

TRANSCRIPTION_PATH = "/twilio/transcription"
"""Where Twilio sends what it understood of a recorded call."""

KAPSO_PATH = "/kapso/events"
"""Where Kapso sends the project's events."""


class PublicUrl(msgspec.Struct, frozen=True):
    """`https://kt.example.com`, or `https://example.com/kt` behind a proxy that shares its host."""

    origin: str
    """Scheme, host and port, in lower case, without a slash at the end."""
    prefix: str
    """The path below which the receiver stands: empty, or `/kt`."""

    def __str__(self) -> str:
        """The whole address, without a slash at the end."""
        return f"{self.origin}{self.prefix}"

    @property
    def sms_url(self) -> str:
        """The address for a number's SmsUrl."""
        return f"{self}{SMS_PATH}"

    @property
    def voice_url(self) -> str:
        """The address for a number's VoiceUrl."""
        return f"{self}{VOICE_PATH}"

    @property
    def transcription_url(self) -> str:
        """The address that a recorded call's text is sent to."""
        return f"{self}{TRANSCRIPTION_PATH}"

    @property
    def kapso_url(self) -> str:
        """The address for the project's webhook at Kapso."""
        return f"{self}{KAPSO_PATH}"

    def called(self, target: str) -> str:
        """The address that was called, from a request's path and query as they came in.

        A proxy may have taken the prefix away, or not.
        """
        if self.prefix and not target.startswith(f"{self.prefix}/"):
            return f"{self}{target}"
        return f"{self.origin}{target}"


def parse_public_url(text: str) -> PublicUrl:
    """Take what a person typed: https, or http on this machine; else a UsageError.

    It is not repeated where it may hold a password.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _refused("it is not a URL") from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise _refused("it must hold no user, password, query or fragment")
    if not host or parts.scheme not in ("https", "http"):
        raise _refused("it must begin with https://")
    if parts.scheme == "http" and not is_loopback(host):
        raise _refused("Twilio would send codes without encryption; http is for this machine only")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise _refused("it must be written in ASCII, as Twilio would call it")
    return PublicUrl(f"{parts.scheme}://{parts.netloc.lower()}", parts.path.rstrip("/"))


def is_receivers(url: str) -> bool:
    """Whether an SmsUrl or a VoiceUrl at Twilio leads to a receiver of this program."""
    return url.partition("?")[0].endswith((SMS_PATH, VOICE_PATH))


def _refused(reason: str) -> UsageError:
    return UsageError(
        "the public URL cannot be used",
        reason=reason,
        hint="write it like --public-url https://kt.example.com",
    )
