"""`kapso-twilio resolve`: get a number for one onboarding.

The way to a ready number is short on purpose: it reads no secret and loads no network library.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.country import parse_country
from ..domain.sid import SidKind
from ..errors import UsageError
from .command import Command, Invocation, invocation
from .options import (
    AddressSid,
    BundleSid,
    DryRun,
    NewRefOption,
    NumberTypeOption,
    OptionalCountry,
    Yes,
    parse_optional_sid,
    parse_ref,
)
from .quotes import say_lost_sids, say_warnings, what_is_bought
from .resolution import resolution_fields
from .tree import verb

if TYPE_CHECKING:
    from ..domain.resolution import ResolveReason
    from ..operations.buying.quote import Quote
    from ..operations.handing_out.foresight import WouldBuy
    from ..operations.handing_out.onboarding import Onboarding, Resolution
    from ..project import Project

app = verb()

Customer = Annotated[
    str | None, typer.Option("--customer", metavar="ID", help="Whose onboarding it is.")
]
NoProvision = Annotated[
    bool, typer.Option("--no-provision", help="Never buy: exit 8 when no number is ready.")
]


class AnswerFormat(StrEnum):
    """Another form of the answer."""

    EXTRAS = "extras"


Format = Annotated[
    AnswerFormat | None,
    typer.Option("--format", help="Print only the object that Meta's dialog takes."),
]


@app.command(
    "resolve",
    cls=Command,
    epilog="kapso-twilio resolve --country CL --ref signup-1234\n"
    "kapso-twilio resolve --country US --no-provision --json",
)
def resolve_(
    ctx: typer.Context,
    *,
    country: OptionalCountry = None,
    ref: NewRefOption = None,
    customer: Customer = None,
    number_type: NumberTypeOption = None,
    bundle_sid: BundleSid = None,
    address_sid: AddressSid = None,
    no_provision: NoProvision = False,
    format_: Format = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Get a number for one onboarding: from the pool, else live; standard when not enabled.

    The same --ref gives the same answer and never buys again.
    """
    inv = invocation(ctx)
    from ..operations.handing_out.onboarding import Onboarding

    if format_ is not None and (inv.output.json or dry_run):
        raise UsageError(
            f"--format {format_} stands alone",
            reason="it prints one object of the answer, and --json and --dry-run print another",
            hint="leave one of them out; --json has the object as embedded_signup",
        )

    project = inv.project
    onboarding = Onboarding(
        country=parse_country(country) if country is not None else None,
        ref=parse_ref(ref) if ref is not None else _new_ref(inv, project),
        customer=customer,
        number_type=number_type,
        bundle_sid=parse_optional_sid(SidKind.BUNDLE, bundle_sid),
        address_sid=parse_optional_sid(SidKind.ADDRESS, address_sid),
    )
    if dry_run:
        _rehearse(inv, project, onboarding, no_provision=no_provision)
        return
    resolution = _resolve(inv, project, onboarding, no_provision=no_provision, yes=yes)
    if format_ is AnswerFormat.EXTRAS:
        _answer_extras(inv, resolution)
    else:
        _answer(inv, resolution)


def _new_ref(inv: Invocation, project: Project) -> str:
    """A ref of its own, said before any purchase: with it, a run that is lost can be repeated."""
    ref = f"r-{project.run_id}"
    inv.output.warn(f"ref: {ref}")
    return ref


def _resolve(
    inv: Invocation, project: Project, onboarding: Onboarding, *, no_provision: bool, yes: bool
) -> Resolution:
    from ..operations.handing_out.onboarding import LivePurchase
    from ..operations.handing_out.resolve import resolve

    if no_provision:
        return resolve(project, onboarding, None)

    def approve(quote: Quote, _reason: ResolveReason) -> bool:
        say_warnings(inv, quote.warnings)
        question = f"No number is ready. Buy {what_is_bought(quote)}?"
        return inv.interactive and inv.confirm(question, yes=yes)

    live = LivePurchase(approve, lambda choice: say_lost_sids(inv, choice))
    return resolve(project, onboarding, live)


def _rehearse(
    inv: Invocation, project: Project, onboarding: Onboarding, *, no_provision: bool
) -> None:
    """Go the whole way up to a purchase, with nothing written."""
    from ..operations.handing_out.foresight import WouldBuy, foresee

    foreseen = foresee(
        project,
        onboarding,
        no_provision=no_provision,
        lost_sids=lambda choice: say_lost_sids(inv, choice),
    )
    if isinstance(foreseen, WouldBuy):
        _answer_would_buy(inv, onboarding, foreseen)
    else:
        _answer(inv, foreseen, dry_run=True)


def _answer_would_buy(inv: Invocation, onboarding: Onboarding, would_buy: WouldBuy) -> None:
    from ..domain.resolution import Path
    from ..operations.handing_out.onboarding import Resolution
    from .documents import amount

    quote = would_buy.quote
    say_warnings(inv, quote.warnings)
    resolution = Resolution(
        quote.choice.country,
        Path.LIVE,
        would_buy.reason,
        onboarding.ref,
        regulatory=quote.choice.regulatory,
    )
    fields = {
        **resolution_fields(resolution),
        "dry_run": True,
        "otp_required": True,
        "monthly_price": amount(quote.price.amount),
        "currency": quote.price.currency,
    }
    inv.answer("resolve", fields, [f"would buy {what_is_bought(quote)}"])


def _answer_extras(inv: Invocation, resolution: Resolution) -> None:
    """Print what Meta's dialog takes; null where the number is not of a pool."""
    import msgspec

    extras = resolution_fields(resolution)["embedded_signup"]
    if extras is None:
        inv.note(f"{_in_words(resolution)}; Meta's dialog takes nothing for it")
    inv.answer("resolve", {}, [msgspec.json.encode(extras).decode()])


def _answer(inv: Invocation, resolution: Resolution, *, dry_run: bool = False) -> None:
    fields = {"dry_run": dry_run, **resolution_fields(resolution)}
    words = _in_words(resolution)
    if dry_run and resolution.number is not None:
        fields["embedded_signup"] = None  # the number is held for nobody
        words = f"would hand out {words}"
    inv.answer("resolve", fields, [words])


def _in_words(resolution: Resolution) -> str:
    number = resolution.number
    if number is None:
        return f"standard: Kapso's own numbers are used ({_WHY_STANDARD[resolution.reason]})"
    otp = "no one-time code" if resolution.path == "pool" else "the customer types a code"
    until = f"{resolution.reserved_until:%Y-%m-%d %H:%M} UTC"
    return (
        f"{number.phone_number} ({resolution.path}, {otp}) for {resolution.ref}, held until {until}"
    )


_WHY_STANDARD = {
    "disabled": "custom Twilio is switched off",
    "plan": "the plan is not entitled to custom Twilio",
}
