"""The picture and the table of states in ARCHITECTURE.md, made from the lifecycle itself.

`python -m tests.state_diagram` writes them anew; a test compares them.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from kapso_twilio_cli.domain.lifecycle import ENTRIES, TRANSITIONS, NumberEvent, NumberState

DOCUMENT = Path(__file__).parents[1] / "ARCHITECTURE.md"
BEGIN = "<!-- made by python -m tests.state_diagram -->"
END = "<!-- end of what is made -->"

FROM_ALMOST_EVERYWHERE = (NumberEvent.SEEN_CONNECTED, NumberEvent.VANISH, NumberEvent.RELEASE)
"""In the table alone: in the picture they would hide the others."""


def picture() -> str:
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


def table() -> str:
    """Every state, every event, and where it leads."""
    rows = ["| from | event → to |", "|---|---|", f"| (new) | {_row(ENTRIES)} |"]
    rows += [f"| {state} | {_row(row) or 'none'} |" for state, row in TRANSITIONS.items()]
    return "\n".join(rows)


def made() -> str:
    """What stands between the marks."""
    return f"{BEGIN}\n{picture()}\n\n{table()}\n{END}"


def with_states(text: str) -> str:
    """The document with the picture and the table as they are now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + made() + after


def _row(row: dict[NumberEvent, NumberState]) -> str:
    events: dict[str, list[str]] = defaultdict(list)
    for event, after in row.items():
        events[after].append(event)
    return "; ".join(f"{', '.join(names)} → {after}" for after, names in events.items())


if __name__ == "__main__":
    DOCUMENT.write_text(with_states(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
