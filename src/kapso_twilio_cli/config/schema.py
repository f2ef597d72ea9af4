"""Every table and key of a project file, and the kind of its value.

Defaults stand in `model`; a key that is not named here is an error in a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import msgspec

from ..domain.code_method import CodeMethod
from ..domain.country import NAMES
from ..domain.entitlement import Plan
from ..domain.limits import Limits
from ..domain.number_type import NumberType
from ..domain.pool import PostDisconnect
from ..domain.project_name import RULE
from ..domain.sid import SidKind
from ..errors import UsageError
from . import kinds
from .kinds import Kind
from .model import (
    SEND_NOTHING,
    CountrySettings,
    MetaSettings,
    NotifySettings,
    OnboardingSettings,
    PoolSettings,
    TwilioSettings,
    VoiceSettings,
)

Key = tuple[str, ...]
"""A key's path: `("limits", "max_numbers")`, `("pools", "US", "target_size")`."""


class Table(msgspec.Struct, frozen=True):
    """A table's keys, those it must have, and the struct it becomes."""

    build: Callable[..., object]
    keys: Mapping[str, Kind]
    required: frozenset[str] = frozenset()


_SECOND = timedelta(seconds=1)

ROOT: Mapping[str, Kind] = {
    "project": kinds.text(r"[a-z0-9][a-z0-9-]{0,23}", f'a name such as "acme": {RULE}'),
    "plan": kinds.choice(Plan),
    "custom_twilio_addon": kinds.switch(),
    "enabled": kinds.switch(),
    "default_country": kinds.country(),
    "allowed_countries": kinds.countries(),
}
ROOT_REQUIRED = frozenset({"project", "plan"})

TABLES: Mapping[str, Table] = {
    "twilio": Table(
        TwilioSettings,
        {
            "account_sid": kinds.sid(SidKind.ACCOUNT),
            "api_key_sid": kinds.sid(SidKind.API_KEY),
            "bundle_sid": kinds.sid(SidKind.BUNDLE),
            "address_sid": kinds.sid(SidKind.ADDRESS),
        },
        required=frozenset({"account_sid"}),
    ),
    "meta": Table(
        MetaSettings,
        {
            "credentials": kinds.choice(("kapso-managed", "custom")),
            "business_id": kinds.text(r"\d{5,32}", 'the portfolio\'s number, in quotes: "1234567"'),
            "api_version": kinds.text(r"v\d{1,3}\.\d{1,2}", 'a version such as "v25.0"'),
            "code_method": kinds.choice(CodeMethod),
            "code_timeout": kinds.duration(least=_SECOND),
            "max_attempts": kinds.count(least=1),
        },
    ),
    "voice": Table(
        VoiceSettings,
        {
            # Keys, and w for half a second's wait, as Twilio's verb Play takes them.
            "key": kinds.text(r"[0-9#*w]{1,16}", 'the key to press, in quotes: "0"'),
            "delay_seconds": kinds.count(most=60),
            "language": kinds.text(r"[a-z]{2,3}(_[A-Z]{2})?", 'a language such as "en_US"'),
            "call_timeout": kinds.duration(least=_SECOND),
            "url": kinds.text(r"https://[!-~]+", 'an address such as "https://example.com/voice"'),
        },
    ),
    "limits": Table(
        Limits,
        {
            "max_numbers": kinds.liftable(kinds.count()),
            "max_numbers_per_country": kinds.liftable(kinds.count()),
            "max_monthly_cost": kinds.liftable(kinds.amount()),
            "currency": kinds.text(r"[A-Z]{3}", 'a currency code such as "USD"'),
            "max_purchases_per_run": kinds.liftable(kinds.count()),
            "max_purchases_per_day": kinds.liftable(kinds.count()),
            "settle_after": kinds.duration(least=timedelta(0)),
            "max_quarantined": kinds.liftable(kinds.count()),
        },
    ),
    "onboarding": Table(
        OnboardingSettings,
        {
            "reservation_ttl": kinds.duration(least=_SECOND),
            # Meta verifies anew from 45 days before the end: more could never be kept.
            "min_validity": kinds.duration(least=timedelta(0), most=timedelta(days=45)),
            "removal_confirmed_after": kinds.duration(least=timedelta(0)),
        },
    ),
    "notify": Table(
        NotifySettings,
        {
            "metrics_file": kinds.text(r"/[^\x00-\x1f]+", "the full path of a file"),
            "ping_url": kinds.private(
                # Words are added to its path: nothing may stand behind that.
                kinds.text(r"https?://(?!/)[!\"$->@-~]+", "an https address without ? and #")
            ),
            "command": kinds.command(),
            "urls": kinds.private(
                kinds.texts(r"[a-zA-Z][\w+.-]*://[!-~]+", "an address of apprise's")
            ),
            "full_numbers": kinds.switch(),
        },
    ),
}

