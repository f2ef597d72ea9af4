"""`kapso-twilio country`: where numbers may be bought, and what a country does differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.code_method import CodeMethod
from ..domain.country import Country, country_name, parse_country
from ..domain.number_type import NumberType
from ..errors import StateError, UsageError
from ..operations.buying.allowed import require_allowed
from .answer import Table
from .command import Command, invocation
from .options import DryRun
from .project_edit import edit, outcome, said
from .staying import of_country
from .suggestions import allowed_countries, countries, new_countries, set_countries
from .tree import noun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config.editing import Change
    from ..config.model import ProjectConfig

app = noun("Choose countries, bundles and addresses.")

_CODE = "Country code, such as CL."
_CODES = "Country codes, such as US CL."

AnyOne = Annotated[str, typer.Argument(metavar="CC", help=_CODE, autocompletion=countries)]
Allowed = Annotated[str, typer.Argument(metavar="CC", help=_CODE, autocompletion=allowed_countries)]
WithSettings = Annotated[
    str, typer.Argument(metavar="CC", help=_CODE, autocompletion=set_countries)
]
New = Annotated[
    list[str], typer.Argument(metavar="CC...", help=_CODES, autocompletion=new_countries)
]


@app.command(
    "list", cls=Command, epilog="kapso-twilio country list\nkapso-twilio country list --json"
)
def list_(ctx: typer.Context) -> None:
    """List the countries that are allowed or have settings."""
    inv = invocation(ctx)
    config = inv.project.config
    rows = [_listed(config, code) for code in _known(config)]
    shown = ("country", "name", "allowed", "default", "pool", "number_type", "bundle_sid")
    inv.answer(
        "country.list",
        {"project": config.project, "default_country": config.default_country, "countries": rows},
        [
            Table(
                [*shown, "address_sid"],
                [[row[key] for key in (*shown, "address_sid")] for row in rows],
                empty="no country is allowed yet: kapso-twilio country allow CC",
            )
        ],
    )


@app.command("allow", cls=Command, epilog="kapso-twilio country allow US CL GB")
def allow(ctx: typer.Context, countries: New, *, dry_run: DryRun = False) -> None:
    """Allow numbers to be bought in these countries."""
    inv = invocation(ctx)
    wanted = dict.fromkeys(parse_country(text) for text in countries)
    allowed = inv.project.config.allowed_countries
    added = [code for code in wanted if code not in allowed]
    draft = edit(inv, [(("allowed_countries",), [*allowed, *added])], dry_run=dry_run)
    fields = {
        **outcome(draft, dry_run=dry_run),
        "allowed_countries": list(draft.config.allowed_countries),
        "added": added,
    }
    words = "allowed: " + ", ".join(draft.config.allowed_countries)
    said_words = said(words, draft, dry_run=dry_run, would=f"would be {words}")
    inv.answer("country.allow", fields, said_words)


@app.command("disallow", cls=Command, epilog="kapso-twilio country disallow GB")
def disallow(ctx: typer.Context, country: Allowed, *, dry_run: DryRun = False) -> None:
    """Allow a country no longer; numbers owned there stay."""
    inv = invocation(ctx)
    code = parse_country(country)
    config = inv.project.config
    _refuse_in_use(config, code)
    left = [one for one in config.allowed_countries if one != code]
    draft = edit(
        inv, [(("allowed_countries",), left)] if config.allowed_countries else [], dry_run=dry_run
    )
    fields = {**outcome(draft, dry_run=dry_run), "country": code, "allowed_countries": left}
    end = f"not allowed; allowed: {', '.join(left) or 'none'}"
    would = f"{code} would be {end}"
    words = said(f"{code} is {end}", draft, dry_run=dry_run, would=would)
    inv.answer("country.disallow", fields, words)
    stays = of_country(inv.project, code)
    if stays is not None:
        inv.note(stays)


@app.command("default", cls=Command, epilog="kapso-twilio country default CL")
def default(ctx: typer.Context, country: Allowed, *, dry_run: DryRun = False) -> None:
    """Choose the country meant when a command names none."""
    inv = invocation(ctx)
    code = parse_country(country)
    require_allowed(inv.project.config, code)
    draft = edit(inv, [(("default_country",), code)], dry_run=dry_run)
    fields = {**outcome(draft, dry_run=dry_run), "default_country": code}
    inv.answer("country.default", fields, said(f"default: {code}", draft, dry_run=dry_run))


@app.command(
    "set",
    cls=Command,
    epilog="kapso-twilio country set GB --bundle-sid BU... --address-sid AD...\n"
    "kapso-twilio country set GB --number-type mobile\n"
    "kapso-twilio country set US --bundle-sid none",
)
def set_(
    ctx: typer.Context,
    country: AnyOne,
    *,
    bundle_sid: Annotated[
        str | None, typer.Option(metavar="BU...", help='Its own bundle, or "none": send none.')
    ] = None,
    address_sid: Annotated[
        str | None, typer.Option(metavar="AD...", help="Its own address.")
    ] = None,
    number_type: Annotated[
        NumberType | None, typer.Option(help="Type of number to buy there.")
    ] = None,
    code_method: Annotated[
        CodeMethod | None, typer.Option(help="How codes are asked for there first.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Give a country its own bundle, address, type or code method."""
    inv = invocation(ctx)
    code = parse_country(country)
    given = {
        "bundle_sid": bundle_sid,
        "address_sid": address_sid,
        "number_type": number_type,
        "code_method": code_method,
    }
    draft = edit(inv, _changes(code, given), dry_run=dry_run)
    row = _listed(draft.config, code)
    own = ", ".join(f"{key} = {value}" for key, value in given.items() if value)
    inv.answer(
        "country.set",
        {**outcome(draft, dry_run=dry_run), **row},
        said(f"{code}: {own}", draft, dry_run=dry_run),
    )
    if code not in draft.config.allowed_countries:
        inv.note(f"{code} is not allowed yet: kapso-twilio country allow {code}")


