"""The pictures in docs/pictures: what the program wrote on a terminal, drawn by rich as SVG.

`python -m tests.documents.pictures` makes them anew, from commands against the sandbox; a test
holds their words against today's.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from rich.console import Console
from rich.text import Text

from tests.projects import ReadyProject, command_line, ready_project
from tests.vendors import running_sandbox

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"

COLUMNS, _LINES = 104, 50

SCENES_SHOWN = (
    "Keep a pool for each country",
    "Fill them",
    "A customer comes",
    "Ask again with the same ref",
    "A country without a pool",
    "What Kapso does not tell",
    "The cron run",
    "Where everything stands",
)
"""The demo is longer than a page: of these, beginning and end, its picture is an excerpt."""

_SCENE = "\n\x1b[36m# "
_LEFT_OUT = "\n\x1b[2m⋮\x1b[0m\n"
_TAKEN_BACK = re.compile(r"\x1b\[\?25l.*?\x1b\[\?25h\r\x1b\[1A\x1b\[2K", re.DOTALL)
"""A progress bar, up to the moment that it makes room for what is said next."""

# rich's own frame loads a font from the network; these stand on every system.
_FRAME = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; }}
{styles}
</style>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
_ROOM_OF_A_LETTER = 0.6  # of its height, in these fonts
_CLIPPED = re.compile(r' clip-path="[^"]*"')  # no line is wider than the terminal
_LETTERS = re.compile(r'<text class="[^"]*-r\d+"[^>]* y="([^"]*)"[^>]*>([^<]*)</text>')

_DIFFERS = [
    (re.compile(r"http://127\.0\.0\.1:\d+"), "URL"),
    (re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?"), "TIME"),
    (re.compile(r"\b\d+ (s|min|h|days?)\b"), "SPAN"),
    (re.compile(r"\+\d{11,12}\b"), "NUMBER"),
]


def status_picture() -> str:
    """`status` of a project in the middle of its life."""
    with _home() as (home, patch), running_sandbox() as sandbox:
        project = ready_project(
            home,
            patch,
            sandbox,
            pools={
                "US": {"target_size": 5, "post_disconnect": "return_to_pool"},
                "CL": {"target_size": 3},
                "GB": {"target_size": 2},
            },
            countries={"GB": {"number_type": "mobile", "bundle_sid": _bundle("GB")}},
        )
        _live(project)
        return drawn("status", "kapso-twilio status", _typed("status"))


def demo_picture() -> str:
    """`demo`, without the scenes that are not shown."""
    with _home():
        return drawn("demo", "kapso-twilio demo (excerpt)", excerpt(_typed("demo")))


def drawn(name: str, title: str, written: str) -> str:
    """A terminal with what was written on it, as SVG that loads nothing.

    Blanks before a line are a piece of their own, which is not drawn: some viewers leave them out.
    """
    console = Console(
        record=True,
        file=io.StringIO(),
        width=COLUMNS,
        force_terminal=True,
        color_system="truecolor",
    )
    for line in written.splitlines():
        text = Text.from_ansi(line)
        for row in text.divide(range(COLUMNS, len(text), COLUMNS)):
            row.stylize("not bold", 0, len(row) - len(row.plain.lstrip()))
            console.print(row, soft_wrap=True)
    made = console.export_svg(
        title=title, code_format=_FRAME, font_aspect_ratio=_ROOM_OF_A_LETTER, unique_id=name
    )
    return _CLIPPED.sub("", made)


def excerpt(written: str) -> str:
    """The beginning of a demo, and the scenes that are shown; a mark where others were."""
    shown, *scenes = written.split(_SCENE)
    missing = {name for name in SCENES_SHOWN if not any(s.startswith(name) for s in scenes)}
    assert not missing, missing
    for scene in scenes:
        if scene.startswith(SCENES_SHOWN):
            shown += _SCENE + scene
        elif not shown.endswith(_LEFT_OUT):
            shown += _LEFT_OUT
    return shown


def words(picture: str) -> list[str]:
    """The lines of a picture in any order, without what differs in every run."""
    rows: dict[str, str] = {}
    for row, text in _LETTERS.findall(picture):
        rows[row] = rows.get(row, "") + unescape(text).replace("\xa0", " ")
    return sorted(_steady(line) for line in rows.values())


def _steady(line: str) -> str:
    for pattern, name in _DIFFERS:
        line = pattern.sub(name, line)
    return " ".join(line.split())


def _live(project: ReadyProject) -> None:
    """Onboardings in every state, one removal, and a number that somebody deleted at Twilio."""
    project.answer("pool", "fill")
    held: dict[str, str] = {}
    for ref, country in (("a", "US"), ("b", "US"), ("c", "GB"), ("d", "CL"), ("e", "CL")):
        answer = project.answer("resolve", "--country", country, "--ref", ref)
        held[ref] = answer["phone_number"]
    for ref in ("b", "c", "d", "e"):
        project.answer("connect", "--ref", ref)
    project.answer("pool", "fill", "GB")
    project.sandbox.remove(held["d"])
    project.answer("reconcile", "--no-fill")
    project.answer("disconnect", "--ref", "b")


def _bundle(country: str) -> str:
    from kapso_twilio_cli.sandbox.catalogue import bundle_sid

    return bundle_sid(country, "mobile")


def _typed(*command: str) -> str:
    """A command as it is typed, and what it writes on a terminal of its own, in colour."""
    return f"\x1b[1m$ kapso-twilio {' '.join(command)}\x1b[0m\n{_written(command_line(*command))}"


def _written(argv: Sequence[str]) -> str:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _LINES, COLUMNS, 0, 0))
    known = {name: value for name, value in os.environ.items() if name not in _LOOKS}
    environment = {**known, "TERM": "xterm-256color", "PYTHONUTF8": "1"}
    with subprocess.Popen(
        argv,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        text = b"".join(_chunks(ours)).decode()
    os.close(ours)
    assert process.returncode == 0, text
    return _TAKEN_BACK.sub("", text.replace("\r\n", "\n"))


_LOOKS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""What would make another terminal of it."""


def _chunks(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # as Linux says that nobody writes any more
            return
        if not chunk:
            return
        yield chunk


@contextmanager
def _home() -> Iterator[tuple[Path, pytest.MonkeyPatch]]:
    """A home that is thrown away, and what was changed in the environment put back."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        yield Path(folder), patch


PICTURES = {"status.svg": status_picture, "demo.svg": demo_picture}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, made in PICTURES.items():
        (FOLDER / name).write_text(made(), encoding="utf-8")
