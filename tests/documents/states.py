"""The picture and the table of states, made from the lifecycle itself."""

from __future__ import annotations

from collections import defaultdict

from kapso_twilio_cli.domain.lifecycle import ENTRIES, TRANSITIONS, NumberEvent, NumberState

FROM_ALMOST_EVERYWHERE = (NumberEvent.SEEN_CONNECTED, NumberEvent.VANISH, NumberEvent.RELEASE)
"""In the table alone: in the picture they would hide the others."""


def states() -> str:
    """The main roads as a picture, and every road as a table."""
    return f"{_picture()}\n\n{_table()}"


def _picture() -> str:
    """The main roads, as a Mermaid diagram."""
    roads: dict[tuple[str, str], list[str]] = defaultdict(list)
    for event, state in ENTRIES.items():
        roads["[*]", state].append(event)
    for state, row in TRANSITIONS.items():
        for event, after in row.items():
            if event not in FROM_ALMOST_EVERYWHERE:
                roads[state, after].append(event)
    lines = [f"    {a} --> {b}: {', '.join(events)}" for (a, b), events in roads.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def _table() -> str:
    """Every state, every event, and where it leads."""
    rows = ["| from | event → to |", "|---|---|", f"| (new) | {_row(ENTRIES)} |"]
    rows += [f"| {state} | {_row(row) or 'none'} |" for state, row in TRANSITIONS.items()]
    return "\n".join(rows)


def _row(row: dict[NumberEvent, NumberState]) -> str:
    events: dict[str, list[str]] = defaultdict(list)
    for event, after in row.items():
        events[after].append(event)
    return "; ".join(f"{', '.join(names)} → {after}" for after, names in events.items())
