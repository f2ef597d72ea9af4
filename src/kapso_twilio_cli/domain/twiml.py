"""What Twilio does with a call that brings a code: TwiML, and a URL that answers it.

Sources: twilio.com/docs/voice/twiml/record, /play and /dial, and reference "Meta: pre-verified
numbers", 5 (read 2026-11-22): the caller wants a key first, and then says the code three times.
"""

from __future__ import annotations

from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from .phone_number import PhoneNumber

LONGEST_RECORDING_SECONDS = 90
_SILENCE_SECONDS = 10
_ECHO = "https://twimlets.com/echo?Twiml="


def recording_twiml(key: str, delay_seconds: int, transcription_url: str | None = None) -> str:
    """Wait, press the key, then record what is said and have it written down.

    The text is sent to `transcription_url`, if there is one, beside being kept by Twilio. After the
    recording Twilio asks for more; without an `action` it would ask the same URL again, and begin
    anew.
    """
    hang_up = echo_url("<Response><Hangup/></Response>")
    told = (
        "" if transcription_url is None else f" transcribeCallback={quoteattr(transcription_url)}"
    )
    return (
        f'<Response><Pause length="{delay_seconds}"/><Play digits={quoteattr(key)}/>'
        f'<Record maxLength="{LONGEST_RECORDING_SECONDS}" timeout="{_SILENCE_SECONDS}"'
        f' playBeep="false" transcribe="true"{told}'
        f' action={quoteattr(hang_up)} method="GET"/></Response>'
    )


def forwarding_twiml(to: PhoneNumber) -> str:
    """Let the call ring at a person's telephone."""
    return f"<Response><Dial>{to}</Dial></Response>"


def echo_url(twiml: str) -> str:
    """A VoiceUrl of Twilio's own that answers the TwiML it is given: no server is needed."""
    return _ECHO + quote(twiml, safe="")
