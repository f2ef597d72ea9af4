"""A restore brings the backup back, and loses no intent, no hand-out and no number made since."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from kapso_twilio_cli.domain.lifecycle import NumberEvent, NumberState
from kapso_twilio_cli.domain.purchase import PurchaseState
from kapso_twilio_cli.domain.standing import Standing
from kapso_twilio_cli.errors import StateError
from kapso_twilio_cli.inventory.mark import NAME
from kapso_twilio_cli.inventory.restore import restore
from kapso_twilio_cli.inventory.store import Session, create_inventory

from .restores import (
    AFTER,
    LATER,
    Change,
    backed_up,
    claims,
    found,
    holders,
    intends,
    moves,
    purchases,
    ready,
    request,
    restored,
    settles,
    states,
    write,
)
from .stores import (
    DAY,
    IDENTITY,
    NOW,
    add_ready,
    everything,
    intent,
    new_number,
    opened,
    past_the_program,
    phone,
)
from .test_upgrade import SCHEMAS, inventory_of


def test_a_restore_brings_back_what_was_lost_and_keeps_the_file_of_before(path: Path) -> None:
    write(path, ready(1), ready(2), claims("a", NOW))
    backup, before = backed_up(path), everything(path)
    with past_the_program(path) as connection:
        connection.execute("DELETE FROM reservations")
        connection.execute("UPDATE numbers SET state = 'ready'")
    present = everything(path)
    done = restored(path, backup)
    after = everything(path)
    for table in ("numbers", "purchases", "reservations", "identity"):
        assert after[table] == before[table]
    assert after["events"][:-1] == before["events"]
    assert after["events"][-1][4] == "inventory_restored"
    assert done.safety_backup is not None
    assert done.safety_backup.parent == path.parent / "backups"
    assert everything(done.safety_backup) == present
    assert done.kept.numbers == ()


def test_a_purchase_intent_made_since_is_kept(path: Path) -> None:
    write(path, intends(1))
    backup = backed_up(path)
    write(path, intends(2), intends(3), settles(3, PurchaseState.UNKNOWN))
    done = restored(path, backup)
    assert purchases(path) == {
        intent(1).id: "open",
        intent(2).id: "open",
        intent(3).id: "unknown",
    }
    assert done.kept.purchases == 2
    kinds = [row[4] for row in everything(path)["events"] if row[2] == intent(3).id]
    assert kinds == ["purchase_intended", "purchase_unknown"]


@pytest.mark.parametrize("state", [PurchaseState.BOUGHT, PurchaseState.NOT_BOUGHT])
def test_a_purchase_settled_since_stays_settled(path: Path, state: PurchaseState) -> None:
    write(path, intends(1))
    backup = backed_up(path)
    write(path, settles(1, state), ready(2))
    restored(path, backup)
    assert purchases(path) == {intent(1).id: state}
    assert phone(2) in states(path)
    if state is PurchaseState.BOUGHT:
        number = found(path, 1)
        assert (number.state, number.purchase_id) == (NumberState.PROVISIONED, intent(1).id)


def test_a_number_sold_to_nobody_may_be_intended_again(path: Path) -> None:
    """Its first purchase is settled in the present file alone, and a second one is open."""
    write(path, intends(1))
    backup = backed_up(path)
    write(path, settles(1, PurchaseState.NOT_BOUGHT), intends(8, phone_number=phone(1)))
    restored(path, backup)
    assert purchases(path) == {intent(1).id: "not_bought", intent(8).id: "open"}


def test_a_number_handed_out_since_stays_with_its_holder(path: Path) -> None:
    write(path, ready(1), ready(2))
    backup = backed_up(path)
    write(path, claims("a"), claims("b"), moves(2, NumberEvent.CONNECT))
    present = everything(path)
    done = restored(path, backup)
    assert holders(path) == {"a": phone(1), "b": phone(2)}
    assert states(path) == {phone(1): "reserved", phone(2): "connected"}
    assert done.kept.numbers == (phone(1), phone(2))
    numbers = everything(path)["numbers"]
    assert numbers == present["numbers"]
    kinds = [row[4] for row in everything(path)["events"] if row[1] == 2]
    assert kinds[-3:] == ["claim", "connect", "kept_in_restore"]


def test_what_was_kept_is_told_apart_by_what_the_backup_has_and_what_is_released(
    path: Path,
) -> None:
    write(path, ready(1), ready(2))
    backup = backed_up(path)
    write(path, claims("a"), moves(2, NumberEvent.RELEASE), ready(3))
    done = restored(path, backup)
    assert done.backup.numbers == 2
    assert done.kept.numbers == (phone(1), phone(2), phone(3))
    assert (done.kept.added, done.kept.released) == ((phone(3),), (phone(2),))
    assert done.result.numbers == 2


def test_a_reservation_ended_since_stays_ended(path: Path) -> None:
    write(path, ready(1), claims("a", NOW))
    backup = backed_up(path)
    write(path, moves(1, NumberEvent.CANCEL, ends=True))
    restored(path, backup)
    assert holders(path) == {}
    assert states(path) == {phone(1): "provisioned"}


def test_a_number_that_was_shown_to_somebody_since_is_not_ready_as_it_was(path: Path) -> None:
    """Whoever saw its Meta object could still claim that, after it went to another."""
    write(path, ready(1))
    backup = backed_up(path)
    write(path, claims("a"), moves(1, NumberEvent.CANCEL, ends=True))
    restored(path, backup)
    assert states(path) == {phone(1): "provisioned"}
    ((ref, ended),) = [(row[1], row[9]) for row in everything(path)["reservations"]]
    assert (ref, ended is not None) == ("a", True)


def test_a_ref_that_moved_on_to_another_number_holds_that_one_alone(path: Path) -> None:
    write(path, ready(1), ready(2), claims("a", NOW))
    backup = backed_up(path)
    write(path, moves(1, NumberEvent.CANCEL, ends=True), claims("a"))
    done = restored(path, backup)
    assert holders(path) == {"a": phone(2)}
    assert done.notes == ()


def test_a_number_that_was_handed_from_one_to_another_has_the_last_holder(path: Path) -> None:
    write(path, ready(1), claims("a", NOW))
    backup = backed_up(path)

    def verified_again(tx: Session) -> None:
        number = tx.numbers.find(phone(1))
        assert number is not None
        number = tx.numbers.apply(number, NumberEvent.BEGIN_VERIFICATION, LATER)
        tx.numbers.apply(number, NumberEvent.VERIFIED, LATER)

    write(path, moves(1, NumberEvent.CANCEL, ends=True), verified_again, claims("b"))
    restored(path, backup)
    assert holders(path) == {"b": phone(1)}
    refs = [(row[1], row[9] is None) for row in everything(path)["reservations"]]
    assert sorted(refs) == [("a", False), ("b", True)]


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (NumberEvent.CONNECT, "connected"),
        (NumberEvent.RETIRE, "unavailable"),
        (NumberEvent.OBJECT_GONE, "quarantined"),
        (NumberEvent.VANISH, "missing"),
        (NumberEvent.RELEASE, "released"),
    ],
)
def test_what_bars_a_number_since_bars_it_still(path: Path, event: NumberEvent, state: str) -> None:
    write(path, ready(1))
    backup = backed_up(path)
    write(path, moves(1, event))
    restored(path, backup)
    assert states(path) == {phone(1): state}


def test_a_release_asked_for_since_is_still_asked_for(path: Path) -> None:
    write(path, ready(1))
    backup = backed_up(path)

    def ask(tx: Session) -> None:
        number = tx.numbers.find(phone(1))
        assert number is not None
        facts = replace(number.facts, release_requested_at=LATER)
        tx.numbers.save(replace(number, facts=facts), "release_requested", LATER)

    write(path, ask)
    restored(path, backup)
    assert found(path, 1).facts.release_requested_at == LATER


def test_a_number_that_merely_advanced_is_as_the_backup_has_it(path: Path) -> None:
    write(path, lambda tx: tx.numbers.add(new_number(1), NumberEvent.BOUGHT, NOW))
    backup = backed_up(path)
    write(path, moves(1, NumberEvent.BEGIN_VERIFICATION))
    done = restored(path, backup)
    assert states(path) == {phone(1): "provisioned"}
    assert done.kept.numbers == ()


def test_a_number_bought_again_under_another_sid_is_there_once(path: Path) -> None:
    write(path, ready(1))
    backup = backed_up(path)
    write(
        path,
        moves(1, NumberEvent.RELEASE),
        lambda tx: tx.numbers.add(new_number(1, sid="PN-again"), NumberEvent.IMPORTED, LATER),
    )
    restored(path, backup)
    with past_the_program(path) as connection:
        rows = connection.execute("SELECT sid, state FROM numbers ORDER BY id").fetchall()
    assert rows == [(new_number(1).sid, "released"), ("PN-again", "provisioned")]


def test_a_state_changed_past_the_program_is_not_taken_over(path: Path) -> None:
    write(path, ready(1))
    backup = backed_up(path)
    write(path, claims("a"))
    with past_the_program(path) as connection:
        connection.execute("UPDATE numbers SET state = 'ready'")
    restored(path, backup)
    assert states(path) == {phone(1): "reserved"}
    assert holders(path) == {"a": phone(1)}


def test_a_number_whose_reservation_was_deleted_stays_out_of_others_hands(path: Path) -> None:
    write(path, ready(1))
    backup = backed_up(path)
    write(path, claims("a"))
    with past_the_program(path) as connection:
        connection.execute("DELETE FROM reservations")
    done = restored(path, backup)
    assert holders(path) == {"unknown~1": phone(1)}
    assert done.notes == (f"{phone(1)} is reserved, and not known for whom",)


def test_a_bought_purchase_whose_sid_was_deleted_is_unknown_again(path: Path) -> None:
    backup = backed_up(path)
    write(path, intends(1))
    with past_the_program(path) as connection:
        connection.execute("UPDATE purchases SET state = 'bought'")
    restored(path, backup)
    assert purchases(path) == {intent(1).id: "unknown"}


def test_the_note_beside_the_file_agrees_with_what_was_restored(path: Path) -> None:
    write(path, ready(1))
    backup = backed_up(path)
    write(
        path, *[moves(1, event) for event in (NumberEvent.LAPSED, NumberEvent.BEGIN_VERIFICATION)]
    )
    restored(path, backup)
    newest = len(everything(path)["events"])
    assert path.with_name(NAME).read_text() == f"{IDENTITY.installation} {newest}\n"
    write(path, lambda tx: tx.standing.become(Standing.HOME, AFTER))
    with opened(path) as inventory:
        assert inventory.footing().standing is Standing.HOME


def test_a_backup_of_a_restored_inventory_says_what_it_was_restored_from(path: Path) -> None:
    backup = backed_up(path)
    restored(path, backup)
    second = backed_up(path, "second.db")
    restored(path, second)


def test_an_older_backup_is_migrated_in_a_copy(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    backup = inventory_of(SCHEMAS / "v1.sql", old)
    path = tmp_path / "data" / "inventory.db"
    create_inventory(path, IDENTITY)
    before = backup.read_bytes()
    done = restored(path, backup)
    assert done.backup.numbers == 1
    assert backup.read_bytes() == before
    assert [one.name for one in old.iterdir()] == ["inventory.db"]
    assert holders(path) == {"signup-0": phone(1)}


def test_an_old_present_inventory_is_read_as_well(tmp_path: Path) -> None:
    path = inventory_of(SCHEMAS / "v1.sql", tmp_path)
    new = tmp_path / "new" / "inventory.db"
    create_inventory(new, IDENTITY)
    done = restored(path, backed_up(new))
    assert done.kept.numbers == (phone(1),)
    assert holders(path) == {"signup-0": phone(1)}


def another(path: Path, *changes: Change) -> None:
    """Put a new inventory in the place of the lost one."""
    path.unlink()
    create_inventory(path, replace(IDENTITY, installation="another2"))
    write(path, *changes)


def adopts(index: int) -> Change:
    return lambda tx: tx.numbers.add(new_number(index), NumberEvent.ADOPTED, LATER)


def test_the_backups_installation_stays_and_it_is_said(path: Path) -> None:
    write(path, ready(1), claims("a", NOW))
    backup = backed_up(path)
    another(path, intends(7), ready(2))
    done = restored(path, backup)
    with opened(path) as inventory:
        assert inventory.identity.installation == IDENTITY.installation
    assert any("another2" in note for note in done.notes)
    assert states(path) == {phone(1): "reserved", phone(2): "ready"}
    assert purchases(path) == {intent(7).id: "open"}


def test_a_reservation_that_the_backup_alone_knows_is_not_lost(path: Path) -> None:
    write(path, ready(1), claims("a", NOW))
    backup = backed_up(path)
    another(path, adopts(1))
    restored(path, backup)
    assert holders(path) == {"a": phone(1)}
    assert states(path) == {phone(1): "reserved"}


def test_of_two_holders_the_present_one_goes_on(path: Path) -> None:
    write(path, ready(1), claims("a", NOW))
    backup = backed_up(path)
    another(path, ready(1), claims("b"))
    done = restored(path, backup)
    assert holders(path) == {"b": phone(1)}
    assert f"a does not hold {phone(1)} any more" in done.notes


def test_a_number_that_another_installation_bought_again_is_there_once(path: Path) -> None:
    write(path, ready(1), claims("a", NOW))
    backup = backed_up(path)
    another(path, lambda tx: add_ready(tx, 1, NOW + 30 * DAY, sid="PN-again"), claims("b"))
    done = restored(path, backup)
    with past_the_program(path) as connection:
        rows = connection.execute("SELECT sid, state FROM numbers ORDER BY state").fetchall()
    assert rows == [(new_number(1).sid, "released"), ("PN-again", "reserved")]
    assert holders(path) == {"b": phone(1)}
    assert f"a does not hold {phone(1)} any more" in done.notes


def test_a_ref_with_a_number_in_each_keeps_both_out_of_others_hands(path: Path) -> None:
    write(path, ready(1), claims("a", NOW))
    backup = backed_up(path)
    another(path, ready(2), claims("a"))
    done = restored(path, backup)
    assert holders(path) == {"a": phone(2), "a~1": phone(1)}
    assert "a holds two numbers: one under the ref a~1" in done.notes


def test_intents_for_one_number_in_each_are_settled_first(path: Path) -> None:
    write(path, intends(1))
    backup = backed_up(path)
    another(path, intends(8, phone_number=phone(1)))
    before = everything(path)
    with pytest.raises(StateError, match="cannot be joined") as caught:
        restore(request(path, backup))
    assert "kapso-twilio reconcile --no-fill" in (caught.value.hint or "")
    assert everything(path) == before


def test_a_newer_backup_over_an_old_copy_loses_nothing_of_either(path: Path) -> None:
    write(path, ready(1), ready(2), ready(3))
    old = backed_up(path, "old.db")
    write(path, claims("a"), moves(3, NumberEvent.RETIRE))
    newer = backed_up(path, "newer.db")
    shutil.copy(old, path)
    write(path, moves(2, NumberEvent.RETIRE), intends(5))
    restored(path, newer)
    assert holders(path) == {"a": phone(1)}
    assert states(path) == {
        phone(1): "reserved",
        phone(2): "unavailable",
        phone(3): "unavailable",
    }
    assert purchases(path) == {intent(5).id: "open"}
