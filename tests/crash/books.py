"""The books: what the account was billed for, held against what the inventory says.

    check_books(project)

holds whenever no command is at work and `reconcile` has had its turn, whatever was killed, lost or
late before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kapso_twilio_cli.inventory.connection import integrity_problems
from kapso_twilio_cli.project import Project
from tests.cli.voice_settings import voice_settings
from tests.projects import ReadyProject

NO_SURPLUS: Mapping[str, int] = {}

_UNRESOLVED = "('open', 'unknown')"


def check_books(project: ReadyProject, *, surplus: Mapping[str, int] = NO_SURPLUS) -> None:
    """Assert that nothing was lost, bought twice or handed out twice.

    `surplus`: by country, how many ready and coming numbers a pool may hold beyond its target,
    where numbers came back to a pool that had been filled meanwhile.
    """
    problems = [
        *_lost(project),
        *_bought_twice(project),
        *_left_unresolved(project),
        *_handed_out_twice(project),
        *_not_claimable(project),
        *_unfinished(project),
        *_states_without_events(project),
        *_answered_otherwise(project),
        *_links_left_over(project),
        *_too_many_in_a_pool(project, surplus),
        *_past_a_limit(project),
        *(f"integrity: {problem}" for problem in integrity_problems(project.inventory)),
    ]
    assert not problems, "the books do not agree:\n  " + "\n  ".join(problems)


@dataclass(frozen=True)
class HandOuts:
    """Which ref was shown which id at Meta, over all the looks that were taken."""

    shown: dict[str, str] = field(default_factory=dict)

    def look(self, project: ReadyProject) -> None:
        """Note what is handed out now; nothing that one ref was shown may be another's."""
        rows = project.rows(
            "SELECT n.preverified_id, r.ref FROM numbers n"
            " JOIN reservations r ON r.number_id = n.id"
            " WHERE r.ended_at IS NULL AND r.path = 'pool' AND n.preverified_id IS NOT NULL"
        )
        for preverified_id, ref in rows:
            before = self.shown.setdefault(preverified_id, ref)
            assert before == ref, f"{preverified_id} was shown to {before}, and is {ref}'s now"


def _lost(project: ReadyProject) -> Iterator[str]:
    """Every number that is paid for is recorded once, and nothing else is."""
    held = _held(project)
    ours = re.compile(f"kt:{_identity(project)}:")
    rows = project.rows("SELECT sid, phone_number, state FROM numbers WHERE state <> 'released'")
    recorded = Counter(sid for sid, _, _ in rows)
    for sid, entry in held.items():
        if recorded[sid] > 1:
            yield f"{entry['phone_number']} is recorded {recorded[sid]} times"
        if recorded[sid] == 0 and ours.match(entry["friendly_name"]):
            yield f"{entry['phone_number']} is paid for and not recorded: {_purchases(project)}"
    for sid, phone_number, state in rows:
        if sid not in held and state != "missing":
            yield f"{phone_number} is recorded as {state}, and the account does not hold it"


def _bought_twice(project: ReadyProject) -> Iterator[str]:
    """One purchase brought one number at most, and one ref got one at most, at a time."""
    billed = Counter(e["friendly_name"] for e in project.sandbox.ledger() if _is_purchase(e))
    for label, state in project.rows("SELECT label, state FROM purchases"):
        times = billed[label]
        if times > 1:
            yield f"the purchase {label} was billed {times} times"
        if (times == 1) != (state == "bought") and state not in ("open", "unknown"):
            yield f"the purchase {label} is {state}, and was billed {times} times"
    of_refs = "SELECT ref, count(*) FROM purchases WHERE state = 'bought' GROUP BY ref"
    ended = Counter(r for (r,) in project.rows("SELECT ref FROM reservations WHERE ended_at > ''"))
    for ref, count in project.rows(of_refs):
        if ref is not None and count > 1 + ended[ref]:
            yield f"{count} numbers were bought for the ref {ref}"


def _left_unresolved(project: ReadyProject) -> Iterator[str]:
    """None is open, as nobody buys; what is unknown is told."""
    told = _attention(project, "purchase_unresolved")
    statement = f"SELECT phone_number, state FROM purchases WHERE state IN {_UNRESOLVED}"  # noqa: S608
    for phone_number, state in project.rows(statement):
        if state == "open":
            yield f"the purchase of {phone_number} is open, and nobody is at work on it"
        elif phone_number not in told:
            yield f"the purchase of {phone_number} is unknown, and status does not say so"


