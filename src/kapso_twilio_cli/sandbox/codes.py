"""One-time codes on their way: from Meta's request to the Twilio inbox, or to a call.

The wordings are those collected in reference/meta.md §5; which one comes changes from code to
code, like the senders do.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from .calls import call_with_code
from .options import CodeMode
from .state import Message, OwnedNumber, Preverified
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
_FILTERED = (30038, "OTP Message Body Filtered")
_BY_CALL_ALONE = ("voice", "keyless", "words", "unheard", "untranscribed")


def send_code(world: World, number: Preverified, method: str, language: str, now: datetime) -> None:
    """Make a new code for a number, and let it arrive as the sandbox was told codes do."""
    code = world.account.draw_digits(6)
    lifetime = timedelta(seconds=world.options.code_lifetime_seconds)
    world.account.preverified[number.id] = replace(
        number, code=code, code_expires_at=now + lifetime
    )
    owned = world.account.owned_by_number(number.phone_number)
    mode = world.code_mode(number.phone_number)
    if owned is None or mode == "none":
        return
    late = world.options.code_delay_seconds if mode == "late" else 0.0
    at = now + timedelta(seconds=late)
    if method == "VOICE":
        call_with_code(world, owned, code, mode, at)
    elif owned.sms and mode not in _BY_CALL_ALONE:
        for text in _codes_in_texts(world, code, mode):
            _text(world, owned, text, language, at)


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
    world.came_in.append(message)
    return message


def _codes_in_texts(world: World, code: str, mode: CodeMode) -> list[tuple[str, ...]]:
    """The messages that bring the code, oldest first, each by the codes that stand in it."""
    if mode == "twice":
        return [(code,), (code,)]
    if mode == "two-codes":
        return [(code, _another(world, code))]
    if mode == "newer":
        return [(_another(world, code),), (code,)]
    return [(code,)]


def _another(world: World, code: str) -> str:
    other = world.account.draw_digits(6)
    return other if other != code else _another(world, code)


def _text(
    world: World, owned: OwnedNumber, codes: tuple[str, ...], language: str, at: datetime
) -> None:
    turn = len(world.account.messages)
    english = _ENGLISH[turn % len(_ENGLISH)]
    wording = _TRANSLATED.get(language.partition("_")[0], english)
    body = "\n".join(wording.format(dashed=f"{c[:3]}-{c[3:]}", plain=c) for c in codes)
    is_filtered = world.code_mode(owned.phone_number) == "filtered"
    deliver(
        world,
        owned.phone_number,
        _SENDERS[turn % len(_SENDERS)],
        "" if is_filtered else body,
        at,
        _FILTERED if is_filtered else None,
    )
