"""`kapso-twilio resolve`: get a number for one onboarding.

The way to a ready number is short on purpose: it reads no secret and loads no network library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ..domain.country import parse_country
from ..domain.sid import SidKind
from .command import Command, Invocation, invocation
from .options import (
    AddressSid,
    BundleSid,
    DryRun,
    NumberTypeOption,
    OptionalCountry,
    RefOption,
    Yes,
    parse_optional_sid,
    parse_ref,
)
from .quotes import say_lost_sids, say_warnings, what_is_bought
from .tree import verb

if TYPE_CHECKING:
    from ..domain.resolution import ResolveReason
    from ..operations.onboarding import LivePurchase, Onboarding, Resolution
    from ..operations.quote import Quote
    from ..project import Project

app = verb()

Customer = Annotated[
    str | None, typer.Option("--customer", metavar="ID", help="Whose onboarding it is.")
]
NoProvision = Annotated[
    bool, typer.Option("--no-provision", help="Never buy: exit 8 when no number is ready.")
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
    ref: RefOption = None,
    customer: Customer = None,
    number_type: NumberTypeOption = None,
    bundle_sid: BundleSid = None,
    address_sid: AddressSid = None,
    no_provision: NoProvision = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Get a number for one onboarding: from the pool, else live; standard when not enabled.

    The same --ref gives the same answer and never buys again.
    """
    inv = invocation(ctx)
    from ..operations.onboarding import Onboarding

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
    _answer(inv, _resolve(inv, project, onboarding, no_provision=no_provision, yes=yes))


def _new_ref(inv: Invocation, project: Project) -> str:
    """A ref of its own, said before any purchase: with it, a run that is lost can be repeated."""
    ref = f"r-{project.run_id}"
    inv.output.warn(f"ref: {ref}")
    return ref


def _resolve(
    inv: Invocation, project: Project, onboarding: Onboarding, *, no_provision: bool, yes: bool
) -> Resolution:
    from ..operations.onboarding import LivePurchase
    from ..operations.resolve import resolve

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
    from ..operations.onboarding import LivePurchase
    from ..operations.resolve import resolve

    def stop_here(quote: Quote, reason: ResolveReason) -> NoReturn:
        raise _WouldBuy(quote, reason)

    live: LivePurchase | None = None
    if not no_provision:
        live = LivePurchase(stop_here, lambda choice: say_lost_sids(inv, choice))
    try:
        if project.why_not_enabled() is not None:
            resolution = resolve(project, onboarding, live)
        else:
            with project.inventory.rehearsal():
                resolution = resolve(project, onboarding, live)
    except _WouldBuy as would_buy:
        _answer_would_buy(inv, onboarding, would_buy)
        return
    _answer(inv, resolution, dry_run=True)


def _answer_would_buy(inv: Invocation, onboarding: Onboarding, would_buy: _WouldBuy) -> None:
    from ..domain.resolution import Path
    from ..operations.onboarding import Resolution
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
        **_fields(resolution),
        "dry_run": True,
        "otp_required": True,
        "monthly_price": amount(quote.price.amount),
        "currency": quote.price.currency,
    }
    inv.answer("resolve", fields, [f"would buy {what_is_bought(quote)}"])


class _WouldBuy(Exception):
    def __init__(self, quote: Quote, reason: ResolveReason) -> None:
        super().__init__()
        self.quote = quote
        self.reason = reason


def _answer(inv: Invocation, resolution: Resolution, *, dry_run: bool = False) -> None:
    fields = {"dry_run": dry_run, **_fields(resolution)}
    words = _in_words(resolution)
    if dry_run and resolution.number is not None:
        fields["embedded_signup"] = None  # the number is held for nobody
        words = f"would hand out {words}"
    inv.answer("resolve", fields, [words])


def _fields(resolution: Resolution) -> dict[str, object]:
    from .documents import amount

    number = resolution.number
    from_pool = resolution.path == "pool"
    preverified_id = number.facts.preverified_id if number and from_pool else None
    return {
        "country": resolution.country,
        "path": resolution.path,
        "reason": resolution.reason,
        "phone_number": number.phone_number if number else None,
        "sid": number.sid if number else None,
        "preverified_id": preverified_id,
        "otp_required": None if number is None else not from_pool,
        "ref": resolution.ref,
        "reserved_until": resolution.reserved_until,
        "monthly_price": amount(number.price.amount) if number else None,
        "currency": number.price.currency if number else None,
        "bundle_sid_from": resolution.regulatory.bundle_sid_from,
        "address_sid_from": resolution.regulatory.address_sid_from,
        # Meta: embedded-signup/pre-verified-numbers (read 2026-11-22); only the first id shows.
        "embedded_signup": {"setup": {"preVerifiedPhone": {"ids": [preverified_id]}}}
        if preverified_id
        else None,
    }


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
