"""The table and the store, driven side by side through whatever may happen to numbers."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace

from kapso_twilio_cli.domain.lifecycle import (
    ENTRIES,
    TRANSITIONS,
    NumberEvent,
    NumberState,
    next_state,
)
from kapso_twilio_cli.domain.number import Number
from kapso_twilio_cli.errors import Locked, StateError
from kapso_twilio_cli.inventory.connection import integrity_problems
from kapso_twilio_cli.inventory.journal import Journal
from kapso_twilio_cli.inventory.store import Inventory

from .stores import DAY, NOW, US, make_inventory, new_number

PHONES = 5
INDEXES = st.integers(0, PHONES - 1)
ENTERING = sorted(ENTRIES)
MOVES = sorted(set(NumberEvent) - set(ENTRIES))


class Life(RuleBasedStateMachine):
    """A handful of numbers; the model knows each one's state by the table alone."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = make_inventory(Path(self.folder.name) / "inventory.db")
        self.inventory = Inventory(self.path, Journal("run", "here"))
        self.states: dict[int, NumberState] = {}
        self.read: dict[int, Number] = {}
        self.stale: dict[int, Number] = {}
        self.events = 0
        self.entered = 0

    def teardown(self) -> None:
        self.inventory.close()
        assert integrity_problems(self.path) == []
        self.folder.cleanup()

    def is_living(self, index: int) -> bool:
        return self.states.get(index, NumberState.RELEASED) is not NumberState.RELEASED

    def keep(self, index: int, number: Number) -> None:
        if index in self.read:
            self.stale[index] = self.read[index]
        self.read[index] = number
        self.events += 1

    @rule(index=INDEXES, event=st.sampled_from(ENTERING))
    def enter(self, index: int, event: NumberEvent) -> None:
        if self.is_living(index):
            return
        self.entered += 1
        new = new_number(index, sid=f"PN{self.entered:032d}")
        facts = replace(
            new.facts,
            preverified_id=f"id {self.entered}",
            verification_expiry_time=NOW + self.entered * DAY,
        )
        with self.inventory.write() as tx:
            number = tx.numbers.add(replace(new, facts=facts), event, NOW)
        self.stale.pop(index, None)
        self.read.pop(index, None)
        self.states[index] = ENTRIES[event]
        self.keep(index, number)

    @precondition(lambda self: self.states)
    @rule(data=st.data(), event=st.sampled_from(MOVES))
    def anything_happens(self, data: st.DataObject, event: NumberEvent) -> None:
        index = data.draw(st.sampled_from(sorted(self.states)))
        state = self.states[index]
        try:
            after = next_state(state, event, subject="it")
        except StateError:
            assert event not in TRANSITIONS[state]
            with pytest.raises(StateError), self.inventory.write() as tx:
                tx.numbers.apply(self.read[index], event, NOW)
            return
        with self.inventory.write() as tx:
            number = tx.numbers.apply(self.read[index], event, NOW)
        self.states[index] = after
        self.keep(index, number)

    @precondition(lambda self: self.states)
    @rule(data=st.data())
    def what_the_table_allows_happens(self, data: st.DataObject) -> None:
        """Most events are errors in most states; this one walks far."""
        able = [index for index, state in sorted(self.states.items()) if TRANSITIONS[state]]
        if not able:
            return
        index = data.draw(st.sampled_from(able))
        event = data.draw(st.sampled_from(sorted(TRANSITIONS[self.states[index]])))
        with self.inventory.write() as tx:
            number = tx.numbers.apply(self.read[index], event, NOW)
        self.states[index] = TRANSITIONS[self.states[index]][event]
        self.keep(index, number)

    @precondition(lambda self: self.stale)
    @rule(data=st.data(), event=st.sampled_from(MOVES))
    def somebody_was_quicker(self, data: st.DataObject, event: NumberEvent) -> None:
        stale = self.stale[data.draw(st.sampled_from(sorted(self.stale)))]
        with pytest.raises((StateError, Locked)), self.inventory.write() as tx:
            tx.numbers.apply(stale, event, NOW)

    @rule(days=st.integers(0, 30))
    def claim(self, days: int) -> None:
        lasting = [
            (number.facts.verification_expiry_time, index)
            for index, number in self.read.items()
            if self.states[index] is NumberState.READY
            and number.facts.verification_expiry_time is not None
            and number.facts.verification_expiry_time >= NOW + days * DAY
        ]
        with self.inventory.write() as tx:
            claimed = tx.numbers.claim(US, NOW + days * DAY, NOW)
        if not lasting:
            assert claimed is None
            return
        _, index = min(lasting)
        assert claimed is not None
        assert claimed.phone_number == self.read[index].phone_number
        self.states[index] = TRANSITIONS[NumberState.READY][NumberEvent.CLAIM]
        self.keep(index, claimed)

    @invariant()
    def the_store_holds_what_the_table_says(self) -> None:
        with self.inventory.read() as session:
            for index, state in self.states.items():
                held = session.numbers.get(self.read[index].id)
                assert held == self.read[index]
                assert held.state is state
            recorded = sum(
                len(session.events.of_number(number_id + 1)) for number_id in range(self.entered)
            )
        assert recorded == self.events


Life.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestTableAndStoreAgree = Life.TestCase
