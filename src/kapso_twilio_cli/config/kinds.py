"""The kinds of value a project file holds: how each is read, written on a command line and shown.

Readers take what TOML gave and are strictly typed: no "5" for 5, no true for 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec

from ..domain.country import NAMES, parse_country, suggest_country
from ..domain.duration import duration_text, parse_duration
from ..domain.money import decimal_text
from ..domain.sid import SidKind, is_sid
from ..errors import UsageError
from .problems import shown

LIFTED = "none"
"""Written instead of a limit, it lifts the limit."""

SWITCH_WORDS = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}
"""What a person may type for a switch."""

_MOST = 1_000_000


class Refused(Exception):
    """The value is not of its kind; the text says what to write instead."""


class Kind(msgspec.Struct, frozen=True):
    """One kind of value; `from_text` gives what would stand in the file. Both may raise Refused."""

    expected: str
    read: Callable[[object], object]
    from_text: Callable[[str], object] = str
    shows_none_as: str | None = None
    is_private: bool = False
    """What stands there may hold a secret: it is neither shown nor repeated whole."""
    words: tuple[str, ...] = ()
    """The words that it takes, where these are few."""
    typed: str = ""
    """What is typed on a command line, where that is more than `expected` without its quotes."""
    meaning: str = ""
    """What a key of this kind is for, in a sentence or two."""

    def means(self, meaning: str) -> Kind:
        """The same kind, of the key that is for this."""
        return msgspec.structs.replace(self, meaning=meaning)


def show(kind: Kind, value: object) -> object:
    """A setting as JSON and people see it: `24h`, `100.00`, `none`."""
    match value:
        case None:
            return kind.shows_none_as
        case str() if kind.is_private:
            return _scheme_and_host(value)
        case tuple() if kind.is_private:
            return [_scheme(address) for address in value]
        case timedelta():
            return duration_text(value)
        case Decimal():
            return decimal_text(value)
        case StrEnum():
            return value.value
        case tuple():
            return list(value)
        case _:
            return value


def text(pattern: str, expected: str) -> Kind:
    """A text that matches `pattern` as a whole."""

    def read(value: object) -> str:
        if isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII):
            return value
        raise Refused(expected)

    return Kind(expected, read)


def texts(pattern: str, each: str) -> Kind:
    """A list of texts that match `pattern` as a whole; with commas on a command line."""
    one, expected = text(pattern, each), f'a list, each in quotes: {each}, as in ["…", "…"]'

    def read(value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise Refused(expected)
        try:
            return tuple(one.read(member) for member in value)
        except Refused:
            raise Refused(expected) from None

    def from_text(words: str) -> object:
        return [word.strip() for word in words.split(",") if word.strip()]

    return Kind(expected, read, from_text, typed=f"{each}; several with commas and no spaces")


def command() -> Kind:
    """A program by its full path, and its arguments; no shell ever reads them."""
    expected = 'a list of a full path and arguments: ["/path/to/hook", "argument"]'
    typed = 'a full path and arguments, quoted as a whole: "/path/to/hook argument"'

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise Refused(expected)
        if (value and not value[0].startswith("/")) or any("\0" in word for word in value):
            raise Refused(expected)
        return tuple(value)

    def from_text(words: str) -> object:
        import shlex

        try:
            return shlex.split(words)
        except ValueError:
            raise Refused(expected) from None

    return Kind(expected, read, from_text, typed=typed)


def private(kind: Kind) -> Kind:
    """The same kind, of values that may hold a secret."""
    return msgspec.structs.replace(kind, is_private=True)


def sid(sid_kind: SidKind, *other_words: str) -> Kind:
    """A SID of that kind, or one of `other_words`."""
    expected = f'"{sid_kind}…": {sid_kind} and 32 hexadecimal digits'
    expected += "".join(f', or "{word}"' for word in other_words)

    def read(value: object) -> str:
        if isinstance(value, str) and (value in other_words or is_sid(sid_kind, value)):
            return value
        raise Refused(expected)

    return Kind(expected, read)


def choice(words: type[StrEnum] | tuple[str, ...]) -> Kind:
    """One of a closed list of words."""
    known = [str(word) for word in words]
    expected = "one of " + ", ".join(f'"{word}"' for word in known)

    def read(value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise Refused(expected)
        return words(value) if isinstance(words, type) else value

    return Kind(expected, read, words=tuple(known))


def switch() -> Kind:
    """True or false, without quotes."""
    expected = "true or false, without quotes"

    def read(value: object) -> bool:
        if isinstance(value, bool):
            return value
        raise Refused(expected)

    def from_text(words: str) -> object:
        return SWITCH_WORDS.get(words.lower(), words)

    return Kind(expected, read, from_text, words=("true", "false"))


def count(*, least: int = 0, most: int = _MOST) -> Kind:
    """A whole number from `least` to `most`."""
    bounds = f", {least} or more" if most == _MOST else f" from {least} to {most}"
    expected = f"a whole number{bounds}, without quotes"

    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise Refused(expected if not _is_above(most, value) else f"a number up to {most}")

    def from_text(words: str) -> object:
        return int(words) if re.fullmatch(r"\d{1,9}", words, re.ASCII) else words

    return Kind(expected, read, from_text)


def amount() -> Kind:
    """An amount of money, exact: at least 0, with at most six places."""
    expected = "an amount such as 100.00, without quotes"

    def read(value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise Refused(expected)
        exact = Decimal(value)
        if not exact.is_finite() or not 0 <= exact <= _MOST:
            raise Refused(f"an amount from 0 to {_MOST}")
        if exact != round(exact, 6):
            raise Refused(f"{expected}, with at most six decimal places")
        return exact

    def from_text(words: str) -> object:
        return Decimal(words) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", words, re.ASCII) else words

    return Kind(expected, read, from_text)


def liftable(kind: Kind) -> Kind:
    """The same kind, or "none", which lifts the limit."""
    expected = f'{kind.expected}; or "{LIFTED}" to lift the limit'

    def read(value: object) -> object:
        if value == LIFTED:
            return None
        try:
            return kind.read(value)
        except Refused as refused:
            other = str(refused)
            raise Refused(expected if other == kind.expected else other) from None

    return Kind(expected, read, kind.from_text, shows_none_as=LIFTED, words=(LIFTED,))


def duration(*, least: timedelta, most: timedelta = timedelta.max) -> Kind:
    """A duration such as "24h", of at least `least` and at most `most`."""
    expected = 'a duration such as "90s", "10m", "24h" or "7d"'
    expected += f', at least "{duration_text(least)}"' * bool(least)
    expected += f', at most "{duration_text(most)}"' * (most != timedelta.max)

    def read(value: object) -> timedelta:
        if not isinstance(value, str):
            raise Refused(expected)
        try:
            found = parse_duration(value)
        except UsageError:
            raise Refused(expected) from None
        if found < least:
            raise Refused(f'a duration of at least "{duration_text(least)}"')
        if found > most:
            raise Refused(f'a duration of at most "{duration_text(most)}"')
        return found

    return Kind(expected, read)


def country() -> Kind:
    """A country code in any case."""
    expected = 'a country code such as "US" or "CL"'

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise Refused(expected)
        try:
            return parse_country(value)
        except UsageError as error:
            raise Refused(f"{expected}; {error.hint}") from None

    return Kind(expected, read, str.upper)


def countries() -> Kind:
    """A list of country codes, each once; the loader reads the members one by one."""
    expected = 'a list of country codes such as ["US", "CL"]'

    def read(value: object) -> tuple[object, ...]:
        if isinstance(value, list):
            return tuple(value)
        raise Refused(expected)

    def from_text(words: str) -> object:
        members = [word.strip().upper() for word in words.split(",") if word.strip()]
        for member in members:
            if member not in NAMES:
                takes = f"country codes such as US,CL; {shown(member)} is none"
                raise Refused(f"{takes}: {suggest_country(member)}")
        return list(dict.fromkeys(members))

    return Kind(expected, read, from_text, typed="country codes such as US,CL")


def _scheme_and_host(address: str) -> str:
    """`https://hc-ping.com/…`; user and password stand before the host, tokens behind it."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}/…"


def _scheme(address: str) -> str:
    """`mailto://…`: in apprise's addresses a token may stand where the host does."""
    return f"{address.partition('://')[0]}://…"


def _is_above(most: int, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > most
