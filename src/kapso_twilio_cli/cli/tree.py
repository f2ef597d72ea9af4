"""The tree of commands: every noun's module is loaded when it is used, not before.

`--help` of the whole program lists commands without importing one of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import msgspec
import typer
from typer.core import TyperGroup, TyperOption
from typer.main import get_command

from ..domain.nearest import did_you_mean
from ..errors import UsageError
from .command import project_options, write_epilog


class Entry(msgspec.Struct, frozen=True):
    """One word after `kapso-twilio`; its module in this package has the same name."""

    name: str
    help: str
    section: str


_SET_UP, _DAILY, _LOOK, _TRY = "Set up", "Every day", "Look", "Try it without an account"

ENTRIES = [
    Entry("configure", "Set up a project, or change it.", _SET_UP),
    Entry("config", "Show, check and edit the project file.", _SET_UP),
    Entry("auth", "Store and check secrets.", _SET_UP),
    Entry("enable", "Turn custom Twilio on for the project.", _SET_UP),
    Entry("disable", "Turn custom Twilio off for the project.", _SET_UP),
    Entry("country", "Choose countries, bundles and addresses.", _SET_UP),
    Entry("inventory", "Create, check, back up and restore the inventory.", _SET_UP),
    Entry("cron", "Run reconcile every 15 minutes.", _SET_UP),
    Entry("pool", "Keep pools of ready numbers, one per country.", _DAILY),
    Entry("resolve", "Get a number for one onboarding.", _DAILY),
    Entry("connect", "Record that a WhatsApp config is on a number.", _DAILY),
    Entry("disconnect", "Record that it was removed, and apply the policy.", _DAILY),
    Entry("reconcile", "Settle, repair and fill: the cron run.", _DAILY),
    Entry("reservation", "List and cancel reservations.", _DAILY),
    Entry("search", "See the numbers on sale in a country.", _DAILY),
    Entry("provision", "Buy one number now.", _DAILY),
    Entry("purchase", "List purchases, and settle what only a person can.", _DAILY),
    Entry("setup-link", "Make pages on which customers connect a number.", _DAILY),
    Entry("webhook", "Take codes and Kapso's events in at once.", _DAILY),
    Entry("status", "See every pool and what needs attention.", _LOOK),
    Entry("doctor", "Check everything that can be checked without spending.", _LOOK),
    Entry("number", "List, import and release numbers; look closely at one.", _LOOK),
    Entry("project", "List projects, and remove one.", _LOOK),
    Entry("demo", "Watch the whole life of a pool.", _TRY),
    Entry("sandbox", "Run stand-ins for Twilio, Meta and Kapso.", _TRY),
]


class Group(TyperGroup):
    """A word with commands below it: alone it shows its help, and a wrong word gets the nearest."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Without a word, show the help, as `gh` does."""
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, or name the nearest one."""
        word, known = args[0], self.list_commands(ctx)
        if word not in known and not ctx.resilient_parsing and not word.startswith("-"):
            raise UsageError(
                f"{ctx.command_path} has no command {word!r}",
                reason="its commands are " + ", ".join(known),
                hint=did_you_mean(word, known) or f"see {ctx.command_path} --help",
            )
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Examples stand as they were written; a noun shows the first one of each command."""
        commands = self.commands.values()
        firsts = [one.epilog.splitlines()[0] for one in commands if one.epilog]
        write_epilog(self.epilog or "\n".join(firsts), formatter)


class Root(Group):
    """The program itself."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command's name, in the order of the help."""
        return [entry.name for entry in ENTRIES]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, loaded now; None if there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        if cmd_name not in self.commands:
            module = import_module(f"{__package__}.{cmd_name.replace('-', '_')}")
            command = get_command(module.app)
            command.name = cmd_name
            self.commands[cmd_name] = command
        return self.commands[cmd_name]

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The commands and options that begin so, without loading a command."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        from typer._click.shell_completion import CompletionItem

        return [
            CompletionItem(e.name, help=e.help) for e in ENTRIES if e.name.startswith(incomplete)
        ]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands by section, without loading one."""
        for section in dict.fromkeys(entry.section for entry in ENTRIES):
            with formatter.section(section):
                formatter.write_dl([(e.name, e.help) for e in ENTRIES if e.section == section])


def noun(help_text: str) -> typer.Typer:
    """A Typer app for a noun with verbs below it."""
    app = typer.Typer(cls=Group, add_completion=False, rich_markup_mode=None, help=help_text)
    app.callback()(_nothing_before_the_verb)
    return app


def verb() -> typer.Typer:
    """A Typer app for a word that is a command itself."""
    return typer.Typer(add_completion=False, rich_markup_mode=None)


def root() -> Root:
    """The whole program, with nothing of it loaded yet."""
    return Root(
        name="kapso-twilio",
        help="Pools of pre-verified WhatsApp numbers in your own Twilio account.",
        epilog="kapso-twilio demo\nkapso-twilio configure\nkapso-twilio resolve --country CL",
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        params=[*project_options(), _version_option()],
    )


def _nothing_before_the_verb() -> None:
    pass


def _version_option() -> Any:
    return TyperOption(
        param_decls=["--version"], is_flag=True, default=False, help="Print the version and exit."
    )
