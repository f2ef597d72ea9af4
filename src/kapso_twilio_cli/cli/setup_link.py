"""`kapso-twilio setup-link`: pages on which customers connect a number."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.country import country_name, parse_country
from ..domain.sid import SidKind
from ..errors import UsageError
from .answer import Table
from .command import Command, Invocation, invocation
from .options import (
    AddressSid,
    BundleSid,
    DryRun,
    NewRefOption,
    NumberTypeOption,
    Yes,
    parse_optional_sid,
    parse_ref,
)
from .quotes import say_lost_sids, say_warnings, what_is_bought
from .resolution import RESOLUTION_KEYS, resolution_fields
from .suggestions import countries, link_refs, links
from .tree import noun

if TYPE_CHECKING:
    from ..domain.resolution import ResolveReason
    from ..operations.buying.quote import Quote
    from ..operations.handing_out.onboarding import LivePurchase
    from ..operations.setup_links.link_request import LinkRequest, Plan
    from ..operations.setup_links.manage_links import ListedLink
    from ..operations.setup_links.setup_link import MadeLink

app = noun("Make and revoke setup links, each with a number held for it.")

Customer = Annotated[
    str, typer.Option("--customer", metavar="ID", help="The customer's id at Kapso.")
]
OneCustomer = Annotated[
    str | None, typer.Option("--customer", metavar="ID", help="The customer's id at Kapso.")
]
Countries = Annotated[
    list[str] | None,
    typer.Option(
        "--country",
        metavar="CC",
        help="Country; several only where Kapso provides the number.",
        autocompletion=countries,
    ),
]


class ConnectionType(StrEnum):
    """How a number may be connected, in Kapso's words."""

    COEXISTENCE = "coexistence"
    DEDICATED = "dedicated"


class Language(StrEnum):
    """The languages of Kapso's page."""

    EN = "en"
    ES = "es"
    PT = "pt"
    HI = "hi"
    ID = "id"
    AR = "ar"


