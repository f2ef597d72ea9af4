"""The life of a number, held against the promised table: every state with every event."""

from __future__ import annotations

import itertools

import pytest

from kapso_twilio_cli.domain.lifecycle import (
    ENTRIES,
    TRANSITIONS,
    NumberEvent,
    NumberState,
    next_state,
    state_when_found,
)
from kapso_twilio_cli.errors import StateError

# The table of the interface, as it stands there.
PROMISED = """
provisioned | begin_verification → verifying; reserve_live → reserved; connect → connected
provisioned | retire → unavailable
verifying | verified → ready; attempt_failed, interrupted → provisioned; give_up → quarantined
ready | claim → reserved; lapsed → provisioned; object_gone → quarantined; connect → connected
ready | retire → unavailable
reserved | connect → connected; expire, cancel → provisioned
connected | disconnect_return → provisioned; disconnect_retire → unavailable
unavailable | reinstate → provisioned
quarantined | retry → verifying; clear → provisioned; retire → unavailable
"""
PROMISED_ENTRIES = "bought, imported → provisioned; bought_for_ref → reserved; \
adopted → quarantined; adopted_connected → connected"

SEEN_CONNECTED_FROM = set(NumberState) - {"connected", "missing", "released"}
VANISH_FROM = set(NumberState) - {"missing", "released"}
RELEASE_FROM = {"provisioned", "ready", "unavailable", "quarantined", "missing"}

SUBJECT = "+14155550123"


def moves(text: str) -> dict[str, str]:
    """Read `a, b → c; d → e`."""
    read = {}
    for move in text.split(";"):
        events, state = move.split("→")
        read.update({event.strip(): state.strip() for event in events.split(",")})
    return read


def promised() -> dict[tuple[str, str], str]:
    """Give (state, event) → state, all that is promised but `found`."""
    table = {
        (row.split("|")[0].strip(), event): state
        for row in PROMISED.strip().splitlines()
        for event, state in moves(row.split("|")[1]).items()
    }
    table |= {(str(state), "seen_connected"): "connected" for state in SEEN_CONNECTED_FROM}
    table |= {(str(state), "vanish"): "missing" for state in VANISH_FROM}
    return table | {(state, "release"): "released" for state in RELEASE_FROM}


ALLOWED = promised()
EVERYTHING = list(itertools.product(NumberState, NumberEvent))


@pytest.mark.parametrize(("state", "event"), EVERYTHING)
def test_every_event_does_in_every_state_what_the_interface_says(
    state: NumberState, event: NumberEvent
) -> None:
    after = ALLOWED.get((state, event))
    if after is not None:
        assert next_state(state, event, subject=SUBJECT) == after
        return
    with pytest.raises(StateError) as caught:
        next_state(state, event, subject=SUBJECT)
    error = caught.value
    assert error.exit_code == 3
    assert error.message.startswith(f"{SUBJECT} is {state};")
    assert error.reason
    assert error.hint


def test_the_table_holds_nothing_that_is_not_promised() -> None:
    held = {
        (str(s), str(e)): str(after) for s, row in TRANSITIONS.items() for e, after in row.items()
    }
    assert held == ALLOWED


def test_every_state_has_a_row() -> None:
    assert set(TRANSITIONS) == set(NumberState)


def test_numbers_enter_in_the_promised_states() -> None:
    assert {str(event): str(state) for event, state in ENTRIES.items()} == moves(PROMISED_ENTRIES)


def test_an_entry_is_no_move_of_a_number_that_is_there() -> None:
    assert not any(event in row for row in TRANSITIONS.values() for event in ENTRIES)


def test_nothing_leaves_released() -> None:
    assert TRANSITIONS[NumberState.RELEASED] == {}


@pytest.mark.parametrize("before", sorted(VANISH_FROM))
def test_a_found_number_has_the_state_it_had_but_is_verified_anew(before: NumberState) -> None:
    unverified = {NumberState.VERIFYING, NumberState.READY}
    expected = NumberState.PROVISIONED if before in unverified else before
    assert state_when_found(before) is expected


@pytest.mark.parametrize(
    ("state", "event", "command"),
    [
        ("reserved", "release", f"kapso-twilio reservation cancel {SUBJECT}"),
        ("reserved", "claim", f"kapso-twilio connect {SUBJECT}"),
        ("connected", "retire", f"kapso-twilio disconnect {SUBJECT}"),
        ("unavailable", "claim", f"kapso-twilio number add-to-pool {SUBJECT} --force"),
        ("quarantined", "claim", f"kapso-twilio number verify {SUBJECT} --force"),
        ("missing", "connect", "kapso-twilio reconcile"),
        ("released", "connect", f"kapso-twilio number show {SUBJECT}"),
    ],
)
def test_a_refusal_names_the_command_that_fits_the_state(
    state: str, event: str, command: str
) -> None:
    with pytest.raises(StateError) as caught:
        next_state(NumberState(state), NumberEvent(event), subject=SUBJECT)
    assert caught.value.hint is not None
    assert command in caught.value.hint


@pytest.mark.parametrize(("state", "event"), [p for p in EVERYTHING if p not in ALLOWED])
def test_a_refusal_names_the_numbers_that_allow_it(state: NumberState, event: NumberEvent) -> None:
    with pytest.raises(StateError) as caught:
        next_state(state, event, subject=SUBJECT)
    allowing = {before for (before, known) in ALLOWED if known == event}
    if event is NumberEvent.FOUND:
        allowing = {"missing"}
    if event in ENTRIES:
        allowing = {"new"}
    words = (caught.value.reason or "").replace(",", " ").split()
    assert set(words) & {*NumberState, "new"} == allowing
