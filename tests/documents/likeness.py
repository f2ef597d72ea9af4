"""Whether what a page shows is what came out, but for what differs from run to run.

Numbers, SIDs and UUIDs of a page are examples: each stands for a real one, the one at whose place
it was shown first, and goes on standing for it. Times, ages, sizes and ids may differ; words,
counts and prices may not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NAMES = {
    "uuid": _UUID,
    "sid": r"\b[A-Z]{2}[0-9a-f]{32}\b",
    "number": r"\+\d{8,15}\b",
}
"""What stands for one real thing, from its first showing to the end of a page."""

_LOOSE = {
    "time": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: UTC|Z)?",
    "stamp": r"\d{8}T\d{6}(?:\.\d+)?Z",
    "date": r"\d{4}-\d\d-\d\d",
    "age": r"\b\d+ (?:s|min|h|d) ago\b|\bjust now\b",
    "rest": r"\bin \d+ (?:s|min|h|d)\b",
    "label": r"\bkt:[\w-]+:\w+:\w+",
    "hexadecimal": r"\b[0-9a-f]{32}\b",
    "digits": r"\b\d{6,}\b",
    "version": r"(?<=python: )\d+\.\d+\.\d+",
    "address": r"127\.0\.0\.1:\d+",
    "rule": "─+",
    "space": r"\s+",
    "left_out": "…",
}
_TOKEN = re.compile(
    "|".join(f"(?P<{name}>{pattern})" for name, pattern in (_NAMES | _LOOSE).items())
)
_ANY = {**_LOOSE, "left_out": ".*", "age": f"(?:{_LOOSE['age']})", "version": r"\d+\.\d+\.\d+"}


class Names:
    """The real things that a page's examples stand for."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._real = dict(known)

    def is_known(self, example: str) -> bool:
        """Whether it is known what it stands for."""
        return example in self._real

    def let(self, example: str, real: str) -> None:
        """Let an example stand for a real thing from now on."""
        self._real[example] = real

    def taken(self) -> set[str]:
        """The real things that some example stands for."""
        return set(self._real.values())

    def in_real(self, command: str) -> str:
        """The command with the real things in place of the examples."""
        for example, real in self._real.items():
            command = re.sub(rf"(?<![\w+]){re.escape(example)}(?!\w)", real, command)
        return command

    def unlike(self, shown: list[str], real: list[str]) -> list[str]:
        """The shown lines that did not come out; what was shown first gets its real thing."""
        left, missing = [line.strip() for line in real], []
        for line in shown:
            pattern = self._pattern(line.strip())
            found = next((match for one in left if (match := pattern.fullmatch(one))), None)
            if found is None:
                missing.append(line)
                continue
            left.remove(found.string)
            for group, example in self._examples(line.strip()).items():
                self._real[example] = found[group]
        return missing

    def _examples(self, line: str) -> dict[str, str]:
        """The examples of a line that stand for nothing yet, by the group that finds them."""
        tokens = [one[0] for one in _TOKEN.finditer(line) if one.lastgroup in _NAMES]
        new = dict.fromkeys(token for token in tokens if token not in self._real)
        return {f"new{place}": example for place, example in enumerate(new)}

    def _pattern(self, line: str) -> re.Pattern[str]:
        groups = {example: group for group, example in self._examples(line).items()}
        opened: set[str] = set()
        pattern, end = "", 0
        for token in _TOKEN.finditer(line):
            pattern += re.escape(line[end : token.start()])
            kind, word = str(token.lastgroup), token[0]
            if word in self._real:
                pattern += re.escape(self._real[word])
            elif kind not in _NAMES:
                pattern += _ANY[kind]
            elif word in opened:
                pattern += f"(?P={groups[word]})"
            else:
                opened.add(word)
                pattern += f"(?P<{groups[word]}>{_NAMES[kind]})"
            end = token.end()
        return re.compile(pattern + re.escape(line[end:]))
