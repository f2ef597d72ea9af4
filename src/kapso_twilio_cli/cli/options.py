"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from ..domain.number_type import NumberType
from ..domain.phone_number import PhoneNumber, parse_phone_number
from ..domain.sid import SidKind, parse_sid
from ..errors import UsageError
from .suggestions import countries, numbers, pools, refs

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]

CountryOption = Annotated[
    str,
    typer.Option("--country", metavar="CC", help="Country, such as CL.", autocompletion=countries),
]

OptionalCountry = Annotated[
    str | None,
    typer.Option("--country", metavar="CC", help="Country, such as CL.", autocompletion=countries),
]

PoolArgument = Annotated[
    str, typer.Argument(metavar="CC", help="Country code, such as CL.", autocompletion=pools)
]

NumberTypeOption = Annotated[
    NumberType | None,
    typer.Option("--number-type", help="Type of number, instead of the country's setting."),
]

BundleSid = Annotated[
    str | None,
    typer.Option("--bundle-sid", metavar="BU...", help="Bundle to send where no setting has one."),
]

AddressSid = Annotated[
    str | None,
    typer.Option(
        "--address-sid", metavar="AD...", help="Address to send where no setting has one."
    ),
]

Concurrency = Annotated[
    int,
    typer.Option(
        "--concurrency", metavar="N", min=1, max=32, help="How many calls to make at once."
    ),
]

NumberArgument = Annotated[
    str,
    typer.Argument(
        metavar="NUMBER", help="Full number, such as +56912345678.", autocompletion=numbers
    ),
]

OptionalNumber = Annotated[
    str | None,
    typer.Argument(
        metavar="[NUMBER]", help="Full number, such as +56912345678.", autocompletion=numbers
    ),
]

RefOption = Annotated[
    str | None,
    typer.Option(
        "--ref",
        metavar="KEY",
        help="The onboarding that holds the number.",
        autocompletion=refs,
    ),
]

NewRefOption = Annotated[
    str | None,
    typer.Option(
        "--ref", metavar="KEY", help="Your name for the onboarding: the same one, the same number."
    ),
]


def number_or_ref(number: str | None, ref: str | None) -> PhoneNumber | str:
    """The number or the ref that was given; UsageError unless it is exactly one of them."""
    if (number is None) == (ref is None):
        raise UsageError(
            "name one number, or one ref",
            reason="both were given" if number else "neither was given",
            hint="write the number like +56912345678, or use --ref KEY",
        )
    return parse_phone_number(number) if number is not None else parse_ref(ref or "")


def parse_optional_sid(kind: SidKind, text: str | None) -> str | None:
    """A SID that was given, or None."""
    return None if text is None else parse_sid(kind, text)


def parse_ref(text: str) -> str:
    """A ref is 1 to 100 visible characters and does not begin with `+`, as numbers do."""
    if 0 < len(text) <= 100 and text.isprintable() and " " not in text and text[0] != "+":
        return text
    raise UsageError(
        f"{text!r} cannot be a ref",
        reason="a ref is 1 to 100 characters without spaces, and does not begin with +",
        hint="use the id of your onboarding, such as signup-1234",
    )
