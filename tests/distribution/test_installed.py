"""The installed program: it needs nothing of the clone it was built from."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapso_twilio_cli import __version__

from .building import environment_with, run_bare


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the installed program is."""
    return environment_with(wheel, tmp_path_factory.mktemp("installed") / "env")


@pytest.mark.parametrize(
    "words", [("kapso-twilio",), ("python", "-m", "kapso_twilio_cli")], ids=["script", "module"]
)
def test_it_tells_its_version_from_anywhere(
    bin_folder: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    program, *rest = words
    told = run_bare(str(bin_folder / program), *rest, "--version", cwd=tmp_path)
    assert told == f"kapso-twilio {__version__}\n"


def test_it_is_the_wheels_and_not_the_clones(bin_folder: Path, tmp_path: Path) -> None:
    code = "import kapso_twilio_cli; print(kapso_twilio_cli.__file__)"
    told = run_bare(str(bin_folder / "python"), "-c", code, cwd=tmp_path)
    assert Path(told.strip()).is_relative_to(bin_folder.parent)


def test_it_plays_the_whole_life_of_a_pool(bin_folder: Path, tmp_path: Path) -> None:
    told = run_bare(str(bin_folder / "kapso-twilio"), "demo", cwd=tmp_path)
    assert "Your turn: kapso-twilio configure" in told
    assert list(tmp_path.iterdir()) == []


def test_the_command_that_it_names_for_others_is_itself(bin_folder: Path, tmp_path: Path) -> None:
    """Units and crontab lines start the installed program, not some other on the PATH."""
    code = "from kapso_twilio_cli.process import program; print(*program())"
    told = run_bare(str(bin_folder / "python"), "-c", code, cwd=tmp_path)
    assert told == f"{bin_folder / 'kapso-twilio'}\n"
