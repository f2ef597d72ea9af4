"""Every command that a page shows is run, and ends and answers as shown."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .made import ROOT
from .pages import Shown, commands_of, typed_elsewhere
from .stage import Stage, staged

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_SECRETS = {"Twilio auth token": "auth_token", "Meta system user token": "meta_token"}
"""What is typed where a page shows nothing, as it is not seen."""


def shown_on(page: Path) -> list[Shown]:
    return commands_of(page.read_text(encoding="utf-8"))


PLAYED = [page for page in PAGES if shown_on(page)]


@pytest.mark.parametrize("page", PLAYED, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_shown_command_ends_and_answers_as_shown(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = shown_on(page)
    if any("curl " in one.command for one in shown) and shutil.which("curl") is None:
        pytest.skip("it shows curl, and there is none here")
    with staged(shown, tmp_path, monkeypatch) as stage:
        servers = [(one, _play(stage, one, page)) for one in shown]
        assert stage.session.end_servers() == ""
        for one, out in servers:
            if out is not None:
                _compare(stage, one, out.read_text(encoding="utf-8"), page)


def test_what_looks_typed_stands_where_it_is_run() -> None:
    found = {page.name: typed_elsewhere(page.read_text(encoding="utf-8")) for page in PAGES}
    assert {name: lines for name, lines in found.items() if lines} == {}


def _play(stage: Stage, shown: Shown, page: Path) -> Path | None:
    """Run one command; give where a server's output goes, which ends with the page."""
    command = stage.in_real(shown.command)
    if shown.is_server:
        return stage.session.serve(command if "--port" in command else f"{command} --port 0")
    if shown.is_on_a_terminal:
        ran = stage.session.run_on_terminal(command, lambda prompt: _typed(stage, shown, prompt))
    else:
        with stage.what_happens_beside(command):
            ran = stage.session.run(command)
    where = f"{page.name}:{shown.line}: {command}"
    assert shown.ended_as_shown(ran.exit_code), f"{where}\nexit code {ran.exit_code}\n{ran.text}"
    _compare(stage, shown, ran.text, page)
    return None


def _compare(stage: Stage, shown: Shown, text: str, page: Path) -> None:
    missing = stage.names.unlike(list(shown.output), stage.as_shown(text))
    told = "\n".join(missing)
    assert not missing, f"{page.name}:{shown.line}: shown, and not so:\n{told}\nit said:\n{text}"


def _typed(stage: Stage, shown: Shown, prompt: str) -> str:
    """What the page shows behind a prompt, or the secret that nobody sees."""
    question = prompt.strip()
    for beginning, name in _SECRETS.items():
        if question.startswith(beginning):
            return stage.project.sandbox.credentials[name]
    for line in shown.output:
        if line.startswith(question):
            return stage.in_real(line.removeprefix(question).strip())
    raise AssertionError(f"the page shows no answer to {question!r}")
