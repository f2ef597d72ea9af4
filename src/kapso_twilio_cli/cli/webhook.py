"""`kapso-twilio webhook`: take codes and events in at once, and have them sent there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..domain.phone_number import PhoneNumber, parse_phone_number
from ..errors import UsageError
from .asking import Store, parse_store, say_where
from .command import Command, Invocation, ServingCommand, invocation
from .options import DryRun
from .patience import LockTimeout, patience
from .suggestions import numbers
from .tree import noun

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..operations.receiving.webhooks import Done, Report
    from ..project import Project
    from ..webhook.server import Listening

app = noun("Take codes and Kapso's events in at once, instead of asking for them.")

_DEFAULT_PORT = 8080

Url = Annotated[
    str,
    typer.Option("--public-url", metavar="URL", help="Address under which the vendors reach it."),
]
Numbers = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NUMBER]...", help="Full numbers, such as +56912345678.", autocompletion=numbers
    ),
]
All = Annotated[bool, typer.Option("--all", help="Every number of the project.")]


@app.command(
    "serve",
    cls=ServingCommand,
    epilog="kapso-twilio webhook serve --public-url https://kt.example.com\n"
    "kapso-twilio webhook serve --public-url https://example.com/kt --port 8081 --json",
)
def serve_(
    ctx: typer.Context,
    *,
    public_url: Url,
    port: Annotated[
        int,
        typer.Option(
            metavar="PORT", min=0, max=65535, help="Port to listen on; 0 takes a free one."
        ),
    ] = _DEFAULT_PORT,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = (
        "127.0.0.1"
    ),
) -> None:
    """Take in codes and Kapso's events, until interrupted.

    A fill beside it need not ask Twilio for codes. They come by SMS on the numbers that `webhook
    configure` has seen, by voice on every number. Kapso's events come once `webhook register` has
    asked for them.

    Put it behind a proxy that speaks https. SIGHUP makes it read the secrets again. When it is
    ready it prints one line.
    """
    inv = invocation(ctx)
    from ..domain.public_url import parse_public_url
    from ..webhook.server import Place, serve

    place = Place(host, port, parse_public_url(public_url))
    serve(inv.project, place, on_ready=lambda listening: _say_ready(inv, listening))


def _say_ready(inv: Invocation, listening: Listening) -> None:
    if inv.output.json:
        import msgspec

        print(msgspec.json.encode(listening).decode(), flush=True)
        return
    print(f"listening on {listening.url} for {listening.sms_url}", flush=True)
    inv.note(
        "next, once, and after numbers were bought: kapso-twilio webhook configure --all"
        f" --public-url {listening.public_url}"
    )
    inv.note(
        f"for Kapso's events: kapso-twilio webhook register --public-url {listening.public_url}"
    )


@app.command(
    "configure",
    cls=Command,
    epilog="kapso-twilio webhook configure --all --public-url https://kt.example.com\n"
    "kapso-twilio webhook configure +56912345678 --public-url https://kt.example.com",
)
def configure_(
    ctx: typer.Context,
    numbers: Numbers = None,
    *,
    every: All = False,
    public_url: Url,
    voice: Annotated[
        bool, typer.Option("--voice", help="Let the receiver answer their calls, too.")
    ] = False,
    lock_timeout: LockTimeout = None,
    dry_run: DryRun = False,
) -> None:
    """Let Twilio send the SMS of numbers to the receiver.

    What was set before is kept, for `webhook restore`. Numbers that are bought later need it too.
    The pool's own codes by voice need no --voice; it records every call that comes in, so that
    `number code` reads codes that customers ask for by voice.
    """
    inv = invocation(ctx)
    from ..domain.public_url import parse_public_url
    from ..operations.receiving.webhooks import configure

    url, chosen = parse_public_url(public_url), _chosen(numbers, every=every)
    report = _locked(
        inv,
        "webhook configure",
        lambda project: configure(project, chosen, url, voice=voice),
        lock_timeout,
        dry_run=dry_run,
    )
    fields = {
        "dry_run": dry_run,
        "sms_url": url.sms_url,
        "voice_url": url.voice_url if voice else None,
        "numbers": _rows(report),
    }
    verb = "would send" if dry_run else "sends"
    calls = {True: f", its calls to {url.voice_url}", False: ""}
    words = [
        f"{one.phone_number}: Twilio {verb} its SMS to {url.sms_url}{calls[one.with_calls]}"
        for one in _good(report)
    ]
    inv.answer("webhook.configure", fields, words)
    _end(inv, report, "there are no numbers yet; run this again when some were bought")


@app.command(
    "restore",
    cls=Command,
    epilog="kapso-twilio webhook restore --all\nkapso-twilio webhook restore +56912345678",
)
def restore_(
    ctx: typer.Context,
    numbers: Numbers = None,
    *,
    every: All = False,
    lock_timeout: LockTimeout = None,
    dry_run: DryRun = False,
) -> None:
    """Put back what `webhook configure` found set on numbers.

    Where somebody has set another address since, that one stays.
    """
    inv = invocation(ctx)
    from ..operations.receiving.webhooks import restore

    chosen = _chosen(numbers, every=every)
    report = _locked(
        inv,
        "webhook restore",
        lambda project: restore(project, chosen),
        lock_timeout,
        dry_run=dry_run,
    )
    words = [f"{one.phone_number}: {_restored(one, dry_run=dry_run)}" for one in _good(report)]
    inv.answer("webhook.restore", {"dry_run": dry_run, "numbers": _rows(report)}, words)
    _end(inv, report, "there are no numbers")


@app.command(
    "register",
    cls=Command,
    epilog="kapso-twilio webhook register --public-url https://kt.example.com",
)
def register_(
    ctx: typer.Context, *, public_url: Url, store: Store = None, dry_run: DryRun = False
) -> None:
    """Let Kapso send the project's events to the receiver.

    The webhook at Kapso is made, or updated where it is there. Connects and disconnects are then
    noticed within a minute; `reconcile` notices them anyhow. A secret that Kapso signs with is made
    and stored, where there is none.
    """
    inv = invocation(ctx)
    from ..config.secrets import SecretName
    from ..domain.public_url import parse_public_url
    from ..operations.receiving.register_webhook import EVENTS, register

    url, where = parse_public_url(public_url), parse_store(store)
    if dry_run:
        with inv.project.rehearsed() as twin:
            done = register(twin, url, where)
    else:
        done = register(inv.project, url, where)
    fields = {
        "dry_run": dry_run,
        "webhook_id": done.webhook_id,
        "url": done.url,
        "events": EVENTS,
        "created": done.is_new,
        "secret_stored": done.stored.place if done.stored is not None else None,
    }
    verb = "would send" if dry_run else "sends"
    inv.answer("webhook.register", fields, [f"Kapso {verb} the project's events to {done.url}"])
    for url_of_another in done.others:
        inv.note(f"Kapso sends them to {url_of_another} as well: remove that one if it is not used")
    if done.stored is not None:
        say_where(inv, inv.project.secrets, SecretName.KAPSO_WEBHOOK_SECRET, done.stored)
        inv.note("a receiver that runs already reads the new secret on SIGHUP")


def _chosen(numbers: Sequence[str] | None, *, every: bool) -> list[PhoneNumber] | None:
    """The numbers that were named; None for all."""
    if bool(numbers) == every:
        raise UsageError(
            "name numbers, or all of them",
            reason="both were given" if every else "neither was given",
            hint="write them like +56912345678, or add --all",
        )
    return None if every else [parse_phone_number(number) for number in numbers or ()]


def _locked(
    inv: Invocation,
    command: str,
    work: Callable[[Project], Report],
    lock_timeout: str | None,
    *,
    dry_run: bool,
) -> Report:
    from ..operations.lock import mass_work

    if dry_run:
        with inv.project.rehearsed() as twin:
            return work(twin)
    with mass_work(inv.project, command, patience(inv, lock_timeout)):
        return work(inv.project)


def _restored(one: Done, *, dry_run: bool) -> str:
    if one.left:
        return "somebody has set another address since; it stays"
    if not one.changed:
        return "nothing to put back"
    return "would be as it was before" if dry_run else "as it was before"


def _good(report: Report) -> list[Done]:
    return [one for one in report.numbers if one.error is None]


def _rows(report: Report) -> list[dict[str, object]]:
    return [
        {
            "phone_number": one.phone_number,
            "changed": one.changed,
            "reason": one.error.message if one.error is not None else None,
        }
        for one in report.numbers
    ]


def _end(inv: Invocation, report: Report, when_empty: str) -> None:
    if not report.numbers:
        inv.note(when_empty)
    for one in report.numbers:
        if one.error is not None:
            inv.note(f"{one.phone_number}: {one.error.message}")
    if report.error is not None:
        raise report.error
