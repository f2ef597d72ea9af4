"""Keys as people write them, with dots: `plan`, `limits.max_numbers`, `pools.US.target_size`."""

from __future__ import annotations

from collections.abc import Iterator

from ..domain.country import NAMES, suggest_country
from ..domain.nearest import did_you_mean, nearest
from ..errors import UsageError
from .kinds import Kind, Refused
from .schema import BY_COUNTRY, ROOT, ROOT_REQUIRED, TABLES, Key


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


def is_required(dotted: str) -> bool:
    """Whether a project file, or the table that the key stands in, needs this key."""
    match dotted.split("."):
        case [name]:
            return name in ROOT_REQUIRED
        case [table, name]:
            return name in TABLES[table].required
        case [table, _, name]:
            return name in BY_COUNTRY[table].required
    return False


def takes(kind: Kind) -> str:
    """What is typed for it, in words."""
    return kind.typed or _without_quotes(kind.expected)


def value_from_text(dotted: str, words: str) -> tuple[Key, object]:
    """A key and what would stand in the file for `words`; raises UsageError if it is not its kind.

    The words are not repeated: they may be a secret in the wrong place.
    """
    key, kind = parse_key(dotted)
    try:
        raw = kind.from_text(words)
        kind.read(raw)
    except Refused as refused:
        told = str(refused)
        fits = takes(kind) if told == kind.expected else _without_quotes(told)
        raise UsageError(
            f"that value does not fit {dotted}",
            reason=f"it takes {fits}",
            hint=did_you_mean(words, kind.words),
        ) from None
    return key, raw


def _without_quotes(expected: str) -> str:
    """Quotes are for the file alone."""
    words = expected.replace(", without quotes", "").replace(", in quotes: ", ", such as ")
    return words.replace('"', "")


def _nearest_key(dotted: str) -> str:
    """The advice for a key that is none; its country is kept, or the nearest is named."""
    table, code, *rest = [*dotted.split("."), ""]
    if rest[1:] and table in BY_COUNTRY and code.upper() not in NAMES:
        return suggest_country(code)
    country = code.upper() if code.upper() in NAMES else "CC"
    known = [key.replace(".CC.", f".{country}.") for key in known_keys()]
    same_end = [key for key in known if key.split(".")[-1] == dotted.rsplit(".", maxsplit=1)[-1]]
    near = nearest(dotted, known) or next(iter(same_end), None)
    return f"did you mean {near}?" if near else "kapso-twilio config show lists them all"