BY_COUNTRY: Mapping[str, Table] = {
    "countries": Table(
        CountrySettings,
        {
            "bundle_sid": kinds.sid(SidKind.BUNDLE, SEND_NOTHING),
            "address_sid": kinds.sid(SidKind.ADDRESS),
            "number_type": kinds.choice(NumberType),
            "code_method": kinds.choice(CodeMethod),
        },
    ),
    "pools": Table(
        PoolSettings,
        {
            "enabled": kinds.switch(),
            "target_size": kinds.count(),
            "post_disconnect": kinds.choice(PostDisconnect),
        },
        required=frozenset({"target_size"}),
    ),
}


def known_keys() -> Iterator[str]:
    """Every key as a person writes it; a country stands as `CC`."""
    yield from ROOT
    for name, table in TABLES.items():
        yield from (f"{name}.{key}" for key in table.keys)
    for name, table in BY_COUNTRY.items():
        yield from (f"{name}.CC.{key}" for key in table.keys)


def parse_key(dotted: str) -> tuple[Key, Kind]:
    """The path and kind of a key such as `limits.max_numbers` or `pools.us.target_size`.

    Raises UsageError with the nearest known key; a country is put in upper case.
    """
    match dotted.split("."):
        case [name] if name in ROOT:
            return (name,), ROOT[name]
        case [table, name] if table in TABLES and name in TABLES[table].keys:
            return (table, name), TABLES[table].keys[name]
        case [table, code, name] if table in BY_COUNTRY and code.upper() in NAMES:
            if name in BY_COUNTRY[table].keys:
                return (table, code.upper(), name), BY_COUNTRY[table].keys[name]
    raise UsageError(
        f"there is no key {dotted!r}",
        reason="keys are written with dots: plan, limits.max_numbers, pools.US.target_size",
        hint=_nearest_key(dotted),
    )


def value_from_text(dotted: str, words: str) -> tuple[Key, object]:
    """A key and what would stand in the file for `words`; raises UsageError if it is not its kind.

    The words are not repeated: they may be a secret in the wrong place.
    """
    key, kind = parse_key(dotted)
    try:
        raw = kind.from_text(words)
        kind.read(raw)
    except kinds.Refused as refused:
        takes = _without_quotes(str(refused))
        raise UsageError(f"that value does not fit {dotted}", reason=f"it takes {takes}") from None
    return key, raw


def _without_quotes(expected: str) -> str:
    """Quotes are for the file alone."""
    words = expected.replace(", without quotes", "").replace(", in quotes: ", ", such as ")
    return words.replace('"', "")


def _nearest_key(dotted: str) -> str:
    from difflib import get_close_matches

    known = list(known_keys())
    ends = [key for key in known if key.rsplit(".", 1)[-1] == dotted.rsplit(".", 1)[-1]]
    near = ends or get_close_matches(dotted, known, n=1)
    return f"did you mean {near[0]}?" if near else "kapso-twilio config show lists them all"
