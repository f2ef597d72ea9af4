"""`kapso-twilio number verify`: by itself, by a code that is given, or by a person on the phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from ..domain.lifecycle import NumberState
from ..domain.one_time_code import parse_code
from ..domain.phone_number import PhoneNumber, parse_phone_number
from ..errors import UsageError
from .command import Command, Invocation, invocation
from .options import DryRun, NumberArgument
from .patience import LockTimeout, patience

if TYPE_CHECKING:
    from ..domain.number import Number

Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Verify a quarantined number, too, or one whose next attempt is later."
    ),
]
Code = Annotated[
    str | None,
    typer.Option("--code", metavar="CODE", help="The code, such as 123456, where a person has it."),
]
ForwardTo = Annotated[
    str | None,
    typer.Option(
        "--forward-to", metavar="NUMBER", help="Let the call with the code ring at this number."
    ),
]


class _ByHand(msgspec.Struct, frozen=True):
    """What a person does; at most one of the two."""

    code: str | None
    forward_to: PhoneNumber | None


def register(app: typer.Typer) -> None:
    """Add the command to the noun `number`."""
    app.command(
        "verify",
        cls=Command,
        epilog="kapso-twilio number verify +56912345678\n"
        "kapso-twilio number verify +56912345678 --force\n"
        "kapso-twilio number verify +56912345678 --forward-to +56987654321\n"
        "kapso-twilio number verify +56912345678 --code 123456",
    )(verify)


def verify(
    ctx: typer.Context,
    number: NumberArgument,
    *,
    code: Code = None,
    forward_to: ForwardTo = None,
    force: Force = False,
    lock_timeout: LockTimeout = None,
    dry_run: DryRun = False,
) -> None:
    """Verify one pool number at Meta now.

    With --forward-to a person hears the code, and gives it with --code.
    """
    inv = invocation(ctx)
    from ..operations.lock import mass_work

    phone_number = parse_phone_number(number)
    by = _by_hand(code, forward_to)
    if dry_run:
        found = _looked_at(inv, phone_number, by, force=force)
        _answer(inv, found, f"would verify {phone_number}, which is {found.state}", dry_run=True)
        return
    with mass_work(inv.project, "number verify", patience(inv, lock_timeout)):
        found = _verified(inv, phone_number, by, force=force)
    if by.forward_to is not None and found.state is not NumberState.READY:
        _answer(inv, found, f"the call with the code for {phone_number} rang at {by.forward_to}")
        inv.note(f"now: kapso-twilio number verify {phone_number} --code 123456")
        return
    _answer(inv, found, f"{phone_number} is {found.state}")


def _by_hand(code: str | None, forward_to: str | None) -> _ByHand:
    if code is not None and forward_to is not None:
        raise UsageError(
            "give --code or --forward-to, not both",
            reason="the code is heard first, and given afterwards",
            hint="first with --forward-to +E164, then again with --code 123456",
        )
    return _ByHand(
        parse_code(code) if code is not None else None,
        parse_phone_number(forward_to) if forward_to is not None else None,
    )


def _looked_at(inv: Invocation, phone_number: PhoneNumber, by: _ByHand, *, force: bool) -> Number:
    from ..operations.pools.verify import number_to_verify
    from ..operations.pools.verify_by_hand import number_to_forward, number_with_code

    if by.code is not None:
        return number_with_code(inv.project, phone_number, forced=force)
    if by.forward_to is not None:
        return number_to_forward(inv.project, phone_number, by.forward_to, forced=force)
    return number_to_verify(inv.project, phone_number, forced=force)


def _verified(inv: Invocation, phone_number: PhoneNumber, by: _ByHand, *, force: bool) -> Number:
    from ..operations.pools.verify import verify_number
    from ..operations.pools.verify_by_hand import forward_code, verify_with_code

    if by.code is not None:
        return verify_with_code(inv.project, phone_number, by.code, forced=force)
    if by.forward_to is not None:
        return forward_code(inv.project, phone_number, by.forward_to, forced=force)
    return verify_number(inv.project, phone_number, forced=force)


def _answer(inv: Invocation, found: Number, words: str, *, dry_run: bool = False) -> None:
    fields = {
        "dry_run": dry_run,
        "phone_number": found.phone_number,
        "state": found.state,
        "preverified_id": found.facts.preverified_id,
        "verification_expiry_time": found.facts.verification_expiry_time,
        "recording_sid": found.facts.recording_sid,
    }
    inv.answer("number.verify", fields, [words])
