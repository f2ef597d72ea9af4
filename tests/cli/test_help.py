"""`--help` of everything, and the nearest word for a mistyped one."""

from __future__ import annotations

import re

import pytest

from kapso_twilio_cli.config.locations import config_dir
from tests.projects import ReadyProject

from .every_command import every_command, every_noun


@pytest.mark.parametrize("command", sorted(every_command()))
def test_every_command_says_its_purpose_its_options_and_an_example(
    project: ReadyProject, command: str
) -> None:
    called = project.call(*command.split(), "--help")
    assert (called.exit_code, called.err) == (0, "")
    usage, _, purpose, *_ = called.out.splitlines()
    assert usage.startswith(f"Usage: kapso-twilio {command} [OPTIONS]")
    summary = every_command()[command].help.split("\n\n")[0]
    assert len(summary.split(". ")) <= 2
    assert summary.startswith(purpose.strip())
    assert re.search(rf"\nExamples:\n.*kapso-twilio {command}", called.out, re.DOTALL)
    for option in ("--json", "--quiet", "--verbose", "--no-input", "--project", "--config"):
        assert option in called.out


@pytest.mark.parametrize("command", sorted(every_command()))
def test_every_option_is_explained(command: str) -> None:
    for param in every_command()[command].params:
        assert getattr(param, "help", None), (command, param.name)


@pytest.mark.parametrize("noun", sorted(every_noun()))
def test_every_noun_lists_its_commands_each_with_a_purpose(
    project: ReadyProject, noun: str
) -> None:
    for words in ((*noun.split(), "--help"), (*noun.split(), "-h"), tuple(noun.split())):
        called = project.call(*words)
        assert called.exit_code == 0
        assert re.search(rf"\nExamples:\n  .*kapso-twilio {noun}", called.out)
        for name in every_noun()[noun].list_commands(None):
            assert re.search(rf"^  {name} +[A-Z]", called.out, re.MULTILINE), name


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("resove",), "did you mean resolve?"),
        (("pol", "fill"), "did you mean pool?"),
        (("pool", "fil"), "did you mean fill?"),
        (("number", "histroy", "+56912345678"), "did you mean history?"),
        (("resolve", "--contry", "US"), "--country"),
        (("pool", "fill", "--dryrun"), "--dry-run"),
        (("search", "--country", "UK"), "did you mean GB (United Kingdom)?"),
        (("config", "set", "limits.max_number", "3"), "did you mean limits.max_numbers?"),
        (("country", "set", "CL", "--number-type", "tollfree"), "did you mean toll-free?"),
        (("disconnect", "--ref", "a", "--policy", "return_pool"), "did you mean return_to_pool?"),
        (("number", "list", "--state", "redy"), "did you mean ready?"),
        (("configure", "--plan", "platfrm"), "did you mean platform?"),
        (("config", "set", "plan", "platfrm"), "did you mean platform?"),
        (("config", "set", "pool.US.enabled", "no"), "did you mean pools.US.enabled?"),
        (("config", "set", "pools.us.enabeld", "no"), "did you mean pools.US.enabled?"),
        (("config", "set", "pools.UK.enabled", "no"), "did you mean GB (United Kingdom)?"),
        (("config", "unset", "max_numbers"), "did you mean limits.max_numbers?"),
        (("config", "set", "default_country", "UK"), "did you mean GB (United Kingdom)?"),
        (("resolve", "--country", "Grat Britain"), "did you mean GB (United Kingdom)?"),
        (("country", "allow", "chile"), "did you mean CL (Chile)?"),
        (("auth", "set", "auth_tokn"), "did you mean auth_token?"),
        (("auth", "set", "auth_token", "--stdin", "--store", "keyrng"), "did you mean keyring?"),
        (("--porject", "acme", "status"), "did you mean --project?"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_mistyped_word_is_answered_with_the_nearest(
    project: ReadyProject, words: tuple[str, ...], told: str
) -> None:
    called = project.call(*words)
    assert called.exit_code == 2
    assert told in called.err


def test_a_mistyped_project_is_answered_with_the_nearest(project: ReadyProject) -> None:
    folder = config_dir() / "projects"
    folder.mkdir(parents=True)
    (folder / "acme.toml").touch()
    called = project.call("status", "-p", "acm")
    assert called.exit_code == 3
    assert "did you mean acme?" in called.err


def test_a_value_that_may_be_a_secret_is_not_repeated(project: ReadyProject) -> None:
    called = project.call("config", "set", "plan", "s3cr3t")
    assert called.exit_code == 2
    assert "s3cr3t" not in called.err + called.out


def test_common_options_stand_before_or_after_the_verb(project: ReadyProject) -> None:
    other = project.home / "other.toml"
    project.path.rename(other)
    for words in (
        ("--config", str(other), "pool", "list"),
        ("pool", "list", "--config", str(other)),
    ):
        assert project.call(*words).exit_code == 0
    assert project.call("pool", "list").exit_code == 3


def test_version_is_one_line(project: ReadyProject) -> None:
    called = project.call("--version")
    assert re.fullmatch(r"kapso-twilio \d+\.\d+\.\d+\S*\n", called.out)
