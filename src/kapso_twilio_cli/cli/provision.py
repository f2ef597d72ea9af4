"""`kapso-twilio provision`: buy one number now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.country import parse_country
from ..domain.phone_number import parse_phone_number
from ..domain.sid import SidKind
from .command import Command, invocation
from .options import (
    AddressSid,
    BundleSid,
    CountryOption,
    DryRun,
    NumberTypeOption,
    Yes,
    parse_optional_sid,
)
from .quotes import say_lost_sids, say_warnings, what_is_bought
from .tree import verb

if TYPE_CHECKING:
    from ..domain.number import Number
    from ..operations.buying.quote import Quote

app = verb()

Exactly = Annotated[
    str | None,
    typer.Option(
        "--phone-number", metavar="NUMBER", help="Buy exactly this number, such as +14155550123."
    ),
]


@app.command(
    "provision",
    cls=Command,
    epilog="kapso-twilio provision --country CL\n"
    "kapso-twilio provision --country US --phone-number +14155550123 --yes",
)
def provision_(
    ctx: typer.Context,
    *,
    country: CountryOption,
    phone_number: Exactly = None,
    number_type: NumberTypeOption = None,
    bundle_sid: BundleSid = None,
    address_sid: AddressSid = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Buy one number live, for no pool. Asks first; without a terminal it needs --yes."""
    inv = invocation(ctx)
    from ..operations.buying.provision import provision, quote_provision, rehearse_provision
    from ..operations.buying.quote import Wanted

    project = inv.project
    wanted = Wanted(
        parse_country(country),
        number_type,
        parse_optional_sid(SidKind.BUNDLE, bundle_sid),
        parse_optional_sid(SidKind.ADDRESS, address_sid),
        phone_number=parse_phone_number(phone_number) if phone_number is not None else None,
    )
    quoted = (rehearse_provision if dry_run else quote_provision)(project, wanted)
    say_lost_sids(inv, quoted.choice)
    say_warnings(inv, quoted.warnings)
    if dry_run:
        words = f"would buy {what_is_bought(quoted)}"
        inv.answer("provision", {"dry_run": True, **_fields(quoted, None)}, [words])
        return
    bought = provision(
        project,
        quoted,
        approve=lambda quote: inv.confirm(f"Buy {what_is_bought(quote)}?", yes=yes),
    )
    number = bought.number
    inv.answer(
        "provision", {"dry_run": False, **_fields(quoted, number)}, [f"{number.phone_number}"]
    )
    inv.note(f"bought {number.phone_number} ({number.sid}) at {number.price} a month")


def _fields(quote: Quote, number: Number | None) -> dict[str, object]:
    from .documents import amount

    sids = quote.choice.regulatory
    return {
        "phone_number": number.phone_number if number else None,
        "sid": number.sid if number else None,
        "country": quote.choice.country,
        "number_type": quote.choice.number_type,
        "state": number.state if number else None,
        "monthly_price": amount(quote.price.amount),
        "currency": quote.price.currency,
        "bundle_sid": sids.bundle_sid,
        "bundle_sid_from": sids.bundle_sid_from,
        "address_sid": sids.address_sid,
        "address_sid_from": sids.address_sid_from,
    }
