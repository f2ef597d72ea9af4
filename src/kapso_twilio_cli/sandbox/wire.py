"""A request as the stand-ins see it, and an answer: plain values, no HTTP library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read completely before any work is done on it."""

    method: str
    path: str
    """Percent-decoded, without the query."""
    target: str
    """Path and query as they were sent."""
    query: Pairs
    form: Pairs
    json: Mapping[str, object] | None
    headers: Mapping[str, str]
    """Names in lower case."""
    base_url: str
    now: datetime
    params: Mapping[str, str] = field(default_factory=dict)
    """What the route's placeholders matched."""
    lag_ms: int = 0
    """A fault: what this request makes, or for a GET whatever is younger, is not listed yet."""
    skip_page: bool = False
    """A fault: the page that was asked for is left out of this listing."""

    def asked(self, name: str) -> str | None:
        """Give a query parameter; None when it is absent or empty."""
        return next((value for key, value in self.query if key == name and value), None)

    def sent(self, name: str) -> str | None:
        """Give a parameter of the body, form or JSON; None when it was not sent."""
        for key, value in self.form:
            if key == name:
                return value
        if self.json is not None and self.json.get(name) is not None:
            return str(self.json[name])
        return None

    def query_with(self, **changed: str) -> str:
        """Give the query anew, some parameters replaced; an empty value removes one."""
        kept = [(key, value) for key, value in self.query if key not in changed]
        return urlencode([*kept, *((key, value) for key, value in changed.items() if value)])


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a JSON document, a text, or nothing."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A stand-in says no; the answer says why in the vendor's own words."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
