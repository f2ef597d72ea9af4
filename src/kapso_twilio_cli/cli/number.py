"""`kapso-twilio number`: list numbers, and look closely at one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.country import parse_country
from ..domain.lifecycle import NumberState
from ..domain.phone_number import parse_phone_number
from . import number_changes, number_code, number_verify
from .answer import Table, cell
from .command import Command, Invocation, invocation
from .options import NumberArgument, OptionalCountry, RefOption
from .tree import noun

if TYPE_CHECKING:
    from ..domain.event import Event
    from ..domain.number import Number
    from ..domain.phone_number import PhoneNumber
    from ..inventory.store import Session

app = noun("List, import and release numbers; look closely at one.")

_STATES = ", ".join(NumberState)
StateOption = Annotated[
    NumberState | None,
    typer.Option("--state", metavar="STATE", help=f"Only numbers in this state: {_STATES}."),
]
CustomerOption = Annotated[
    str | None, typer.Option("--customer", metavar="ID", help="Only this customer's numbers.")
]
Foreign = Annotated[
    bool,
    typer.Option("--foreign", help="List the numbers of the account that are not this project's."),
]

_COLUMNS = ("phone_number", "country", "number_type", "state", "pool", "ref", "reason")


@app.command(
    "list",
    cls=Command,
    epilog="kapso-twilio number list --country US --state ready\n"
    "kapso-twilio number list --customer cust-7 --json",
)
def list_(
    ctx: typer.Context,
    *,
    country: OptionalCountry = None,
    state: StateOption = None,
    customer: CustomerOption = None,
    ref: RefOption = None,
    foreign: Foreign = False,
) -> None:
    """List the project's numbers, and who holds each."""
    inv = invocation(ctx)
    from ..inventory.listing import Filter
    from .documents import number_fields

    project = inv.project
    if foreign:
        _list_foreign(inv)
        return
    wanted = Filter(parse_country(country) if country is not None else None, state, customer, ref)
    with project.inventory.read() as session:
        listed = session.listed(wanted)
    numbers = [number_fields(entry.number, entry.reservation, entry.setup_link) for entry in listed]
    rows = [[number[column] for column in _COLUMNS] for number in numbers]
    table = Table(_COLUMNS, rows, "no number matches")
    inv.answer("number.list", {"numbers": numbers}, [table])


@app.command("show", cls=Command, epilog="kapso-twilio number show +56912345678")
def show(ctx: typer.Context, number: NumberArgument) -> None:
    """Show everything about one number, and what happened to it.

    Of a released one, too; of one that was bought again since, what it is now.
    """
    inv = invocation(ctx)
    from .documents import event_fields, number_fields

    phone_number = parse_phone_number(number)
    with inv.project.inventory.read() as session:
        found = _known(inv, session, phone_number)
        held = session.reservations.of_number(found.id)
        events = session.events.of_number(found.id)
        link = session.setup_links.of_ref(held.ref) if held is not None else None
    fields = number_fields(found, held, link.link_id if link is not None else None)
    facts = [f"{name}: {cell(value)}" for name, value in fields.items() if value is not None]
    document = {**fields, "history": [event_fields(event) for event in events]}
    inv.answer("number.show", document, [*facts, "", _events_table(events)])


@app.command("history", cls=Command, epilog="kapso-twilio number history +56912345678")
def history(ctx: typer.Context, number: NumberArgument) -> None:
    """Show what happened to one number, oldest first.

    Of a released one, too; of one that was bought again since, all of it.
    """
    inv = invocation(ctx)
    from .documents import event_fields

    phone_number = parse_phone_number(number)
    with inv.project.inventory.read() as session:
        _known(inv, session, phone_number)
        events = session.events.of_phone_number(phone_number)
    document = {"events": [event_fields(event) for event in events]}
    inv.answer("number.history", document, [_events_table(events)])


number_code.register(app)
number_verify.register(app)
number_changes.register(app)


def _known(inv: Invocation, session: Session, phone_number: PhoneNumber) -> Number:
    """The number, living or released: both commands only read."""
    from ..inventory.numbers import require_known

    return require_known(session.numbers.find(phone_number), phone_number, inv.project.name)


def _events_table(events: list[Event]) -> Table:
    rows = [
        (f"{e.at:%Y-%m-%d %H:%M:%S}", e.kind, e.from_state, e.to_state, e.detail) for e in events
    ]
    return Table(("at (UTC)", "what", "from", "to", "detail"), rows)


def _list_foreign(inv: Invocation) -> None:
    from ..operations.account.foreign import foreign_numbers

    owned = foreign_numbers(inv.project)
    columns = ("phone_number", "sid", "friendly_name")
    numbers = [{column: getattr(number, column) for column in columns} for number in owned]
    rows = [list(number.values()) for number in numbers]
    table = Table(columns, rows, "every number of the account is this project's")
    inv.answer("number.list", {"numbers": numbers}, [table])
