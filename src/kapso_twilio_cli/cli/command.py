"""The command class: the options that every command shares, and what they mean together."""

from __future__ import annotations

import sys
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import typer
from typer.core import TyperCommand, TyperOption

from ..errors import Interrupted, UsageError
from .answer import LogFormat, Output, Text
from .suggestions import projects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..project import Project, Run


class Invocation(msgspec.Struct, frozen=True, dict=True):
    """One call of the program: which project, and how to speak."""

    output: Output
    project_name: str | None
    config_path: Path | None
    verbose: int
    """How often --verbose was given."""
    interactive: bool
    """Someone sits at a terminal and may be asked."""

    @cached_property
    def project(self) -> Project:
        """The project that this call is about."""
        from ..project import Project

        found = Project.locate(name=self.project_name, config_path=self.config_path, run=self.run)
        if self.run.say is not None:
            self.run.say(f"project {found.name}: {found.path}")
        return found

    @cached_property
    def run(self) -> Run:
        """This run, as the events of the inventory name it; with -v it is told of them."""
        from ..project import Run

        if not self.verbose:
            return Run(self.output.run_id)
        import logging

        return Run(self.output.run_id, logging.getLogger(__name__).info)

    def close(self) -> None:
        """Give back what the project holds open."""
        if "project" in vars(self):
            self.project.close()

    def answer(self, command: str, fields: Mapping[str, object], text: Text = ()) -> None:
        """Answer with the promised keys of `command`, or with text."""
        self.output.answer(command, fields, text)

    def note(self, text: str) -> None:
        """Say something beside the data, on stderr; not with `--quiet`."""
        self.output.note(text)

    def confirm(self, question: str, *, yes: bool) -> bool:
        """Ask before money is spent or something is lost; without a terminal, `--yes` is needed.

        Tells whether a person was asked, and said yes.
        """
        if yes:
            return False
        if not self.interactive:
            raise UsageError(
                "nothing was done: this needs a yes",
                reason=f"there is no terminal to ask on: {question}",
                hint="add --yes to go ahead",
            )
        from .asking import confirm

        if not confirm(question):
            raise Interrupted("declined; nothing was bought")
        return True


def invocation(ctx: typer.Context) -> Invocation:
    """The invocation that a command's context carries."""
    found = ctx.obj
    assert isinstance(found, Invocation)
    return found


class Command(TyperCommand):
    """A command with the common options of the interface, after the verb."""

    keeps_a_log = False
    """Whether its warnings are a log without -v, too."""

    def __init__(self, *, params: list[Any] | None = None, **attributes: Any) -> None:
        super().__init__(params=[*(params or []), *_common_options()], **attributes)

    def invoke(self, ctx: Any) -> Any:
        """Turn the common options into an Invocation before the command runs."""
        ctx.obj = _invocation_from(ctx)
        output, verbose = ctx.obj.output, ctx.obj.verbose
        output.is_log = verbose > 0
        as_text = output.log_format is LogFormat.TEXT
        with closing(ctx.obj):
            if as_text and not verbose and not self.keeps_a_log:
                return super().invoke(ctx)  # warnings reach stderr by themselves
            from .log import logged

            with logged(output, verbose):
                return super().invoke(ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Arguments that are needed stand bare, as in manuals; typer puts braces around them."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Examples stand as they were written."""
        write_epilog(self.epilog, formatter)


class ServingCommand(Command):
    """A command that runs for long, and whose warnings are read as a log."""

    keeps_a_log = True


def write_epilog(epilog: str | None, formatter: Any) -> None:
    """Write `epilog` line by line under `Examples:`."""
    if epilog:
        with formatter.section("Examples"):
            for line in epilog.strip().splitlines():
                formatter.write(f"  {line.strip()}\n")


def project_options() -> list[TyperOption]:
    """The options that stand before or after the verb."""
    return [
        TyperOption(
            param_decls=["--project", "-p"],
            metavar="NAME",
            autocompletion=lambda _ctx, _args, incomplete: projects(incomplete),
            help="Project name (or $KAPSO_TWILIO_PROJECT).",
        ),
        TyperOption(
            param_decls=["--config"],
            metavar="PATH",
            help="Project file (or $KAPSO_TWILIO_CONFIG).",
        ),
    ]


def _common_options() -> list[TyperOption]:
    return [
        *project_options(),
        _flag("--json", "Print one JSON document on stdout."),
        _flag("--quiet", "Print data and errors only.", "-q"),
        TyperOption(
            param_decls=["--verbose", "-v"],
            count=True,
            type=int,
            default=0,
            metavar="",
            help="Say on stderr what is done; -vv: every request, too.",
        ),
        _flag("--no-input", "Never ask; fail where an answer is needed."),
    ]


def _flag(name: str, help_text: str, *short: str) -> TyperOption:
    return TyperOption(param_decls=[name, *short], is_flag=True, default=False, help=help_text)


def _invocation_from(ctx: Any) -> Invocation:
    params, before = ctx.params, ctx.find_root().params
    output: Output = ctx.find_root().obj
    project_name = params.pop("project") or before.get("project")
    config_path = params.pop("config") or before.get("config")
    output.json = params.pop("json") or output.json
    output.quiet = params.pop("quiet")
    no_input = params.pop("no_input")
    return Invocation(
        output=output,
        project_name=project_name,
        config_path=Path(config_path) if config_path else None,
        verbose=params.pop("verbose"),
        interactive=not no_input and sys.stdin.isatty() and sys.stderr.isatty(),
    )