@app.command(
    "create",
    cls=Command,
    epilog="kapso-twilio setup-link create --customer 6f1b... --country CL\n"
    "kapso-twilio setup-link create --customer 6f1b... --ref signup-1234 --replace --json\n"
    "kapso-twilio setup-link create --customer 6f1b... --by-kapso --country US --country CA",
)
def create_(
    ctx: typer.Context,
    *,
    customer: Customer,
    country: Countries = None,
    ref: NewRefOption = None,
    by_kapso: Annotated[
        bool, typer.Option("--by-kapso", help="Let Kapso provide the number; none is held here.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Revoke the customer's active link, if there is one.")
    ] = False,
    success_url: Annotated[
        str | None,
        typer.Option("--success-url", metavar="URL", help="Where the page leads after success."),
    ] = None,
    failure_url: Annotated[
        str | None,
        typer.Option("--failure-url", metavar="URL", help="Where the page leads after a failure."),
    ] = None,
    language: Annotated[
        Language | None, typer.Option("--language", help="Language of the page.")
    ] = None,
    connection_type: Annotated[
        list[ConnectionType] | None,
        typer.Option(
            "--connection-type", help="How to connect; give it twice to let the customer choose."
        ),
    ] = None,
    billing_mode: Annotated[
        str | None,
        typer.Option(
            "--billing-mode", metavar="MODE", help="The meta_billing_mode that Kapso takes."
        ),
    ] = None,
    area_code: Annotated[
        str | None,
        typer.Option(
            "--area-code", metavar="NPA", help="US area code, where Kapso provides the number."
        ),
    ] = None,
    number_type: NumberTypeOption = None,
    bundle_sid: BundleSid = None,
    address_sid: AddressSid = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Make a setup link for a customer, and hold a number for it.

    The number is chosen in the same order as by `resolve`, and held until the link ends. Kapso's
    API has no field for it: pass `embedded_signup` to Meta's dialog, or tell your customer the
    number. The URL is shown once.
    """
    inv = invocation(ctx)
    from ..operations.setup_links.link_request import LinkOptions, LinkRequest

    request = LinkRequest(
        customer_id=_customer_id(customer),
        countries=tuple(dict.fromkeys(parse_country(one) for one in country or ())),
        ref=parse_ref(ref) if ref is not None else None,
        by_kapso=by_kapso,
        replaces=replace,
        number_type=number_type,
        bundle_sid=parse_optional_sid(SidKind.BUNDLE, bundle_sid),
        address_sid=parse_optional_sid(SidKind.ADDRESS, address_sid),
        options=LinkOptions(
            success_redirect_url=success_url,
            failure_redirect_url=failure_url,
            language=language,
            allowed_connection_types=tuple(connection_type) if connection_type else None,
            meta_billing_mode=billing_mode,
            phone_number_area_code=area_code,
        ),
    )
    if dry_run:
        _rehearse(inv, request, yes=yes)
    else:
        _create(inv, request, yes=yes)


def _create(inv: Invocation, request: LinkRequest, *, yes: bool) -> None:
    from ..operations.setup_links.setup_link import create_link

    live = _live(inv, yes=yes)
    made = create_link(inv.project, request, live, before_sending=lambda plan: _say_plan(inv, plan))
    for warning in made.warnings:
        inv.output.warn(f"warning: {warning}")
    inv.answer("setup-link.create", {"dry_run": False, **_fields(made)}, _in_words(made))
    _say_next(inv, made)


def _live(inv: Invocation, *, yes: bool) -> LivePurchase:
    from ..operations.handing_out.onboarding import LivePurchase

    def approve(quote: Quote, _reason: ResolveReason) -> bool:
        say_warnings(inv, quote.warnings)
        question = f"No number is ready. Buy {what_is_bought(quote)} for this link?"
        return inv.interactive and inv.confirm(question, yes=yes)

    return LivePurchase(approve, lambda choice: say_lost_sids(inv, choice))


def _say_plan(inv: Invocation, plan: Plan) -> None:
    """Say before anything is sent that Kapso provides the number."""
    if not plan.by_kapso:
        return
    why = inv.project.why_not_enabled() if plan.reason is not None else "--by-kapso was given"
    where = " or ".join(f"{country_name(one)} ({one})" for one in plan.countries)
    inv.output.warn(
        f"Kapso provides the number ({why}), in {where}, by its own settings and at its own price;"
        " nothing is bought or held here"
    )


def _rehearse(inv: Invocation, request: LinkRequest, *, yes: bool) -> None:
    """Say which number the link would get, and send nothing that changes anything."""
    from ..operations.handing_out.foresight import WouldBuy
    from ..operations.setup_links.setup_link import foresee_link, look_before, refuse_second_link

    with inv.project.rehearsed() as project:
        plan, active = look_before(project, request)
        refuse_second_link(project, request, active)
        foreseen = (
            None if plan.by_kapso else foresee_link(project, request, plan, _live(inv, yes=yes))
        )
    words = f"a setup link of {request.customer_id}"
    path = "standard"
    if foreseen is None:
        _say_plan(inv, plan)
        words = f"would make {words}"
    elif isinstance(foreseen, WouldBuy):
        path, words = "live", f"would buy {what_is_bought(foreseen.quote)} for {words}"
    elif foreseen.number is not None:
        path, words = foreseen.path, f"would hold {foreseen.number.phone_number} for {words}"
    fields: dict[str, object] = {
        "dry_run": True,
        "customer": request.customer_id,
        "countries": list(plan.countries),
        "provision_phone_number": plan.by_kapso,
        "path": path,
    }
    inv.answer("setup-link.create", fields, [words])


def _fields(made: MadeLink) -> dict[str, object]:
    link, at_kapso = made.link, made.at_kapso
    number: dict[str, object] = (
        resolution_fields(made.resolution)
        if made.resolution is not None
        else dict.fromkeys(RESOLUTION_KEYS) | {"path": "standard", "reason": made.reason}
    )
    return {
        **number,
        "link_id": link.link_id,
        "customer": link.customer_id,
        "url": at_kapso.url if at_kapso is not None else None,
        "token": at_kapso.token if at_kapso is not None else None,
        "status": link.state,
        "expires_at": link.expires_at,
        "countries": list(link.countries),
        "ref": link.ref,
        "provision_phone_number": link.by_kapso,
        "created": at_kapso is not None,
    }


def _in_words(made: MadeLink) -> list[str]:
    link, resolution = made.link, made.resolution
    until = f"{link.expires_at:%Y-%m-%d %H:%M} UTC" if link.expires_at else "its end"
    url = made.at_kapso.url if made.at_kapso is not None else None
    words = [url] if url else []
    words.append(f"setup link {link.link_id} for {link.customer_id}, until {until}")
    if resolution is not None and resolution.number is not None:
        otp = "no one-time code" if resolution.path == "pool" else "the customer types a code"
        words.append(f"{resolution.number.phone_number} is held for it ({resolution.path}, {otp})")
    return words


def _say_next(inv: Invocation, made: MadeLink) -> None:
    if made.at_kapso is None:
        inv.note("it was made before, and its URL was shown then; --replace makes a new one")
    resolution = made.resolution
    if resolution is None or resolution.number is None:
        return
    n = resolution.number.phone_number
    inv.note("Kapso's API has no field for the number, so the page does not fill it in:")
    if resolution.path == "pool":
        inv.note("- where you host Meta's dialog, pass the embedded_signup object (--json)")
    inv.note(f"- else tell your customer {n}; the code: kapso-twilio number code {n} --wait 120")


@app.command(
    "list",
    cls=Command,
    epilog="kapso-twilio setup-link list\nkapso-twilio setup-link list --customer 6f1b... --all",
)
def list_(
    ctx: typer.Context,
    *,
    customer: OneCustomer = None,
    every: Annotated[bool, typer.Option("--all", help="List those that have ended, too.")] = False,
) -> None:
    """List setup links, with what Kapso says of each and its number."""
    inv = invocation(ctx)
    from ..operations.setup_links.manage_links import list_links

    customer_id = _customer_id(customer) if customer is not None else None
    listed = list_links(inv.project, customer_id, ended=every, warn=inv.output.warn)
    found = [_row(one) for one in listed]
    columns = ("link_id", "customer", "status", "whatsapp_setup_status", "phone_number", "ref")
    rows = [[row[column] for column in (*columns, "expires_at")] for row in found]
    table = Table((*columns, "expires_at"), rows, "no setup link is active")
    inv.answer("setup-link.list", {"setup_links": found}, [table])


def _row(one: ListedLink) -> dict[str, object]:
    link, at_kapso, number = one.link, one.at_kapso, one.number or one.provided
    provided = at_kapso.provisioned if at_kapso is not None else None
    return {
        "link_id": link.link_id if link is not None else at_kapso and at_kapso.link_id,
        "customer": one.customer_id,
        "status": one.status,
        "whatsapp_setup_status": at_kapso.setup_status if at_kapso is not None else None,
        "whatsapp_setup_error": at_kapso.setup_error if at_kapso is not None else None,
        "phone_number": one.number.phone_number if one.number is not None else provided,
        "state": number.state if number is not None else None,
        "provisioned_phone_number": provided,
        "ref": link.ref if link is not None else None,
        "provision_phone_number": link.by_kapso if link is not None else None,
        "recorded": link is not None,
        "expires_at": (at_kapso.expires_at if at_kapso else None) or (link and link.expires_at),
    }


@app.command(
    "revoke",
    cls=Command,
    epilog="kapso-twilio setup-link revoke 3c90c3cc-0d44-4b50-8888-8dd25736052a\n"
    "kapso-twilio setup-link revoke --ref signup-1234",
)
def revoke_(
    ctx: typer.Context,
    link: Annotated[
        str | None,
        typer.Argument(metavar="[LINK]", help="The link's id at Kapso.", autocompletion=links),
    ] = None,
    *,
    ref: Annotated[
        str | None,
        typer.Option(
            "--ref", metavar="KEY", help="The link's onboarding.", autocompletion=link_refs
        ),
    ] = None,
    customer: OneCustomer = None,
    dry_run: DryRun = False,
) -> None:
    """Revoke a setup link, and end the reservation made for it."""
    inv = invocation(ctx)
    from ..operations.setup_links.manage_links import find_link, revoke_link

    if [link, ref, customer].count(None) != 2:
        raise UsageError(
            "name one setup link",
            reason="a link is named by its id, its ref or its customer",
            hint="kapso-twilio setup-link list",
        )
    project = inv.project
    found = find_link(project, link, parse_ref(ref) if ref is not None else None, customer)
    freed, verb = None, "would be revoked"
    if not dry_run:
        done = revoke_link(project, found)
        found, freed, verb = done.link, done.freed, f"is {done.link.state}"
    words = [f"setup link {found.link_id} of {found.customer_id} {verb}"]
    words += [f"{freed} is held for nobody any more"] if freed is not None else []
    fields = {
        "dry_run": dry_run,
        "link_id": found.link_id,
        "customer": found.customer_id,
        "status": found.state,
        "ref": found.ref,
        "phone_number": freed,
    }
    inv.answer("setup-link.revoke", fields, words)


def _customer_id(text: str) -> str:
    """A customer's id is 1 to 100 visible characters."""
    if 0 < len(text) <= 100 and text.isprintable() and " " not in text:
        return text
    raise UsageError(
        f"{text!r} cannot be a customer's id",
        reason="an id is 1 to 100 characters without spaces",
        hint="copy it from Kapso: it is a UUID",
    )
