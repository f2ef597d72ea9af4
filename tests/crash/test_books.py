"""The books see what they are there to see: each tampering is found, and a healthy day is not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.projects import ReadyProject

from .books import HandOuts, check_books
from .scenarios import SCENARIOS, Prepared, Scenario

TAMPERED: Mapping[str, tuple[str, str]] = {
    "a number that is not recorded": (
        "DELETE FROM numbers WHERE id = :ready",
        "is paid for and not recorded",
    ),
    "a number under another SID": (
        "UPDATE numbers SET sid = 'PN0' WHERE id = :ready",
        "the account does not hold it",
    ),
    "a purchase that is said not to have bought": (
        "UPDATE purchases SET state = 'not_bought'",
        "is not_bought, and was billed 1 times",
    ),
    "a purchase left open": (
        "UPDATE purchases SET state = 'open'",
        "is open, and nobody is at work on it",
    ),
    "two purchases for one ref": (
        "UPDATE purchases SET ref = 'a', pool = NULL",
        "numbers were bought for the ref a",
    ),
    "one id at Meta on two numbers": (
        (
            "UPDATE numbers SET preverified_id = "
            "(SELECT preverified_id FROM numbers WHERE id = :reserved) WHERE id = :ready"
        ),
        "is on two numbers",
    ),
    "an id that Meta does not know": (
        "UPDATE numbers SET preverified_id = '1' WHERE id = :ready",
        "Meta has no object 1",
    ),
    "a reservation on a number that is not reserved": (
        "UPDATE reservations SET number_id = :ready",
        "and its living reservation is a's",
    ),
    "a reserved number without a reservation": (
        "UPDATE reservations SET ended_at = '2026-11-22T00:00:00.000000Z'",
        "is reserved, and its living reservation is None's",
    ),
    "two reservations of one number at one time": (
        (
            "INSERT INTO reservations"
            " (ref, number_id, path, reason, country, reserved_at, reserved_until, ended_at)"
            " SELECT 'b', number_id, path, reason, country, reserved_at, reserved_until, '2099'"
            " FROM reservations"
        ),
        "held one number at the same time",
    ),
    "a state without its event": (
        "UPDATE numbers SET state = 'unavailable' WHERE id = :ready",
        "is unavailable, and its last event led to ready",
    ),
    "a verification that nobody goes on with": (
        "UPDATE numbers SET state = 'verifying' WHERE id = :ready",
        "is being verified, and nobody is at work on it",
    ),
}


@pytest.fixture
def project(
    prepared: Callable[[Scenario], Prepared], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ReadyProject]:
    """Two ready numbers, and one that the ref `a` holds."""
    (scenario,) = (one for one in SCENARIOS if one.name == "reservation cancel")
    with prepared(scenario).begin(tmp_path / "tampered", monkeypatch) as project:
        yield project


def test_on_a_healthy_day_the_books_agree(project: ReadyProject) -> None:
    check_books(project)


@pytest.mark.parametrize(("statement", "told"), TAMPERED.values(), ids=TAMPERED.keys())
def test_what_does_not_agree_is_told(project: ReadyProject, statement: str, told: str) -> None:
    ids = dict(project.rows("SELECT state, min(id) FROM numbers GROUP BY state"))
    with closing(sqlite3.connect(project.inventory)) as connection:
        connection.execute(statement, ids)
        connection.commit()
    with pytest.raises(AssertionError, match=told):
        check_books(project)


def test_a_second_purchase_under_one_label_is_told(project: ReadyProject) -> None:
    ((label,), *_) = project.rows("SELECT label FROM purchases")
    project.sandbox.buy_in_console("+14155550199", label)
    with pytest.raises(AssertionError, match="was billed 2 times"):
        check_books(project)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("limits.max_numbers", "2", "3 numbers are held, and the limit is 2"),
        ("limits.max_monthly_cost", "3.00", "a month is what they cost, and the limit is 3"),
        ("limits.max_purchases_per_day", "2", "3 were bought in a day, and the limit is 2"),
        ("limits.max_purchases_per_run", "1", "2 were bought in one run, and the limit is 1"),
        ("pools.US.target_size", "1", "the US pool holds 2 and 0 are coming: 1"),
    ],
)
def test_a_limit_that_was_passed_is_told(
    project: ReadyProject, key: str, value: str, told: str
) -> None:
    project.answer("config", "set", key, value)
    with pytest.raises(AssertionError, match=told):
        check_books(project)


def test_an_id_that_was_shown_to_two_refs_is_told(project: ReadyProject) -> None:
    hand_outs = HandOuts()
    hand_outs.look(project)
    with closing(sqlite3.connect(project.inventory)) as connection:
        connection.execute("UPDATE reservations SET ref = 'b'")
        connection.commit()
    with pytest.raises(AssertionError, match="was shown to a, and is b's now"):
        hand_outs.look(project)
