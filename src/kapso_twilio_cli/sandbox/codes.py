"""One-time codes on their way: from Meta's request to the Twilio inbox.

The wordings are those collected in reference/meta.md §5; which one comes changes from code to
code, like the senders do.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import unquote_plus

from .state import Message, OwnedNumber, Preverified, Recording
from .world import World

_SENDERS = ("WhatsApp", "32665", "+447860064112", "+15517868187")
_ENGLISH = (
    "Your WhatsApp Business code {dashed}. Don't share this code with others",
    "WhatsApp code {dashed}",
    "<#> Your WhatsApp Business code: {dashed}\nDon't share this code with others\nrJbA/XP1K+V",
    "Your WhatsApp code: {dashed}\nOr tap: v.whatsapp.com/{plain}\nDon't share this code",
)
_TRANSLATED = {
    "id": "Kode WhatsApp Business: {dashed}. Jangan bagikan kode ini",
    "es": "Código de WhatsApp Business {dashed}. No lo compartas",
    "ar": "كود واتساب للأعمال الخاص بك {plain}",
}
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_FILTERED = (30038, "OTP Message Body Filtered")


def send_code(world: World, number: Preverified, method: str, language: str, now: datetime) -> None:
    """Make a new code for a number, and let it arrive as the sandbox was told codes do."""
    code = world.account.draw_digits(6)
    lifetime = timedelta(seconds=world.options.code_lifetime_seconds)
    world.account.preverified[number.id] = replace(
        number, code=code, code_expires_at=now + lifetime
    )
    owned = world.account.owned_by_number(number.phone_number)
    mode = world.options.code
    if owned is None or mode == "none":
        return
    late = world.options.code_delay_seconds if mode == "late" else 0.0
    at = now + timedelta(seconds=late)
    if method == "VOICE":
        _call(world, owned, code, at)
    elif owned.sms and mode != "voice":
        _text(world, owned, code, language, at)


def deliver(
    world: World,
    to: str,
    sender: str,
    body: str,
    at: datetime,
    error: tuple[int, str] | None = None,
) -> Message:
    """Put an SMS into the inbox. Every second one has no `date_sent`, as happens at Twilio."""
    account = world.account
    order = account.next_order()
    message = Message(
        sid=account.draw_sid("SM"),
        order=order,
        to=to,
        from_=sender,
        body=body,
        arrived_at=at,
        sent_at=at if len(account.messages) % 2 else None,
        error_code=error[0] if error else None,
        error_message=error[1] if error else None,
    )
    account.messages.append(message)
    return message


def _text(world: World, owned: OwnedNumber, code: str, language: str, at: datetime) -> None:
    turn = len(world.account.messages)
    english = _ENGLISH[turn % len(_ENGLISH)]
    wording = _TRANSLATED.get(language.partition("_")[0], english)
    body = wording.format(dashed=f"{code[:3]}-{code[3:]}", plain=code)
    is_filtered = world.options.code == "filtered"
    deliver(
        world,
        owned.phone_number,
        _SENDERS[turn % len(_SENDERS)],
        "" if is_filtered else body,
        at,
        _FILTERED if is_filtered else None,
    )


def _call(world: World, owned: OwnedNumber, code: str, at: datetime) -> None:
    """Ring the number. Only TwiML that records leaves a trace, and only a key gets the code.

    The TwiML is read out of an echo URL; a URL that does not carry its TwiML is not fetched and
    counts as a call that nobody recorded.
    """
    twiml = unquote_plus(owned.settings.get("voice_url", ""))
    if "<Record" not in twiml:
        return
    account = world.account
    spoken = "To hear your verification code, press zero."
    if 'digits="' in twiml:
        spoken = " ".join([f"Verification code is {_say(code, len(account.recordings))}."] * 3)
    account.recordings.append(
        Recording(
            sid=account.draw_sid("RE"),
            order=account.next_order(),
            call_sid=account.draw_sid("CA"),
            transcription_sid=account.draw_sid("TR"),
            transcription=spoken if 'transcribe="true"' in twiml else None,
            to=owned.phone_number,
            arrived_at=at,
        )
    )


def _say(code: str, turn: int) -> str:
    """Write the code as transcriptions do: figures, spaced figures or words, in turn."""
    return (code, " ".join(code), " ".join(_WORDS[int(digit)] for digit in code))[turn % 3]
