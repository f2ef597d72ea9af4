"""What a sandbox can be told before it starts, and what it says when it is ready."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, get_args

from ..errors import UsageError

CodeMode = Literal[
    "sms",
    "voice",
    "filtered",
    "late",
    "none",
    "twice",
    "two-codes",
    "newer",
    "keyless",
    "words",
    "unheard",
    "untranscribed",
]
"""How codes arrive: `sms` at once; `voice` only as a call; `filtered` as a message that Twilio
blanked (30038), calls work; `late` after `code_delay_seconds`; `none` never. By SMS: `twice` the
same message; `two-codes` in one message, of which one is right; `newer` after an older one. By call
alone: `keyless` does not say the code whatever is pressed; `words` is transcribed as words;
`unheard` could not be transcribed; `untranscribed` is recorded, and its transcription never done.
"""

CODE_MODES: tuple[CodeMode, ...] = get_args(CodeMode)


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """Every setting of a sandbox; the defaults play a healthy day."""

    state_file: Path | None = None
    latency_ms: int = 0
    code: CodeMode = "sms"
    code_delay_seconds: float = 3.0
    code_lifetime_seconds: float = 600.0
    verification_days: float = 90.0
    stock: Mapping[str, int] = field(default_factory=dict)
    """Numbers on sale of each type, by country; `catalogue.DEFAULT_STOCK` elsewhere."""
    seed: str | None = None
    """Fixes credentials, ids and samples, for golden tests; else they differ in every run."""
    max_concurrent: int | None = None
    """More Twilio requests than this at one time are answered 429 with code 20429."""
    portfolio_limit: int | None = None
    """More pre-verified numbers than this are refused by Meta with code 100."""
    kapso_custom_twilio: bool = True
    """Whether Kapso takes countries other than US in a setup link."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What a client needs to know; the keys of the ready line, in its order."""

    url: str
    account_sid: str
    auth_token: str
    api_key_sid: str
    api_key_secret: str
    meta_business_id: str
    meta_token: str
    kapso_api_key: str
    kapso_webhook_secret: str

    def line(self) -> str:
        """Give the one JSON line that `sandbox serve` prints."""
        return json.dumps(asdict(self))


def parse_stock(texts: Iterable[str]) -> dict[str, int]:
    """Read `CC=N` settings; anything else is a UsageError that shows the right form."""
    stock: dict[str, int] = {}
    for text in texts:
        country, separator, count = text.partition("=")
        if not separator or not count.isascii() or not count.isdigit():
            raise UsageError(
                f"{text!r} does not say how many numbers are on sale where",
                reason="a stock is a country code, = and a count",
                hint="write it like US=100",
            )
        stock[country.strip().upper()] = int(count)
    return stock
