"""What must hold after an accident, once `reconcile` has had its turn."""

from __future__ import annotations

from tests.projects import ReadyProject

from .books import HandOuts, check_books
from .scenarios import Scenario, reconcile_until_quiet


def check_aftermath(project: ReadyProject, scenario: Scenario, words: tuple[str, ...]) -> None:
    """Reconcile, compare, run the command again, compare, hand out one more, compare."""
    hand_outs = HandOuts()
    hand_outs.look(project)
    reconcile_until_quiet(project, *scenario.mended_by)
    hand_outs.look(project)
    _check(project, scenario, scenario.bought)
    again = project.call(*words)
    assert again.exit_code in scenario.again, again.err
    reconcile_until_quiet(project)
    hand_outs.look(project)
    _check(project, scenario, scenario.bought + scenario.bought_again)
    other = project.call("resolve", "--country", "US", "--ref", "another", "--no-provision")
    assert other.exit_code in (0, 8), other.err
    hand_outs.look(project)
    check_books(project, surplus=scenario.surplus)


def _check(project: ReadyProject, scenario: Scenario, at_most: int) -> None:
    check_books(project, surplus=scenario.surplus)
    bought = project.bought()
    assert len(bought) <= at_most, f"{len(bought)} numbers were bought: {bought}"
    for pool in project.answer("status")["pools"] if scenario.is_full else ():
        assert pool["shortfall"] == 0, f"the pool is not full: {pool}"
