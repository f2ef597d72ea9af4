"""The reference pages: today's, whole, and every command on them there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from kapso_twilio_cli.config.environment import VARIABLES
from kapso_twilio_cli.config.keys import known_keys
from kapso_twilio_cli.config.schema import BY_COUNTRY, ROOT, TABLES
from kapso_twilio_cli.domain.attention import ADVICE, AttentionKind
from kapso_twilio_cli.domain.resolution import ResolveReason
from kapso_twilio_cli.errors import KapsoTwilioError
from tests.projects import ready_project
from tests.vendors import running_sandbox

from . import errors, made
from .commands import all_commands
from .settings import EXAMPLE, with_comments
from .test_documents import code_words, parse, table_after

PAGES = made.ROOT / "docs" / "reference"
CONFIGURATION = (PAGES / "configuration.md").read_text(encoding="utf-8")
ERRORS = (PAGES / "errors.md").read_text(encoding="utf-8")
COMMANDS = (PAGES / "commands.md").read_text(encoding="utf-8")
SOURCE = made.ROOT / "src"

_GROUPS = {"secrets", "twilio", "meta", "kapso", "countries"}


def test_what_is_made_is_todays() -> None:
    for path, text in made.as_they_are_now():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run make reference"


def test_every_part_stands_in_one_document() -> None:
    texts = [path.read_text(encoding="utf-8") for path in made.documents()]
    assert sorted(part for text in texts for part in made.parts_of(text)) == sorted(made.PARTS)


def test_every_key_and_table_says_what_it_is_for_and_has_an_example() -> None:
    tables = {**TABLES, **BY_COUNTRY}
    kinds = [ROOT, *(table.keys for table in tables.values())]
    assert [key for keys in kinds for key, kind in keys.items() if not kind.meaning] == []
    assert [name for name, table in tables.items() if not table.meaning] == []
    for dotted in known_keys():
        key = dotted.rsplit(".", 1)[-1]
        assert f"| `{key}` | " in CONFIGURATION
        assert re.search(rf"^{key} = ", CONFIGURATION, re.MULTILINE), f"{key}: add it to {EXAMPLE}"


def test_a_comment_of_the_example_that_is_not_the_models_is_replaced() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    changed = text.replace("# What those cost in a month.", "# What they cost.\n# Ever.")
    assert changed != text
    assert with_comments(changed) == text


def test_every_variable_that_the_source_names_is_documented_and_no_other() -> None:
    named = {
        name
        for path in SOURCE.rglob("*.py")
        for name in re.findall(r"\b_?KAPSO_TWILIO_[A-Z_]+[A-Z]\b", path.read_text("utf-8"))
    }
    ours = {name for name in VARIABLES if "KAPSO_TWILIO_" in name}
    assert named - ours == set()
    assert {name for name in ours if name not in named and not _is_a_secrets(name)} == set()
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", CONFIGURATION, re.MULTILINE)) == set(VARIABLES)


def test_exit_codes_and_kinds_are_those_of_the_errors() -> None:
    rows = table_after("## Exit codes", ERRORS)
    shown = {int(cells[0]): set(code_words(cells[1])) for cells in rows}
    known = {error.exit_code for error in errors.errors()}
    assert set(shown) == known | {0, 10}
    assert list(shown) == sorted(shown)
    for error in errors.errors():
        assert error.kind in shown[error.exit_code]


def test_every_error_attention_kind_and_reason_has_its_meaning_and_its_cure() -> None:
    tables: dict[str, list[str]] = {
        "## Errors": [error.kind for error in errors.errors()],
        "## What `status` calls attention to": list(AttentionKind),
        "## Why `resolve` took a path": list(ResolveReason),
    }
    for heading, names in tables.items():
        rows = table_after(heading, ERRORS)
        assert sorted(cells[0].strip("`") for cells in rows) == sorted(names)
        assert [cells for cells in rows if not all(cells)] == []


def test_every_attention_kind_has_its_advice() -> None:
    assert list(ADVICE) == sorted(ADVICE, key=list(AttentionKind).index)
    assert set(ADVICE) == set(AttentionKind)


def test_doctors_checks_are_those_that_it_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sandbox() as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
        made_with = project.call("doctor", "--json").document["checks"]
        project.path.unlink()
        made_without = project.call("doctor", "--json").document["checks"]
    names = {_placeholder(check["name"]) for check in [*made_with, *made_without]}
    rows = table_after("## What `doctor` checks", ERRORS)
    assert {cells[0].strip("`") for cells in rows} == names - _GROUPS | {"countries"}
    section = ERRORS.split("## What `doctor` checks")[1].split("\n|")[0]
    assert [group for group in _GROUPS if f"`{group}`" not in section] == []


def test_every_command_has_its_section() -> None:
    headings = re.findall(r"^##+ (.+)$", COMMANDS, re.MULTILINE)
    assert set(all_commands()) <= set(headings)


@pytest.mark.parametrize("page", [CONFIGURATION, ERRORS], ids=["configuration", "errors"])
def test_every_command_in_the_text_parses(page: str) -> None:
    found = re.findall(r"`kapso-twilio ([^`]+)`", page)
    assert len(found) > 5
    only_named = {"COMMAND --help", "--version", *all_commands()}
    for shown in set(found) - only_named:
        parse(shlex.split(shown.replace("--target-size N", "--target-size 5")))


def test_a_cure_that_is_no_command_would_be_seen() -> None:
    assert errors._as_code("kapso-twilio reconcile tries; or pool fill CC") == (
        "`kapso-twilio reconcile` tries; or `pool fill CC`"
    )
    with pytest.raises(KapsoTwilioError):
        parse(["number", "mend", "N"])


def _is_a_secrets(name: str) -> bool:
    """Put together from a secret's name: the source names a few of them only."""
    return name.removesuffix("_FILE") in {
        variable for variable, meaning in VARIABLES.items() if meaning.startswith("The secret")
    }


def _placeholder(name: str) -> str:
    return re.sub(r"^country\.[A-Z]{2}$", "country.CC", re.sub(r"^secret\..+", "secret.NAME", name))
