"""How values stand in columns: times as sortable text, money as millionths."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from ..domain.money import Money

_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_MILLIONTHS = Decimal(1_000_000)


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that it sorts as text."""
    return moment.astimezone(UTC).strftime(_TIME)


def optional_time_text(moment: datetime | None) -> str | None:
    """As `time_text`; None stays None."""
    return None if moment is None else time_text(moment)


def time(text: str) -> datetime:
    """The aware UTC time in a column."""
    return datetime.fromisoformat(text)


def optional_time(text: str | None) -> datetime | None:
    """As `time`; None stays None."""
    return None if text is None else time(text)


def millionths(amount: Decimal) -> int:
    """The amount in millionths of its currency."""
    return int(amount * _MILLIONTHS)


def amount(count: int) -> Decimal:
    """The amount that a number of millionths is, with no more places than it needs."""
    exact = Decimal(count) / _MILLIONTHS
    cents = exact.quantize(Decimal("0.01"))
    return cents if cents == exact else exact


def money(count: int, currency: str) -> Money:
    """The money in two columns."""
    return Money(amount(count), currency)
