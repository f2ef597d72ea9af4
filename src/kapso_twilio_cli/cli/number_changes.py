"""`kapso-twilio number add-to-pool`, `import` and `release`: what a person decides."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.lifecycle import NumberState
from ..domain.phone_number import PhoneNumber, parse_phone_number
from ..errors import UsageError
from .command import Command, Invocation, invocation
from .options import DryRun, NumberArgument
from .rehearsal import rehearsing

if TYPE_CHECKING:
    from ..domain.country import Country
    from ..domain.number import Number
    from ..operations.numbers.import_number import Arrival, Imported
    from ..operations.numbers.release import Released

ForcePool = Annotated[
    bool,
    typer.Option("--force", help="Take a number that was marked unavailable or quarantined, too."),
]
IntoPool = Annotated[bool, typer.Option("--pool", help="Make it a member of its country's pool.")]
Confirm = Annotated[
    str | None,
    typer.Option("--confirm", metavar="NUMBER", help="The same number again: it is for good."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the noun `number`."""
    app.command(
        "add-to-pool",
        cls=Command,
        epilog="kapso-twilio number add-to-pool +56912345678\n"
        "kapso-twilio number add-to-pool +56912345678 --force",
    )(add_to_pool_)
    app.command(
        "import",
        cls=Command,
        epilog="kapso-twilio number import +56225550123 --dry-run\n"
        "kapso-twilio number import +56225550123 --pool",
    )(import_)
    app.command(
        "release",
        cls=Command,
        epilog="kapso-twilio number release +56912345678 --dry-run\n"
        "kapso-twilio number release +56912345678 --confirm +56912345678",
    )(release_)


def add_to_pool_(
    ctx: typer.Context,
    number: NumberArgument,
    *,
    force: ForcePool = False,
    dry_run: DryRun = False,
) -> None:
    """Make a number a member of its country's pool.

    The next fill verifies it. A release that was asked for and is not done is called off.
    """
    inv = invocation(ctx)
    from ..operations.numbers.add_to_pool import add_to_pool

    project = inv.project
    phone_number = parse_phone_number(number)
    with rehearsing(project, dry_run=dry_run):
        added = add_to_pool(project, phone_number, force=force)
    fields = {
        "dry_run": dry_run,
        "phone_number": added.phone_number,
        "state": added.state,
        "pool": added.facts.pool,
    }
    verb = "would be" if dry_run else "is"
    words = f"{added.phone_number} {verb} in the {added.facts.pool} pool, {added.state}"
    inv.answer("number.add-to-pool", fields, [words])


def import_(
    ctx: typer.Context, number: NumberArgument, *, pool: IntoPool = False, dry_run: DryRun = False
) -> None:
    """Take in a number that was bought in the Twilio console. It is labelled at Twilio."""
    inv = invocation(ctx)
    from ..operations.numbers.import_number import arriving, import_number

    arrival = arriving(inv.project, parse_phone_number(number), pool=pool)
    if dry_run:
        _show_arrival(inv, arrival, pool=pool)
        return
    done = import_number(inv.project, arrival)
    words = f"{_described(done.number)}; it is {done.number.state}"
    if not done.was_new:
        words = f"{done.number.phone_number} is in the inventory already, {done.number.state}"
    if done.labelled:
        words += f"; labelled {done.number.facts.label}"
    fields = _import_fields(done.number, was_new=done.was_new, labelled=done.labelled)
    inv.answer("number.import", {"dry_run": False, **fields}, [words])
    _say_after_import(inv, done, pool=pool)


def _say_after_import(inv: Invocation, done: Imported, *, pool: bool) -> None:
    n = done.number.phone_number
    if done.label_error is not None:
        inv.output.warn(
            f"warning: its label could not be put on it ({done.label_error.message}); were the"
            f" inventory lost, it could not be found: kapso-twilio number import {n}"
        )
    if done.limit_passed is not None:
        inv.output.warn(f"warning: {done.limit_passed}: nothing more is bought")
    if pool and done.number.facts.pool is None:
        inv.note(f"it is in no pool: kapso-twilio number add-to-pool {n}")
    elif done.was_new and pool:
        inv.note(f"it is to be verified: kapso-twilio pool fill {done.number.country}")


