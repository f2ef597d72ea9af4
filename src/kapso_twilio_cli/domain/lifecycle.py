"""The life of a number: its states, the events that move it, and nothing else.

`TRANSITIONS` is the only door to a state change. An event that a state does not list is an
error and changes nothing. Pool membership, reservation and verification lease are facts beside
the state, not states of their own.
"""

from __future__ import annotations

from enum import StrEnum

from ..errors import StateError


class NumberState(StrEnum):
    """Where a number stands."""

    PROVISIONED = "provisioned"
    VERIFYING = "verifying"
    READY = "ready"
    RESERVED = "reserved"
    CONNECTED = "connected"
    UNAVAILABLE = "unavailable"
    QUARANTINED = "quarantined"
    MISSING = "missing"
    RELEASED = "released"


class NumberEvent(StrEnum):
    """What happens to a number."""

    # A number enters the inventory.
    BOUGHT = "bought"
    BOUGHT_FOR_REF = "bought_for_ref"
    IMPORTED = "imported"
    ADOPTED = "adopted"
    ADOPTED_CONNECTED = "adopted_connected"
    # Verification at Meta.
    BEGIN_VERIFICATION = "begin_verification"
    VERIFIED = "verified"
    ATTEMPT_FAILED = "attempt_failed"
    INTERRUPTED = "interrupted"
    GIVE_UP = "give_up"
    RETRY = "retry"
    LAPSED = "lapsed"
    OBJECT_GONE = "object_gone"
    # Hand-out and its ends.
    CLAIM = "claim"
    RESERVE_LIVE = "reserve_live"
    EXPIRE = "expire"
    CANCEL = "cancel"
    CONNECT = "connect"
    SEEN_CONNECTED = "seen_connected"
    DISCONNECT_RETURN = "disconnect_return"
    DISCONNECT_RETIRE = "disconnect_retire"
    # A person's decisions.
    RETIRE = "retire"
    REINSTATE = "reinstate"
    CLEAR = "clear"
    RELEASE = "release"
    # The account.
    VANISH = "vanish"
    FOUND = "found"


_S = NumberState
_E = NumberEvent

ENTRIES: dict[NumberEvent, NumberState] = {
    _E.BOUGHT: _S.PROVISIONED,
    _E.IMPORTED: _S.PROVISIONED,
    _E.BOUGHT_FOR_REF: _S.RESERVED,
    _E.ADOPTED: _S.QUARANTINED,
    _E.ADOPTED_CONNECTED: _S.CONNECTED,
}
"""The state in which a number enters the inventory."""

