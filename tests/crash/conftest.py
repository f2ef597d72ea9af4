"""What the matrices share: each scenario is arranged once a process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .scenarios import Prepared, Scenario, prepare


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Scenario], Prepared]:
    """A function that gives a scenario, arranged."""
    known: dict[str, Prepared] = {}

    def get(scenario: Scenario) -> Prepared:
        if scenario.name not in known:
            folder = tmp_path_factory.mktemp("scenario") / "arranged"
            known[scenario.name] = prepare(scenario, folder)
        return known[scenario.name]

    return get
