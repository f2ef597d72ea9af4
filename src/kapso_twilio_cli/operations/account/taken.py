"""Which objects at Meta are gone, though the inventory counts on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from ...domain.attention import AttentionKind
from ...domain.lifecycle import NumberEvent, NumberState
from ...domain.number import Number
from ...domain.resolution import Path
from ...inventory.findings import Finding
from ...project import Project
from ..actions import Action, ActionKind, action
from ..verifying.verification import Portfolio


def numbers_at_meta(project: Project) -> list[Number]:
    """The numbers whose object at Meta must be there: ready ones, and a pool's reserved ones."""
    with project.inventory.read() as session:
        ready = session.numbers.in_state(NumberState.READY)
        living = [held for held in session.reservations.living() if held.path is Path.POOL]
        held = [session.numbers.get(reservation.number_id) for reservation in living]
    reserved = [n for n in held if n.state is NumberState.RESERVED and n.facts.preverified_id]
    return [*ready, *reserved]


def quarantine_gone(
    project: Project, numbers: Sequence[Number], listed: Portfolio
) -> Iterator[Action]:
    """Numbers whose object is not in Meta's list any more: a customer may have claimed it.

    Ready ones are quarantined. Reserved ones stay as they are, for a person: where Kapso lists
    them they are connected already (`at_kapso.notice_connects`). Each absence is confirmed by
    reading the object itself.
    """
    claimed = []
    for number in numbers:
        entry = listed.get(number.phone_number)
        if entry is not None and entry.preverified_id == number.facts.preverified_id:
            continue
        if _is_there(project, number):
            continue
        if number.state is NumberState.RESERVED:
            claimed.append(_maybe_claimed(project, number))
            continue
        gone = _quarantine(project, number)
        if gone is not None:
            yield action(ActionKind.QUARANTINED, gone)
    _keep_claims(project, claimed)


def _maybe_claimed(project: Project, number: Number) -> Finding:
    kapso = "no Kapso API key says more" if project.kapso is None else "Kapso has not confirmed it"
    detail = f"it is reserved, and its object at Meta is gone: claimed, or deleted; {kapso}"
    return Finding(AttentionKind.MAYBE_CLAIMED, detail, number.phone_number)


def _keep_claims(project: Project, found: list[Finding]) -> None:
    kind = AttentionKind.MAYBE_CLAIMED
    with project.inventory.write() as tx:
        if found != [one for one in tx.findings.all() if one.kind is kind]:
            tx.findings.replace([kind], found, project.now())


def _is_there(project: Project, number: Number) -> bool:
    preverified_id = number.facts.preverified_id
    return preverified_id is not None and project.meta.read(preverified_id) is not None


def _quarantine(project: Project, number: Number) -> Number | None:
    facts = replace(number.facts, preverified_id=None, verification_expiry_time=None)
    reason = "its object at Meta is gone: a customer may have claimed it"
    with project.inventory.write() as tx:
        if tx.numbers.get(number.id).version != number.version:
            return None  # handed out or changed meanwhile
        event = NumberEvent.OBJECT_GONE
        return tx.numbers.apply(replace(number, facts=facts), event, project.now(), reason=reason)