TRANSITIONS: dict[NumberState, dict[NumberEvent, NumberState]] = {
    _S.PROVISIONED: {
        _E.BEGIN_VERIFICATION: _S.VERIFYING,
        _E.RESERVE_LIVE: _S.RESERVED,
        _E.CONNECT: _S.CONNECTED,
        _E.RETIRE: _S.UNAVAILABLE,
        _E.SEEN_CONNECTED: _S.CONNECTED,
        _E.VANISH: _S.MISSING,
        _E.RELEASE: _S.RELEASED,
    },
    _S.VERIFYING: {
        _E.VERIFIED: _S.READY,
        _E.ATTEMPT_FAILED: _S.PROVISIONED,
        _E.INTERRUPTED: _S.PROVISIONED,
        _E.GIVE_UP: _S.QUARANTINED,
        _E.SEEN_CONNECTED: _S.CONNECTED,
        _E.VANISH: _S.MISSING,
    },
    _S.READY: {
        _E.CLAIM: _S.RESERVED,
        _E.LAPSED: _S.PROVISIONED,
        _E.OBJECT_GONE: _S.QUARANTINED,
        _E.CONNECT: _S.CONNECTED,
        _E.RETIRE: _S.UNAVAILABLE,
        _E.SEEN_CONNECTED: _S.CONNECTED,
        _E.VANISH: _S.MISSING,
        _E.RELEASE: _S.RELEASED,
    },
    _S.RESERVED: {
        _E.CONNECT: _S.CONNECTED,
        _E.EXPIRE: _S.PROVISIONED,
        _E.CANCEL: _S.PROVISIONED,
        _E.SEEN_CONNECTED: _S.CONNECTED,
        _E.VANISH: _S.MISSING,
    },
    _S.CONNECTED: {
        _E.DISCONNECT_RETURN: _S.PROVISIONED,
        _E.DISCONNECT_RETIRE: _S.UNAVAILABLE,
        _E.VANISH: _S.MISSING,
    },
    _S.UNAVAILABLE: {
        _E.REINSTATE: _S.PROVISIONED,
        _E.SEEN_CONNECTED: _S.CONNECTED,
        _E.VANISH: _S.MISSING,
        _E.RELEASE: _S.RELEASED,
    },
    _S.QUARANTINED: {
        _E.RETRY: _S.VERIFYING,
        _E.CLEAR: _S.PROVISIONED,
        _E.RETIRE: _S.UNAVAILABLE,
        _E.SEEN_CONNECTED: _S.CONNECTED,
        _E.VANISH: _S.MISSING,
        _E.RELEASE: _S.RELEASED,
    },
    _S.MISSING: {
        _E.RELEASE: _S.RELEASED,
    },
    _S.RELEASED: {},
}
"""`TRANSITIONS[state][event] -> state`. `found` is beside it: see `state_when_found`."""


def next_state(state: NumberState, event: NumberEvent, *, subject: str) -> NumberState:
    """The state after `event`; a StateError naming `subject` where the table has none."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        action = _IN_WORDS.get(event, event.replace("_", " "))
        raise StateError(
            f"{subject} is {state}; {action} is not possible",
            reason=f"only {_states_with(event)} numbers allow it",
            hint=_way_out(state, subject),
        ) from None


def state_when_found(state_before: NumberState) -> NumberState:
    """The state of a missing number that is back in the account.

    It has the state it had, but a verification is not taken on trust: verifying and ready
    numbers come back as provisioned.
    """
    if state_before in (NumberState.VERIFYING, NumberState.READY):
        return NumberState.PROVISIONED
    return state_before


_IN_WORDS: dict[NumberEvent, str] = {
    _E.BEGIN_VERIFICATION: "verifying it",
    _E.CONNECT: "connecting it",
    _E.CANCEL: "cancelling a reservation",
    _E.DISCONNECT_RETURN: "a disconnect",
    _E.DISCONNECT_RETIRE: "a disconnect",
    _E.RELEASE: "releasing it",
    _E.RETRY: "verifying it again",
}

_WAYS_OUT: dict[NumberState, str] = {
    _S.PROVISIONED: "kapso-twilio connect {n}, once a WhatsApp config is on it",
    _S.VERIFYING: "wait until it is verified; if that was broken off: kapso-twilio reconcile",
    _S.READY: "kapso-twilio connect {n}, once a WhatsApp config is on it",
    _S.RESERVED: "kapso-twilio connect {n}, or kapso-twilio reservation cancel {n}",
    _S.CONNECTED: "kapso-twilio disconnect {n}",
    _S.UNAVAILABLE: "kapso-twilio number add-to-pool {n} --force",
    _S.QUARANTINED: "kapso-twilio number verify {n} --force",
    _S.MISSING: "look for it in the Twilio console, then run kapso-twilio reconcile",
}


def _states_with(event: NumberEvent) -> str:
    states = [str(state) for state, row in TRANSITIONS.items() if event in row]
    if not states:
        states = ["new"] if event in ENTRIES else [NumberState.MISSING]
    return " and ".join(states) if len(states) < 3 else ", ".join(states)


def _way_out(state: NumberState, subject: str) -> str:
    return _WAYS_OUT.get(state, "kapso-twilio number show {n}").format(n=subject)
