"""The crash matrix: every command, killed at every point.

A seventh of the points is run by `make test`, all of them by `make crash`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from .aftermath import check_aftermath
from .matrix import BLOCKS, blocks_of
from .scenarios import SCENARIOS, Prepared, Scenario, run_dying, was_killed


@pytest.mark.parametrize(
    ("scenario", "block"),
    [
        pytest.param(scenario, block, id=f"{scenario.name}, block {block}")
        for index, scenario in enumerate(SCENARIOS)
        for block in blocks_of(index)
    ],
)
def test_killed_at_any_point_nothing_is_lost_bought_twice_or_handed_out_twice(
    scenario: Scenario,
    block: int,
    prepared: Callable[[Scenario], Prepared],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    points = 0
    for point in count(block + 1, BLOCKS):
        if not _killed_at(prepared(scenario), point, tmp_path / f"{point}"):
            break
        points += 1
    record_property("crash points", f"{points} {scenario.name}")


def _killed_at(prepared: Prepared, point: int, folder: Path) -> bool:
    """Play one point; False when the command ended before it came to it."""
    scenario, words = prepared.scenario, prepared.words
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        prepared.begin(folder, monkeypatch) as project,
    ):
        called = run_dying(project, point, *words)
        if not was_killed(called):
            assert called.exit_code == 0, called.err
            return False
        try:
            check_aftermath(project, scenario, words)
        except AssertionError as error:
            raise AssertionError(f"{' '.join(words)}, killed at point {point}: {error}") from error
    return True