def _show_arrival(inv: Invocation, arrival: Arrival, *, pool: bool) -> None:
    """What an import would do, from what the account, Twilio's price list and Kapso say now."""
    from ..operations.numbers.import_number import enter

    with rehearsing(inv.project, dry_run=True):
        done = enter(inv.project, arrival)
    words = f"would import {_described(done.number)}, as {done.number.state}"
    if not done.was_new:
        words = f"{done.number.phone_number} is in the inventory already, {done.number.state}"
    fields = _import_fields(done.number, was_new=done.was_new, labelled=False)
    inv.answer("number.import", {"dry_run": True, **fields}, [words])
    _say_after_import(inv, done, pool=pool)


def _described(number: Number) -> str:
    pool = f", for the {number.facts.pool} pool" if number.facts.pool else ""
    kind = f"{number.country} {number.number_type} at {number.price} a month"
    return f"{number.phone_number} ({kind}){pool}"


def _import_fields(number: Number, *, was_new: bool, labelled: bool) -> dict[str, object]:
    from .documents import amount

    return {
        "phone_number": number.phone_number,
        "sid": number.sid,
        "country": number.country,
        "number_type": number.number_type,
        "state": number.state,
        "pool": number.facts.pool,
        "monthly_price": amount(number.price.amount),
        "currency": number.price.currency,
        "imported": was_new,
        "labelled": labelled,
    }


def release_(
    ctx: typer.Context,
    number: NumberArgument,
    *,
    confirm: Confirm = None,
    dry_run: DryRun = False,
) -> None:
    """Give a number back to Twilio, for good. It costs nothing from then on.

    Never a reserved or a connected one. Broken off, it goes on when it is run again.
    """
    inv = invocation(ctx)
    from ..operations.numbers.release import release

    phone_number = parse_phone_number(number)
    if confirm is not None or not dry_run:
        _require_confirmed(phone_number, confirm)
    if dry_run:
        _show_release(inv, phone_number)
        return
    done = release(inv.project, phone_number)
    price = done.number.price
    words = f"{phone_number} is released: {price} a month saved"
    if done.done_before:
        words = f"{phone_number} was released before; it is not in the account"
    inv.answer("number.release", _release_fields(done, dry_run=False), [words])
    if not done.done_before:
        inv.note("the Twilio console can restore it for 10 days")
        _say_of_pool(inv, done.number.facts.pool, leaving=0)


def _require_confirmed(phone_number: PhoneNumber, confirm: str | None) -> None:
    if confirm == phone_number:
        return
    raise UsageError(
        f"nothing was released: this needs --confirm {phone_number}",
        reason="the number must be written twice, as a release is for good"
        if confirm is None
        else f"{confirm!r} is not the number that is to be released",
        hint=f"kapso-twilio number release {phone_number} --confirm {phone_number}",
    )


def _show_release(inv: Invocation, phone_number: PhoneNumber) -> None:
    from ..operations.numbers.release import to_be_released

    found = to_be_released(inv.project, phone_number)
    number, price = found.number, found.number.price
    words = f"would release {phone_number}, which is {number.state}: {price} a month saved"
    if found.done_before:
        words = f"{phone_number} was released before; it is not in the account"
    inv.answer("number.release", _release_fields(found, dry_run=True), [words])
    _say_of_pool(inv, number.facts.pool, leaving=int(number.state is NumberState.READY))


def _say_of_pool(inv: Invocation, pool: Country | None, *, leaving: int) -> None:
    """Say where the next fill would buy another in its place."""
    project = inv.project
    settings = project.config.pools.get(pool) if pool is not None else None
    if pool is None or settings is None or not settings.enabled:
        return
    with project.inventory.read() as session:
        ready = len(session.stock.ready(pool, project.valid_at())) - leaving
    if ready < settings.target_size:
        inv.note(
            f"that leaves {ready} ready of {settings.target_size} in the {pool} pool: the next fill"
            f" buys another; to have less: kapso-twilio pool set {pool} --target-size {ready}"
        )


def _release_fields(found: Released, *, dry_run: bool) -> dict[str, object]:
    from .documents import amount

    number = found.number
    return {
        "dry_run": dry_run,
        "phone_number": number.phone_number,
        "sid": number.sid,
        "state": number.state,
        "monthly_price": amount(number.price.amount),
        "monthly_cost_saved": amount(
            Decimal(0) if dry_run or found.done_before else number.price.amount
        ),
        "currency": number.price.currency,
    }
