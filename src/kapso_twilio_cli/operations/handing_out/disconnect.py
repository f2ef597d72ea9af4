"""Record that a number's WhatsApp config was removed, and apply the pool's policy.

The number stays in the project's account, whatever the policy.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from ...domain.country import Country
from ...domain.lifecycle import NumberEvent, NumberState
from ...domain.number import Number
from ...domain.phone_number import PhoneNumber
from ...domain.pool import PostDisconnect
from ...errors import Locked
from ...inventory.store import Session
from ...project import Project
from .connect import named_number
from .listed import refuse_listed

_BY_POLICY = {
    PostDisconnect.RETURN_TO_POOL: NumberEvent.DISCONNECT_RETURN,
    PostDisconnect.MARK_UNAVAILABLE: NumberEvent.DISCONNECT_RETIRE,
}
_END_REASON = "disconnected"
_POLICY_OF = {event: policy for policy, event in _BY_POLICY.items()}


class Disconnected(msgspec.Struct, frozen=True):
    """The number as it is now, and the policy that brought it there."""

    number: Number
    policy: PostDisconnect
    no_pool: bool = False
    """It was to return to a pool, and its country has none."""


def disconnect(
    project: Project,
    name: PhoneNumber | str,
    policy: PostDisconnect | None,
    *,
    as_seen: Number | None = None,
) -> Disconnected:
    """Apply `policy`, else the pool's. Only from `connected`; doing it again changes nothing.

    Locked where the number has changed since it was `as_seen`.
    """
    now = project.now()
    with project.inventory.write() as tx:
        number = _number_to_disconnect(tx, project, name)
        if as_seen is not None and number.version != as_seen.version:
            raise Locked(
                f"{number.phone_number} was changed by another process",
                reason="it is not what it was when Kapso was asked",
                hint="run the command again",
            )
        done = _done_before(tx, number)
        if done is not None:
            return done
        country = number.facts.pool or number.country
        pool = project.config.pools.get(country)
        chosen = policy or (pool.post_disconnect if pool else PostDisconnect.MARK_UNAVAILABLE)
        no_pool = chosen is PostDisconnect.RETURN_TO_POOL and pool is None
        facts = replace(
            number.facts,
            # The object that the customer claimed is gone: the number is to be added anew.
            preverified_id=None,
            verification_expiry_time=None,
            customer_id=None,
            phone_number_id=None,
            business_account_id=None,
            absent_since=None,
            pool=_pool_after(number, chosen, has_pool=pool is not None),
        )
        moved = tx.numbers.apply(
            replace(number, facts=facts),
            _BY_POLICY[chosen],
            now,
            reason=f"{number.country} has no pool to return to" if no_pool else None,
        )
        tx.reservations.end(number.id, now, _END_REASON)
    return Disconnected(moved, chosen, no_pool)


def refuse_while_listed(project: Project, name: PhoneNumber | str) -> None:
    """Raise StateError while Kapso, where a key is configured, still lists the number."""
    if project.kapso is None:
        return
    with project.inventory.read() as session:
        number = _number_to_disconnect(session, project, name)
    if number.state is NumberState.CONNECTED:
        hint = "remove it there first, or add --force if you know better"
        refuse_listed(project, number.phone_number, hint=hint)


def _number_to_disconnect(session: Session, project: Project, name: PhoneNumber | str) -> Number:
    """As `named_number`; a ref also names the number that it was disconnected from."""
    if not name.startswith("+") and session.reservations.of_ref(name) is None:
        former = session.reservations.last_of_ref(name)
        if former is not None and former.end_reason == _END_REASON:
            return session.numbers.get(former.number_id)
    return named_number(session, project, name)


def _pool_after(number: Number, policy: PostDisconnect, *, has_pool: bool) -> Country | None:
    if number.facts.pool is None and policy is PostDisconnect.RETURN_TO_POOL and has_pool:
        return number.country
    return number.facts.pool


def _done_before(tx: Session, number: Number) -> Disconnected | None:
    """The answer of the disconnect that brought the number where it is; None if none did."""
    if number.state is NumberState.CONNECTED:
        return None
    moves = [event for event in tx.events.of_number(number.id) if event.to_state is not None]
    last = moves[-1].kind if moves else ""
    policy = _POLICY_OF.get(NumberEvent(last)) if last in list(NumberEvent) else None
    return None if policy is None else Disconnected(number, policy)
