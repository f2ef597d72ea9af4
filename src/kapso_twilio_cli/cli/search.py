"""`kapso-twilio search`: see the numbers on sale in a country."""

from __future__ import annotations

from typing import Annotated

import typer

from ..domain.country import country_name, parse_country
from .answer import Table
from .command import Command, invocation
from .options import CountryOption, NumberTypeOption
from .quotes import say_warnings
from .tree import verb

app = verb()

Contains = Annotated[
    str | None,
    typer.Option("--contains", metavar="DIGITS", help="Digits that the number holds, such as 555."),
]


@app.command(
    "search",
    cls=Command,
    epilog="kapso-twilio search --country CL\n"
    "kapso-twilio search --country GB --number-type mobile --json",
)
def search_(
    ctx: typer.Context,
    *,
    country: CountryOption,
    number_type: NumberTypeOption = None,
    contains: Contains = None,
) -> None:
    """See numbers on sale in a country, with the monthly price. Buys nothing."""
    inv = invocation(ctx)
    from ..operations.buying.quote import Wanted
    from ..operations.buying.search import search
    from .documents import amount

    project = inv.project
    code = parse_country(country)
    result = search(project, Wanted(code, number_type, contains=contains))
    numbers = [
        {
            "phone_number": n.phone_number,
            "locality": n.locality,
            "region": n.region,
            "capabilities": {
                "sms": n.capabilities.sms,
                "voice": n.capabilities.voice,
                "mms": n.capabilities.mms,
            },
            "address_requirements": n.address_requirements,
        }
        for n in result.numbers
    ]
    fields = {
        "country": result.country,
        "number_type": result.number_type,
        "monthly_price": amount(result.price.amount) if result.price else None,
        "currency": result.price.currency if result.price else None,
        "numbers": numbers,
        "warnings": list(result.warnings),
    }
    rows = [
        (n.phone_number, n.locality, n.region, _able(n.capabilities), n.address_requirements)
        for n in result.numbers
    ]
    inv.answer("search", fields, [Table(("number", "locality", "region", "can", "address"), rows)])
    price = f"{result.price} a month each" if result.price else "price unknown"
    inv.note(f"{country_name(code)}, {result.number_type}: {price}")
    say_warnings(inv, result.warnings)
    if code not in project.config.allowed_countries:
        inv.note(f"{code} is not allowed yet: kapso-twilio country allow {code}")


def _able(capabilities: object) -> str:
    return " ".join(name for name in ("sms", "voice", "mms") if getattr(capabilities, name))
