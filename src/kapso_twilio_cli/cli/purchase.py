"""`kapso-twilio purchase`: what was bought, and what only a person can say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.purchase import PurchaseState
from ..domain.sid import SidKind, parse_sid
from ..errors import UsageError
from .answer import Table
from .command import Command, Invocation, invocation
from .options import DryRun
from .suggestions import purchases
from .tree import noun

if TYPE_CHECKING:
    from ..domain.purchase import Purchase
    from ..operations.buying.settle_by_hand import SettledByHand

app = noun("List purchases, and settle what only a person can.")

StateOption = Annotated[
    PurchaseState | None, typer.Option("--state", help="Only purchases in this state.")
]
PurchaseId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The purchase, as purchase list shows it.", autocompletion=purchases
    ),
]
Bought = Annotated[
    str | None,
    typer.Option("--bought", metavar="SID", help="It brought the number with this SID (PN...)."),
]
NotBought = Annotated[bool, typer.Option("--not-bought", help="It brought nothing.")]

_COLUMNS = ("id", "phone_number", "country", "state", "purpose", "price", "started_at", "reason")


@app.command(
    "list",
    cls=Command,
    epilog="kapso-twilio purchase list\nkapso-twilio purchase list --state unknown --json",
)
def list_(ctx: typer.Context, *, state: StateOption = None) -> None:
    """List purchases: first those of unknown outcome, then the newest."""
    inv = invocation(ctx)
    with inv.project.inventory.read() as session:
        listed = session.purchases.listed(state)
    purchases = [_fields(purchase) for purchase in listed]
    rows = [[_in_table(purchase, column) for column in _COLUMNS] for purchase in purchases]
    empty = "no purchase is recorded" if state is None else f"no purchase is {state}"
    inv.answer("purchase.list", {"purchases": purchases}, [Table(_COLUMNS, rows, empty)])


@app.command(
    "settle",
    cls=Command,
    epilog="kapso-twilio purchase settle ja5xmvlbk2qe7fho --bought PN0123456789abcdef...\n"
    "kapso-twilio purchase settle ja5xmvlbk2qe7fho --not-bought",
)
def settle_(
    ctx: typer.Context,
    purchase_id: PurchaseId,
    *,
    bought: Bought = None,
    not_bought: NotBought = False,
    dry_run: DryRun = False,
) -> None:
    """Say what came of a purchase, where looking it up cannot tell.

    Twilio must show the number under the SID; without one, it must not carry the purchase's label.
    """
    inv = invocation(ctx)
    if (bought is None) != not_bought:
        raise UsageError(
            "say either what the purchase brought, or that it brought nothing",
            reason="both were given" if bought else "neither was given",
            hint=f"kapso-twilio purchase settle {purchase_id} --bought PN…, or --not-bought",
        )
    if bought is not None:
        _settle_as_bought(inv, purchase_id, parse_sid(SidKind.NUMBER, bought), dry_run=dry_run)
    else:
        _settle_as_not_bought(inv, purchase_id, dry_run=dry_run)


def _settle_as_bought(inv: Invocation, purchase_id: str, sid: str, *, dry_run: bool) -> None:
    from ..operations.buying.settle_by_hand import brought_by, settle_as_bought

    brought = brought_by(inv.project, purchase_id, sid)
    number = brought.purchase.phone_number
    if dry_run:
        words = f"would record that {number} was bought ({sid})"
        _answer(inv, brought.purchase, words, dry_run=True)
        return
    settled = settle_as_bought(inv.project, brought)
    words = f"{number} was bought ({sid})"
    if settled.recorded is not None:
        words += f"; it is {settled.recorded.number.state}"
    _answer(inv, settled.purchase, words, dry_run=False)
    _say_of_label(inv, settled)


def _settle_as_not_bought(inv: Invocation, purchase_id: str, *, dry_run: bool) -> None:
    from ..operations.buying.settle_by_hand import brought_nothing, settle_as_not_bought

    purchase = brought_nothing(inv.project, purchase_id)
    number = purchase.phone_number
    if dry_run:
        _answer(inv, purchase, f"would record that {number} was not bought", dry_run=True)
        return
    settled = settle_as_not_bought(inv.project, purchase)
    words = f"{number} was not bought: it counts no longer"
    _answer(inv, settled.purchase, words, dry_run=False)


def _answer(inv: Invocation, purchase: Purchase, words: str, *, dry_run: bool) -> None:
    inv.answer("purchase.settle", {"dry_run": dry_run, **_fields(purchase)}, [words])


def _say_of_label(inv: Invocation, settled: SettledByHand) -> None:
    if settled.label_error is not None:
        inv.output.warn(
            f"warning: its label could not be put on it ({settled.label_error.message}); put it on"
            f" with: kapso-twilio number import {settled.purchase.phone_number}"
        )


def _fields(purchase: Purchase) -> dict[str, object]:
    from .documents import amount

    return {
        "id": purchase.id,
        "phone_number": purchase.phone_number,
        "country": purchase.country,
        "state": purchase.state,
        "purpose": _purpose(purchase),
        "pool": purchase.purpose.pool,
        "ref": purchase.purpose.ref,
        "monthly_price": amount(purchase.price.amount),
        "currency": purchase.price.currency,
        "started_at": purchase.started_at,
        "settled_at": purchase.settled_at,
        "sid": purchase.sid,
        "reason": purchase.reason,
    }


def _purpose(purchase: Purchase) -> str:
    """What it was for: a pool, an onboarding's ref, or `provision`, which is for neither."""
    if purchase.purpose.pool:
        return "pool"
    return "ref" if purchase.purpose.ref else "provision"


def _in_table(purchase: dict[str, object], column: str) -> object:
    match column:
        case "purpose":
            detail = purchase["pool"] or purchase["ref"]
            return f"{purchase['purpose']} {detail}" if detail else purchase["purpose"]
        case "price":
            return f"{purchase['monthly_price']} {purchase['currency']}"
        case _:
            return purchase[column]
