"""The fault matrix: every kind of call of every command, met by every fault.

A slice of the cases is run by `make test`, all of them by `make crash`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.cli.every_command import run_every_command
from tests.projects import ReadyProject, ready_project
from tests.vendors import running_sandbox

from .aftermath import check_aftermath
from .calls import KINDS, kind_of, kinds_in
from .faults import LATE_MS, TROUBLES, Trouble, may_end
from .matrix import BLOCKS, blocks_of, is_whole
from .scenarios import SCENARIOS, Prepared, Scenario

IN_ORDER = [scenario for scenario in SCENARIOS if scenario.name != "pool fill, 8 at once"]
"""Those whose calls come in the same order each time."""
ASKING = [scenario for scenario in IN_ORDER if not scenario.asks_nobody]
THINNED = 6
"""`make test` runs one in so many of a block's cases."""

Kinds = Callable[[Scenario], dict[str, int]]


@pytest.fixture(scope="session")
def kinds(
    prepared: Callable[[Scenario], Prepared], tmp_path_factory: pytest.TempPathFactory
) -> Kinds:
    """What each scenario sends on a good day."""
    known: dict[str, dict[str, int]] = {}

    def get(scenario: Scenario) -> dict[str, int]:
        if scenario.name not in known:
            folder = tmp_path_factory.mktemp("healthy") / "run"
            known[scenario.name] = _on_a_good_day(prepared(scenario), folder)
        return known[scenario.name]

    return get


def test_every_call_that_a_command_makes_is_in_the_matrix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kinds: Kinds
) -> None:
    covered = {kind for scenario in ASKING for kind in kinds(scenario)}
    assert covered == set(KINDS), "a kind is met by faults only where a scenario sends it"
    with running_sandbox() as sandbox:
        project = ready_project(tmp_path, monkeypatch, sandbox, kapso=True)
        for ran in run_every_command(project):
            assert ran.called.exit_code == 0, ran.called.err
            unknown = [one for one in sandbox.requests() if kind_of(one) is None]
            assert not unknown, f"{ran.command} makes a call that no scenario makes: {unknown}"


@pytest.mark.parametrize(
    "scenario", [one for one in SCENARIOS if one.asks_nobody], ids=lambda one: one.name
)
def test_what_needs_no_vendor_asks_none(scenario: Scenario, kinds: Kinds) -> None:
    assert kinds(scenario) == {}


@pytest.mark.parametrize(
    ("scenario", "block"),
    [
        pytest.param(scenario, block, id=f"{scenario.name}, block {block}")
        for index, scenario in enumerate(ASKING)
        for block in blocks_of(index)
    ],
)
def test_whatever_goes_wrong_with_a_call_the_books_agree_afterwards(
    scenario: Scenario,
    block: int,
    prepared: Callable[[Scenario], Prepared],
    kinds: Kinds,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    sent = kinds(scenario)
    cases = _cases(scenario, block, sent)
    failures = []
    for number, (trouble, name) in enumerate(cases):
        try:
            _meet(prepared(scenario), trouble, name, sent[name], tmp_path / f"{number}")
        except AssertionError as failure:
            failures.append(f"{scenario.name}, {name}, {trouble.name}: {failure}")
    record_property("fault cases", f"{len(cases)} {scenario.name}")
    assert cases
    assert not failures, "\n".join(failures)


def _cases(scenario: Scenario, block: int, sent: Iterable[str]) -> list[tuple[Trouble, str]]:
    """The block's faults, each with the kind of call that it meets; in a slice, some of them.

    Always the same ones, and mixed, so that blocks take equally long and a slice has of everything.
    """
    cases = [(one, name) for one in TROUBLES for name in sent if one.fits(KINDS[name])]
    random.Random(scenario.name).shuffle(cases)
    mine = cases[block::BLOCKS]
    return mine if is_whole() else mine[::THINNED]


def _on_a_good_day(prepared: Prepared, folder: Path) -> dict[str, int]:
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        prepared.begin(folder, monkeypatch) as project,
    ):
        called = project.call(*prepared.words)
        assert called.exit_code == 0, called.err
        return kinds_in(project.sandbox.requests())


def _meet(prepared: Prepared, trouble: Trouble, name: str, before: int, folder: Path) -> None:
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        prepared.begin(folder, monkeypatch) as project,
    ):
        if trouble.is_slow:
            monkeypatch.setenv("KAPSO_TWILIO_HTTP_TIMEOUT", "1")
        if trouble.is_late:
            project.answer("config", "set", "limits.settle_after", "1s")
        _arm(project, trouble, name, before)
        called = project.call(*prepared.words)
        scenario = prepared.scenario
        allowed = may_end(scenario.name, name, trouble)
        assert called.exit_code in allowed, f"exit {called.exit_code}: {called.err}"
        assert "Traceback" not in called.err
        project.sandbox.clear_faults()
        if trouble.is_late:
            time.sleep(LATE_MS / 1000 + 0.1)
        check_aftermath(project, scenario, prepared.words)


def _arm(project: ReadyProject, trouble: Trouble, name: str, before: int) -> None:
    """Let the first call of the kind be met; what shares its path and comes earlier passes."""
    kind = KINDS[name]
    where = {"method": kind.method, "path": f"^{kind.path}$"}
    if before:
        project.sandbox.fault(fault="delay", times=before, **where)
    project.sandbox.fault(**where, **trouble.details, times=trouble.times)
