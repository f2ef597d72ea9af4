"""`problems_of` finds what was changed past the program, and is quick about it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kapso_twilio_cli.domain.lifecycle import NumberEvent
from kapso_twilio_cli.domain.number import Number
from kapso_twilio_cli.domain.purchase import PurchaseState
from kapso_twilio_cli.inventory.contents import problems_of
from kapso_twilio_cli.inventory.store import Inventory, Session

from .stores import DAY, NOW, US, add_ready, hold, intent, new_number, opened, past_the_program

MANY = 100_000
LONG_SECONDS = 20.0
"""It takes about two on an idle machine; the point is that nothing in it is quadratic."""
ENTERED_PAST_THE_PROGRAM = """
    INSERT INTO numbers SELECT 77, '+14155559999', 'PN77', country, number_type, price_millionths,
        currency, NULL, bought_at, state, reason, label, can_receive_sms, pool, preverified_id,
        verification_expiry_time, code_requested_at, verification_failures, next_attempt_at,
        updated_at, version, release_requested_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL
        FROM numbers WHERE state = 'ready'
"""


def claim(tx: Session, ref: str) -> Number:
    """Hand a number of the pool out."""
    claimed = tx.numbers.claim(US, NOW + DAY, NOW)
    assert claimed is not None
    tx.reservations.add(hold(ref), claimed, NOW)
    return claimed


def live_a_little(inventory: Inventory) -> None:
    """A number held, one connected with a reservation, one bought, one that is ready."""
    with inventory.write() as tx:
        for index in range(3):
            add_ready(tx, index, NOW + 30 * DAY)
        claim(tx, "a")
        claimed = claim(tx, "b")
        tx.numbers.apply(claimed, NumberEvent.CONNECT, NOW)
        purchase = intent(9)
        tx.purchases.add(purchase)
        tx.purchases.settle(purchase, PurchaseState.BOUGHT, NOW, sid="PN9")
        tx.numbers.add(new_number(9, sid="PN9", purchase_id=purchase.id), NumberEvent.BOUGHT, NOW)


def test_what_the_program_does_is_no_contradiction(path: Path, inventory: Inventory) -> None:
    live_a_little(inventory)
    assert problems_of(path) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            "UPDATE numbers SET state = 'ready' WHERE state = 'connected'",
            "is ready, and its last event made it connected",
        ),
        (
            ENTERED_PAST_THE_PROGRAM,
            "+14155559999 is ready, and its last event made it nothing",
        ),
        (
            "DELETE FROM reservations WHERE ref = 'a'",
            "+14155550000 is reserved, and not for exactly one onboarding",
        ),
        (
            "UPDATE reservations SET number_id = 3 WHERE ref = 'a'",
            "+14155550002 is ready, and a holds it",
        ),
        ("UPDATE purchases SET sid = ''", "+14155550009 is bought, and names no SID"),
        ("DROP INDEX one_number_a_ref", "the index one_number_a_ref is missing"),
        ("DROP TRIGGER events_are_not_deleted", "the trigger events_are_not_deleted is missing"),
        ("PRAGMA user_version = 1", "its schema is version 1, this program's is"),
        ("DELETE FROM numbers WHERE id = 1", "a row of events refers to a row that is not there"),
    ],
)
def test_what_was_changed_past_the_program_is_found(
    path: Path, inventory: Inventory, change: str, found: str
) -> None:
    live_a_little(inventory)
    with past_the_program(path) as connection:
        connection.execute(change)
    assert any(found in problem for problem in problems_of(path)), problems_of(path)


def test_who_checks_does_not_keep_others_from_writing(path: Path) -> None:
    with opened(path) as inventory, inventory.write() as tx:
        assert problems_of(path) == []
        tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW)


def test_a_hundred_thousand_numbers_are_checked_in_little_time(path: Path) -> None:
    with opened(path) as inventory, inventory.write() as tx:
        add_ready(tx, 1, NOW + DAY)
    with past_the_program(path) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(numbers)")]
        changed = {
            "id": "n",
            "phone_number": "'+1' || (2000000000 + n)",
            "sid": "printf('PN%032d', n)",
        }
        values = ", ".join(changed.get(name, name) for name in columns)
        counting = "WITH RECURSIVE counting (n) AS (VALUES (2) UNION ALL SELECT n + 1 FROM"
        connection.execute(
            f"{counting} counting WHERE n < {MANY}) INSERT INTO numbers SELECT {values}"  # noqa: S608
            " FROM counting, numbers WHERE id = 1"
        )
        connection.execute(
            "INSERT INTO events (number_id, at, kind, from_state, to_state, run_id, host)"
            " SELECT numbers.id, at, kind, from_state, to_state, run_id, host"
            " FROM numbers, events WHERE number_id = 1 AND numbers.id > 1"
        )
        connection.execute(f"UPDATE numbers SET state = 'connected' WHERE id = {MANY}")  # noqa: S608
    began = time.monotonic()
    problems = problems_of(path)
    assert time.monotonic() - began < LONG_SECONDS
    assert len(problems) == 1
    assert "is connected, and its last event made it ready" in problems[0]