@app.command("unset", cls=Command, epilog="kapso-twilio country unset GB")
def unset(ctx: typer.Context, country: WithSettings, *, dry_run: DryRun = False) -> None:
    """Remove a country's own settings; the project's hold there."""
    from ..config.editing import REMOVED

    inv = invocation(ctx)
    code = parse_country(country)
    draft = edit(inv, [(("countries", code), REMOVED)], dry_run=dry_run)
    end = "no settings of its own"
    inv.answer(
        "country.unset",
        {**outcome(draft, dry_run=dry_run), **_listed(draft.config, code)},
        said(f"{code} has {end}", draft, dry_run=dry_run, would=f"{code} would have {end}"),
    )


def _refuse_in_use(config: ProjectConfig, code: Country) -> None:
    uses = []
    if code in config.pools:
        uses.append(("a pool", f"kapso-twilio pool remove {code}"))
    if code == config.default_country:
        uses.append(("the default country", "kapso-twilio country default CC"))
    if uses:
        raise StateError(
            f"{code} cannot be disallowed",
            reason="it is in use: " + " and ".join(what for what, _ in uses),
            hint="first run: " + "; ".join(command for _, command in uses),
        )


def _changes(code: Country, given: Mapping[str, str | None]) -> list[Change]:
    from ..config.keys import value_from_text

    changes = [
        value_from_text(f"countries.{code}.{key}", str(value))
        for key, value in given.items()
        if value is not None
    ]
    if not changes:
        raise UsageError(
            "nothing was given to set",
            hint=f"add --bundle-sid, --address-sid, --number-type or --code-method; "
            f"to remove all: kapso-twilio country unset {code}",
        )
    return changes


def _known(config: ProjectConfig) -> list[Country]:
    return list(dict.fromkeys([*config.allowed_countries, *config.countries]))


def _listed(config: ProjectConfig, code: Country) -> dict[str, object]:
    """A country as it is in effect: its own settings, else the project's."""
    own, project = config.countries.get(code), config.twilio
    row: dict[str, object] = {
        "country": code,
        "name": country_name(code),
        "allowed": code in config.allowed_countries,
        "default": code == config.default_country,
        "pool": code in config.pools,
        "number_type": ((own and own.number_type) or NumberType.LOCAL).value,
        "code_method": config.code_method_in(code).value,
    }
    for key in ("bundle_sid", "address_sid"):
        value, source = getattr(own, key, None), "country"
        if value is None:
            value, source = getattr(project, key), "project"
        row[key] = None if value == "none" else value
        row[f"{key}_from"] = None if value is None else source
    return row
