"""The manual pages in man/: one for the program, one for each word after it.

They are made of what `--help` is made of. `python -m tests.documents.man_pages` writes them anew; a
test compares them. They are committed, as a wheel that made them when it is built would have to
install and import the whole program for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from kapso_twilio_cli import __version__, errors
from kapso_twilio_cli.cli.tree import ENTRIES, Entry, root
from kapso_twilio_cli.config import locations
from kapso_twilio_cli.config.secret import SecretName
from kapso_twilio_cli.errors import KapsoTwilioError
from tests.cli.every_command import every_command

from . import roff

FOLDER = Path(__file__).parents[2] / "man"

PROGRAM = "kapso-twilio"
_SOURCE = f"{PROGRAM} {__version__}"

_MADE = r".\" made by python -m tests.documents.man_pages"
_PROGRAM_PAGE = f"{roff.bold(PROGRAM)}(1)"
_HOME = "/home/you"
_TAKEN_BY_ALL = "Every command takes these, after its words."
_REST = roff.text(f"Every command takes the options in {PROGRAM}(1), too.")
_BESIDE = (
    "Data goes to standard output, everything else to standard error. On a terminal, whatever"
    " spends shows the price and asks; elsewhere `provision` and what destroys need --yes or"
    " --confirm.\n\n"
    "Each word below has a page of its own, such as `man kapso-twilio-pool`."
)
_NOT_ERRORS = {
    0: "Done, or nothing to do.",
    10: "With --dry-run and --detailed-exitcode: there are changes to make.",
}
_ENVIRONMENT = [
    ("KAPSO_TWILIO_PROJECT", "The project, where --project names none."),
    ("KAPSO_TWILIO_CONFIG", "The project file, where --config names none."),
    ("KAPSO_TWILIO_DATA_DIR", "Where inventories stand, instead of the user's data directory."),
    *(
        (f"{name.variable}, {name.variable}_FILE", f"The secret {name}, or a file that holds it.")
        for name in SecretName
    ),
    ("CREDENTIALS_DIRECTORY", "Where systemd puts secrets, as NAME.SECRET."),
    ("KAPSO_TWILIO_HTTP_TIMEOUT", "How many seconds a vendor's answer is waited for."),
    ("KAPSO_TWILIO_SANDBOX_URL", "A sandbox to talk to instead of Twilio, Meta and Kapso."),
    ("KAPSO_TWILIO_TWILIO_URL", "A stand-in for Twilio alone."),
    ("KAPSO_TWILIO_META_URL", "A stand-in for Meta alone."),
    ("KAPSO_TWILIO_KAPSO_URL", "A stand-in for Kapso alone."),
    ("NO_COLOR", "No colours on a terminal, if it is set."),
    ("_KAPSO_TWILIO_COMPLETE", "Set by the scripts of shell completion."),
]


def man_pages() -> dict[str, str]:
    """The content of each page, by the name of its file."""
    pages = {f"{PROGRAM}.1": program_page()}
    for entry in ENTRIES:
        command: Any = root().get_command(None, entry.name)
        pages[f"{PROGRAM}-{entry.name}.1"] = word_page(entry, command)
    return pages


def program_page() -> str:
    """The page of the whole program."""
    program: Any = root()
    words = [
        roff.subsection(name, roff.listed((_reference(one), one.help) for one in entries))
        for name, entries in groupby(ENTRIES, key=lambda entry: entry.section)
    ]
    usage = f"{roff.bold(PROGRAM)} {roff.usage('[OPTIONS] COMMAND [ARGS]...')}"
    variables = ((roff.bold(name), meaning) for name, meaning in _ENVIRONMENT)
    return _page(
        roff.title(PROGRAM, _SOURCE),
        roff.section("Name", _name_line(PROGRAM, program.help)),
        roff.section("Synopsis", usage),
        roff.section("Description", roff.paragraphs(f"{program.help}\n\n{_BESIDE}")),
        roff.section("Commands", *words),
        roff.section("Options", roff.text(_TAKEN_BY_ALL), roff.listed(_common_options())),
        roff.section("Exit status", roff.listed(_exit_codes())),
        roff.section("Environment", roff.listed(variables)),
        roff.section("Files", roff.listed(_files())),
        roff.section("Examples", roff.shown(_examples(program))),
        roff.section("See also", ",\n".join(map(_reference, ENTRIES))),
    )


def word_page(entry: Entry, command: Any) -> str:
    """The page of one word, with all commands below it."""
    below = getattr(command, "commands", {}).items()
    commands = {f"{entry.name} {verb}": one for verb, one in below if not one.hidden}
    description = roff.section("Description", roff.paragraphs(command.help))
    if commands:
        parts = (roff.subsection(words, _described(words, one)) for words, one in commands.items())
        body = [description, roff.section("Commands", *parts), roff.section("Options", _REST)]
    else:
        commands = {entry.name: command}
        own = roff.listed(_own_records(entry.name, command))
        body = [description, roff.section("Options", *([own, ".PP"] if own else []), _REST)]
    near = (one for one in ENTRIES if one.section == entry.section and one != entry)
    return _page(
        roff.title(f"{PROGRAM}-{entry.name}", _SOURCE),
        roff.section("Name", _name_line(f"{PROGRAM}-{entry.name}", entry.help)),
        roff.section("Synopsis", "\n.br\n".join(_usage(*one) for one in commands.items())),
        *body,
        roff.section("Exit status", roff.text(f"As {PROGRAM}(1) has it for every command.")),
        roff.section("Examples", roff.shown(_examples(*commands.values()))),
        roff.section("See also", ",\n".join([_PROGRAM_PAGE, *map(_reference, near)])),
    )


def _page(*parts: str) -> str:
    return "\n".join((_MADE, *parts, ""))


def _name_line(name: str, purpose: str) -> str:
    """As whatis(1) and apropos(1) read it."""
    return rf"{roff.literal(name)} \- {roff.literal(purpose.rstrip('.'))}"


def _reference(entry: Entry) -> str:
    return f"{roff.bold(f'{PROGRAM}-{entry.name}')}(1)"


def _usage(words: str, command: Any) -> str:
    pieces = " ".join(command.collect_usage_pieces(_context(words, command)))
    return f"{roff.bold(f'{PROGRAM} {words}')} {roff.usage(pieces)}"


def _described(words: str, command: Any) -> str:
    """What a command does, its arguments and the options that are its own."""
    own = roff.listed(_own_records(words, command))
    return "\n".join(filter(None, (roff.paragraphs(command.help), own)))


def _own_records(words: str, command: Any) -> Iterator[tuple[str, str]]:
    return _records(command, words, lambda param: param.name not in _common_names())


def _records(command: Any, words: str, wanted: Callable[[Any], bool]) -> Iterator[tuple[str, str]]:
    """Arguments and options as `--help` lists them; hidden ones have no record."""
    context = _context(words, command)
    for param in command.get_params(context):
        record = param.get_help_record(context) if wanted(param) else None
        if record is not None:
            yield roff.usage(record[0]), record[1]


def _common_options() -> Iterator[tuple[str, str]]:
    status = every_command()["status"]
    return _records(status, "status", lambda param: param.name in _common_names())


@cache
def _common_names() -> frozenset[str]:
    """What every command takes."""
    taken = (
        {param.name for param in command.get_params(_context(words, command))}
        for words, command in every_command().items()
    )
    return frozenset(set.intersection(*taken))


def _context(words: str, command: Any) -> Any:
    return command.context_class(
        command, info_name=f"{PROGRAM} {words}", help_option_names=["-h", "--help"]
    )


def _examples(*commands: Any) -> Iterator[str]:
    for command in commands:
        yield from (line.strip() for line in (command.epilog or "").splitlines())


def _exit_codes() -> Iterator[tuple[str, str]]:
    meanings = dict(_NOT_ERRORS)
    for error in _raised():
        promise = (error.__doc__ or "").split("\n")[0]
        meanings[error.exit_code] = f"{meanings.get(error.exit_code, '')} {promise}"
    return ((roff.bold(str(code)), meaning) for code, meaning in sorted(meanings.items()))


def _raised() -> Iterator[type[KapsoTwilioError]]:
    """The errors that the program raises, in the order in which they are written down."""
    for found in vars(errors).values():
        is_error = isinstance(found, type) and issubclass(found, KapsoTwilioError)
        if is_error and found is not KapsoTwilioError:
            yield found


def _files() -> list[tuple[str, str]]:
    """Where things stand on Linux, in the home of whoever runs the program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", _HOME)
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "KAPSO_TWILIO_DATA_DIR"):
            patch.delenv(name, raising=False)
        config, data = locations.config_dir(), locations.data_dir()
    found = [
        (config / "projects" / "NAME.toml", "The file of the project NAME."),
        (locations.HERE, "The project file of the working directory."),
        (config / "secrets" / "NAME.SECRET", "A secret that is in no keyring; mode 0600."),
        (data / "NAME" / "inventory.db", "Numbers, purchases and reservations. Back it up."),
    ]
    return [(roff.bold(str(path).replace(_HOME, "~")), what) for path, what in found]


def write_pages(folder: Path) -> None:
    """Write every page, and leave no other one there."""
    folder.mkdir(exist_ok=True)
    for page in folder.glob("*.1"):
        page.unlink()
    for name, content in man_pages().items():
        (folder / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    write_pages(FOLDER)