def _handed_out_twice(project: ReadyProject) -> Iterator[str]:
    living = project.rows("SELECT ref, number_id FROM reservations WHERE ended_at IS NULL")
    ids = project.rows(
        "SELECT preverified_id FROM numbers"
        " WHERE preverified_id IS NOT NULL AND state NOT IN ('released', 'missing')"
    )
    yield from (f"ref {ref} holds two numbers" for ref in _doubled(ref for ref, _ in living))
    yield from (f"number {number} is two refs'" for number in _doubled(n for _, n in living))
    yield from (f"{one} is on two numbers" for one in _doubled(one for (one,) in ids))
    overlapping = project.rows(
        "SELECT a.ref, b.ref FROM reservations a JOIN reservations b"
        " ON a.number_id = b.number_id AND a.id < b.id"
        " WHERE a.ended_at IS NULL OR a.ended_at > b.reserved_at"
    )
    yield from (f"{a} and {b} held one number at the same time" for a, b in overlapping)


def _not_claimable(project: ReadyProject) -> Iterator[str]:
    """What is handed out, or can be, is at Meta under the id that is shown."""
    at_meta = {entry["id"]: entry for entry in _portfolio(project)}
    told = _attention(project, "reservation_not_ended", "reservation_overdue")
    claimed = _claimed(project)
    rows = project.rows(
        "SELECT n.phone_number, n.preverified_id, n.state FROM numbers n"
        " LEFT JOIN reservations r ON r.number_id = n.id AND r.ended_at IS NULL"
        " WHERE n.state = 'ready' OR (n.state = 'reserved' AND r.path = 'pool')"
    )
    for phone_number, preverified_id, state in rows:
        entry = at_meta.get(preverified_id)
        if entry is None and state == "reserved" and phone_number in told | claimed:
            continue  # a customer has it; or the record of its deletion is lost: a person decides
        if entry is None:
            yield f"{phone_number} is {state}, and Meta has no object {preverified_id}"
        elif re.sub(r"\D", "", entry["phone_number"]) != phone_number[1:]:
            yield f"{phone_number} is {state} as {preverified_id}: {entry['phone_number']} at Meta"
        elif entry["code_verification_status"] == "NOT_VERIFIED":
            yield f"{phone_number} is {state}, and Meta has not verified it"


def _unfinished(project: ReadyProject) -> Iterator[str]:
    """Nothing is at work: no number is being verified, and a reservation is on its number."""
    for (number,) in project.rows("SELECT phone_number FROM numbers WHERE state = 'verifying'"):
        yield f"{number} is being verified, and nobody is at work on it"
    odd = project.rows(
        "SELECT n.phone_number, n.state, r.ref FROM numbers n"
        " LEFT JOIN reservations r ON r.number_id = n.id AND r.ended_at IS NULL"
        " WHERE (r.id IS NULL AND n.state = 'reserved')"
        " OR (r.id IS NOT NULL AND n.state NOT IN ('reserved', 'connected'))"
    )
    for number, state, ref in odd:
        yield f"{number} is {state}, and its living reservation is {ref}'s"


def _states_without_events(project: ReadyProject) -> Iterator[str]:
    rows = project.rows(
        "SELECT n.phone_number, n.state, (SELECT e.to_state FROM events e WHERE e.number_id = n.id"
        " AND e.to_state IS NOT NULL ORDER BY e.id DESC LIMIT 1) FROM numbers n"
    )
    for number, state, last in rows:
        if state != last:
            yield f"{number} is {state}, and its last event led to {last}"


def _links_left_over(project: ReadyProject) -> Iterator[str]:
    """A link that a customer can use has its number, and no number is held for one that is gone."""
    for state, ref in project.rows("SELECT state, ref FROM setup_links"):
        if state in ("asked", "made"):
            yield f"the link of {ref} is left as {state}"
    for (link_id,) in project.rows(
        "SELECT link_id FROM setup_links l WHERE state = 'active' AND by_kapso = 0 AND NOT EXISTS"
        " (SELECT 1 FROM reservations r WHERE r.ref = l.ref AND r.ended_at IS NULL)"
    ):
        yield f"nothing is held for the active link {link_id}"
    for (ref,) in project.rows(
        "SELECT r.ref FROM reservations r JOIN numbers n ON n.id = r.number_id"
        " JOIN setup_links l ON l.id = (SELECT max(id) FROM setup_links WHERE ref = r.ref)"
        " WHERE r.ended_at IS NULL"
        " AND n.state = 'reserved' AND n.reason IS NULL AND l.state = 'revoked'"
    ):
        yield f"a number is held for the revoked link of {ref}"


