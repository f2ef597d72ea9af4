"""Reading WhatsApp's one-time code out of an SMS.

Source: the forms of reference "Meta: pre-verified numbers", 5 (read 2026-11-22): six digits, with
an optional hyphen or space, in a text that says WhatsApp. The sender is no help: it varies.
"""

from __future__ import annotations

import re

from ..errors import UsageError

_BY_HAND = re.compile(r"(\d{3})[- ]?(\d{3})", re.ASCII)
_NAMES_WHATSAPP = re.compile(r"whatsapp|واتساب", re.IGNORECASE)
# Six ASCII digits that stand alone: not part of a longer number, an amount, a date or an app hash.
_CODE = re.compile(
    r"(?<![a-z\d/+#$€£¥-])(?<![$€£¥#] )(?<!\d[.,:])"
    r"(?:(\d{3})-?(\d{3})|(?<!\d )(\d{3}) (\d{3})(?! \d))"
    r"(?![a-z\d/+=%$€£¥]| ?[%$€£¥]|[.,:-]\d)",
    re.IGNORECASE | re.ASCII,
)
_LINK = re.compile(r"v\.whatsapp\.com/(\d{6})(?!\d)", re.IGNORECASE | re.ASCII)


def parse_code(text: str) -> str:
    """The six digits that a person gave; UsageError if it is anything else."""
    found = _BY_HAND.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            "that is no one-time code",
            reason="WhatsApp's codes are six digits",
            hint="write it like 123456 or 123-456",
        )
    return found[1] + found[2]


def read_code(body: str) -> str | None:
    """The six digits of WhatsApp's code in `body`; None if it holds no code, or two different."""
    if _NAMES_WHATSAPP.search(body) is None:
        return None
    linked = _LINK.findall(body)
    standing = ["".join(parts) for parts in _CODE.findall(_LINK.sub(" ", body))]
    codes = set(standing) | set(linked)
    return codes.pop() if len(codes) == 1 else None
