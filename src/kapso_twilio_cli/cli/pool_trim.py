"""`kapso-twilio pool trim`: release what a pool holds beyond its target."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.country import Country, parse_country
from ..errors import UsageError
from .command import Command, Invocation, invocation
from .options import DryRun, PoolArgument
from .patience import LockTimeout, patience
from .staying import trim_command

if TYPE_CHECKING:
    from ..operations.pools.trim import TrimReport

Confirm = Annotated[
    str | None,
    typer.Option(
        "--confirm", metavar="CC:N", help="The country and how many: the words that release them."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the noun `pool`."""
    app.command(
        "trim",
        cls=Command,
        epilog="kapso-twilio pool trim US --dry-run\nkapso-twilio pool trim US --confirm US:3",
    )(trim_)


def trim_(
    ctx: typer.Context,
    country: PoolArgument,
    *,
    confirm: Confirm = None,
    lock_timeout: LockTimeout = None,
    dry_run: DryRun = False,
) -> None:
    """Release a pool's ready numbers above its target, for good.

    They are given back to Twilio, the soonest to expire first. Nothing else in this program does
    that to many at once.
    """
    inv = invocation(ctx)
    from ..operations.lock import mass_work
    from ..operations.pools.trim import trim

    code = parse_country(country)
    count = _confirmed(inv, code, confirm, dry_run=dry_run)
    if dry_run:
        _show_plan(inv, code, count)
        return
    assert count is not None
    with mass_work(inv.project, "pool trim", patience(inv, lock_timeout)):
        report = trim(inv.project, code, count)
    _answer(inv, report)
    if report.error is not None:
        raise report.error


def _confirmed(inv: Invocation, code: Country, confirm: str | None, *, dry_run: bool) -> int | None:
    """How many were confirmed, by exactly `CC:N`; None in a dry run that confirms nothing."""
    if confirm is None and dry_run:
        return None
    found = re.fullmatch(rf"{code}:([1-9]\d{{0,3}})", confirm or "", re.ASCII)
    if found is not None:
        return int(found[1])
    raise _not_confirmed(inv, code, confirm)


def _not_confirmed(inv: Invocation, code: Country, confirm: str | None) -> UsageError:
    from ..operations.pools.trim import surplus

    above = len(surplus(inv.project, code))
    return UsageError(
        f"nothing was released: this needs --confirm {code}:N",
        reason=f"{confirm!r} is not the country and a count"
        if confirm is not None
        else "how many must be written out, as a release is for good",
        hint=trim_command(code, above)
        if above
        else f"there is none above the target now: kapso-twilio pool trim {code} --dry-run",
    )


def _show_plan(inv: Invocation, code: Country, count: int | None) -> None:
    from ..operations.pools.trim import numbers_to_trim, surplus
    from .documents import amount

    above = surplus(inv.project, code)
    numbers = above if count is None else numbers_to_trim(inv.project, code, count)
    saved = sum((number.price.amount for number in numbers), Decimal(0))
    currency = inv.project.config.limits.currency
    fields = {
        "dry_run": True,
        "country": code,
        "released": [],
        "failed": [],
        "surplus": len(above),
        "monthly_cost_saved": amount(Decimal(0)),
        "currency": currency,
        "to_release": [{"phone_number": number.phone_number} for number in numbers],
    }
    words = [f"would release {number.phone_number}" for number in numbers]
    end = f"{len(above)} above the target; {len(numbers)} released would save"
    inv.answer("pool.trim", fields, [*words, f"{code}: {end} {amount(saved)} {currency} a month"])


def _answer(inv: Invocation, report: TrimReport) -> None:
    from .documents import amount

    currency = inv.project.config.limits.currency
    fields = {
        "dry_run": False,
        "country": report.country,
        "released": [{"phone_number": number.phone_number} for number in report.released],
        "failed": [
            {
                "phone_number": entry.number.phone_number,
                "reason": f"{entry.error.message}: {entry.error.reason}"
                if entry.error.reason
                else entry.error.message,
            }
            for entry in report.failed
        ],
        "surplus": report.surplus,
        "monthly_cost_saved": amount(report.monthly_cost_saved),
        "currency": currency,
    }
    words = [f"released {number.phone_number}" for number in report.released]
    saved = f"{amount(report.monthly_cost_saved)} {currency} a month saved"
    end = f"{report.country}: released {len(report.released)}, {report.surplus} left above the"
    inv.answer("pool.trim", fields, [*words, f"{end} target, {saved}"])
    for entry in report.failed:
        inv.note(f"{entry.number.phone_number}: {entry.error.message}")
    if report.released:
        inv.note("the Twilio console can restore them for 10 days")
