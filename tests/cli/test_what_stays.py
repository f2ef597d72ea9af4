"""Settings that use fewer numbers release none, and say what stays and what it costs."""

from __future__ import annotations

from tests.projects import ReadyProject


def said(project: ReadyProject, *words: str) -> str:
    called = project.call(*words)
    assert called.exit_code == 0, called.err
    assert not [one for one in project.sandbox.ledger() if one["kind"] == "release"]
    return called.err


def test_above_a_lower_target(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    assert said(project, "pool", "set", "US", "--target-size", "1") == (
        "1 ready number above the target stays, for 1.15 USD a month:"
        " kapso-twilio pool trim US --confirm US:1\n"
    )
    assert said(project, "pool", "set", "US", "--target-size", "0", "--dry-run") == (
        "2 ready numbers above the target stay, for 2.30 USD a month:"
        " kapso-twilio pool trim US --confirm US:2\n"
    )


def test_nothing_is_said_where_nothing_is_above(project: ReadyProject) -> None:
    assert said(project, "pool", "set", "US", "--target-size", "1") == ""


def test_of_a_disabled_pool(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    assert said(project, "pool", "set", "US", "--disable") == (
        "no number is released: 2 numbers of the pool stay, for 2.30 USD a month; none is handed"
        " out or replaced\n"
    )


def test_of_a_pool_without_numbers(project: ReadyProject) -> None:
    assert said(project, "pool", "set", "US", "--disable") == (
        "the pool has no numbers, and gets none\n"
    )
    assert said(project, "pool", "remove", "US") == "the pool had no numbers\n"


def test_of_a_removed_pool(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("resolve", "--ref", "a")
    assert said(project, "pool", "remove", "US") == (
        "no number was released: 2 numbers of the pool stay, for 2.30 USD a month; to release"
        " those that are ready: kapso-twilio pool trim US --confirm US:1\n"
    )


def test_in_a_country_that_is_not_allowed_any_more(project: ReadyProject) -> None:
    project.answer("provision", "--country", "CL", "--yes")
    assert said(project, "country", "disallow", "CL") == (
        "1 number there stays, for 2.50 USD a month: kapso-twilio number list --country CL\n"
    )
    assert said(project, "country", "disallow", "GB") == ""


def test_of_a_project_that_is_switched_off(project: ReadyProject) -> None:
    project.answer("pool", "fill")
    project.answer("provision", "--country", "CL", "--yes")
    words = "nothing is bought or handed out while it is off; "
    assert said(project, "disable") == (
        f"{words}no number was released: 3 numbers stay, for 4.80 USD a month\n"
    )


def test_without_an_inventory_it_says_less(project: ReadyProject) -> None:
    project.inventory.unlink()
    assert "no number is released" in said(project, "pool", "set", "US", "--target-size", "1")
    assert "no number is released" in said(project, "pool", "set", "US", "--disable")
    assert "no number was released" in said(project, "pool", "remove", "US")
    assert said(project, "country", "disallow", "CL") == ""
    assert "no number was released" in said(project, "disable")
