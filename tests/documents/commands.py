"""Every command with its options, made from the tree that `--help` shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from kapso_twilio_cli.cli.answer import Output
from kapso_twilio_cli.cli.command import Command
from kapso_twilio_cli.cli.tree import ENTRIES, root

_PROGRAM = "kapso-twilio"


def commands() -> str:
    """A section for each command, in the order of the help."""
    common = _table(_records(Command(name=_PROGRAM, callback=print), _context(None, _PROGRAM)))
    return "\n\n".join(["## Common options", common, *_sections()])


def all_commands() -> list[str]:
    """Every command that does something: `resolve`, `pool fill`."""
    return [" ".join(words) for words, _, _ in _leaves()]


def _sections() -> Iterator[str]:
    helps = {entry.name: entry.help for entry in ENTRIES}
    noun = ""
    for words, command, context in _leaves():
        if words[0] != noun:
            noun = words[0]
            yield f"## {noun}"
            yield from [helps[noun]] if len(words) > 1 else []
        yield from _section(words, command, context)


def _section(words: list[str], command: Any, context: Any) -> Iterator[str]:
    if len(words) > 1:
        yield f"### {' '.join(words)}"
    usage = " ".join(piece.strip("{}") for piece in command.collect_usage_pieces(context))
    yield f"```text\n{_PROGRAM} {' '.join(words)} {usage}\n```"
    yield command.help
    known = {record[0] for record in _records(Command(name="-", callback=print), context)}
    own = [record for record in _records(command, context) if record[0] not in known]
    if own:
        yield _table(own)
    if command.epilog:
        yield f"```sh\n{command.epilog.strip()}\n```"


def _leaves() -> Iterator[tuple[list[str], Any, Any]]:
    """Every command that does something, with its words and a context to render it in."""
    program: Any = root()
    above = _context(program, _PROGRAM)
    for name in program.list_commands(above):
        command = program.get_command(above, name)
        verbs = getattr(command, "commands", None)
        if not verbs:
            yield [name], command, _context(command, name, above)
            continue
        parent = _context(command, name, above)
        for verb, below in verbs.items():
            yield [name, verb], below, _context(below, verb, parent)


def _context(command: Any, name: str, parent: Any = None) -> Any:
    command = command or root()
    return command.make_context(name, [], parent=parent, obj=Output(), resilient_parsing=True)


def _records(command: Any, context: Any) -> list[tuple[str, str]]:
    """Each option and argument with its help, as `--help` shows them."""
    found = (parameter.get_help_record(context) for parameter in command.get_params(context))
    return [record for record in found if record is not None]


def _table(records: Iterable[tuple[str, str]]) -> str:
    rows = [f"| {_code(names)} | {_plain(told)} |" for names, told in records]
    return "\n".join(["| option | what it does |", "|---|---|", *rows])


def _code(names: str) -> str:
    """As code; what ends a cell is written so that no page shows it with a backslash."""
    words = " ".join(names.split())
    return f"<code>{escape(words).replace('|', '&#124;')}</code>" if "|" in words else f"`{words}`"


def _plain(told: str) -> str:
    """On one line, as a cell takes it."""
    return " ".join(told.split()).replace("|", "\\|")