def _answered_otherwise(project: ReadyProject) -> Iterator[str]:
    """Nobody waits for a call, so every number's calls are answered as they were before."""
    for number, settings in voice_settings(project).items():
        if "twimlets" in settings["voice_url"]:
            yield f"calls to {number} are still answered by {settings['voice_url']}"
    for (number,) in project.rows("SELECT phone_number FROM numbers WHERE voice_before > ''"):
        yield f"{number} waits for its voice settings to be put back"


def _too_many_in_a_pool(project: ReadyProject, surplus: Mapping[str, int]) -> Iterator[str]:
    for country, pool in _located(project).config.pools.items():
        ((members,),) = project.rows(
            "SELECT count(*) FROM numbers WHERE state IN ('provisioned', 'verifying', 'ready')"  # noqa: S608
            f" AND pool = '{country}'"
        )
        ((coming,),) = project.rows(
            f"SELECT count(*) FROM purchases WHERE state IN {_UNRESOLVED} AND pool = '{country}'"  # noqa: S608
        )
        if members + coming > pool.target_size + surplus.get(country, 0):
            yield f"the {country} pool holds {members} and {coming} are coming: {pool.target_size}"


def _past_a_limit(project: ReadyProject) -> Iterator[str]:
    """Counted by the bill, not by the inventory. No test takes longer than a day."""
    limits = _located(project).config.limits
    held = list(_held(project).values())
    cost = sum((float(entry["monthly_price"]) for entry in held), 0.0)
    bought = len(project.bought())
    runs = Counter(
        run
        for (run,) in project.rows(
            "SELECT run_id FROM purchases WHERE state <> 'not_bought' AND pool IS NOT NULL"
        )
    )
    for what, amount, limit in (
        ("numbers are held", len(held), limits.max_numbers),
        ("a month is what they cost", cost, limits.max_monthly_cost),
        ("were bought in a day", bought, limits.max_purchases_per_day),
        ("were bought in one run", max(runs.values(), default=0), limits.max_purchases_per_run),
    ):
        if limit is not None and amount > limit:
            yield f"{amount} {what}, and the limit is {limit}"


def _held(project: ReadyProject) -> dict[str, dict[str, str]]:
    """What the account pays for, by SID."""
    held: dict[str, dict[str, str]] = {}
    for entry in project.sandbox.ledger():
        if _is_purchase(entry):
            held[entry["sid"]] = entry
        else:
            held.pop(entry["sid"], None)
    return held


def _is_purchase(entry: Mapping[str, str]) -> bool:
    return entry["kind"] == "purchase"


def _portfolio(project: ReadyProject) -> list[dict[str, Any]]:
    known = project.sandbox.credentials
    answer = project.sandbox.session.get(
        f"{project.sandbox.url}/v25.0/{known['meta_business_id']}/preverified_numbers",
        params={"limit": "100", "fields": "id,phone_number,code_verification_status"},
        headers={"Authorization": f"Bearer {known['meta_token']}"},
        timeout=30,
    )
    entries: list[dict[str, Any]] = answer.json()["data"]
    return entries


def _claimed(project: ReadyProject) -> set[str]:
    """The numbers that Kapso lists: a customer has claimed them."""
    answer = project.sandbox.session.get(
        f"{project.sandbox.url}/platform/v1/whatsapp/phone_numbers",
        params={"per_page": "100"},
        headers={"X-API-Key": project.sandbox.credentials["kapso_api_key"]},
        timeout=30,
    )
    digits = (re.sub(r"\D", "", one["display_phone_number"]) for one in answer.json()["data"])
    return {f"+{number}" for number in digits}


def _attention(project: ReadyProject, *kinds: str) -> set[str]:
    found = project.answer("status")["attention"]
    return {one["phone_number"] for one in found if one["kind"] in kinds}


def _purchases(project: ReadyProject) -> list[tuple[Any, ...]]:
    return project.rows("SELECT phone_number, state, reason FROM purchases")


def _identity(project: ReadyProject) -> str:
    ((name, installation),) = project.rows("SELECT project, installation FROM identity")
    return f"{name}:{installation}"


def _located(project: ReadyProject) -> Project:
    return Project.locate(name=None, config_path=project.path)


def _doubled(values: Iterator[Any]) -> list[Any]:
    return [value for value, times in Counter(values).items() if times > 1]
