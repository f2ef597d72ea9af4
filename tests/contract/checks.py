"""Hold requests and answers against the vendors' descriptions.

Requests strictly: method, path and its patterns, query and form names, types, enums, limits.
Answers by the names of their fields, because the descriptions' own examples break their formats.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.contract.descriptions import Description, Operation, meta, twilio
from tests.contract.documented import (
    KAPSO_CALLS,
    META_CALLS,
    META_EVERYWHERE,
    META_EXTRA_QUERY,
    META_FIELDS,
    TWILIO_MAY_BE_EMPTY,
    Documented,
)

MAX_FRIENDLY_NAME = 64
"""In Twilio's prose only; its description has no limit."""

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """One request as the sandbox recorded it."""

    method: str
    path: str
    query: Pairs = ()
    form: Pairs = ()
    json: Any = None

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Request:
        """Read an entry of `/_sandbox/requests/detail`."""
        return cls(
            document["method"],
            document["path"],
            tuple((key, value) for key, value in document["query"]),
            tuple((key, value) for key, value in document["form"]),
            document["json"],
        )

    def __str__(self) -> str:
        query = "&".join(f"{key}={value}" for key, value in self.query)
        return f"{self.method} {self.path}" + (f"?{query}" if query else "")


def check_request(request: Request) -> list[str]:
    """List what the vendor would not understand; empty when it is a good request."""
    if re.match(r"/v\d+\.\d+/", request.path):
        return list(_check_meta(request))
    if request.path.startswith("/platform/"):
        return list(_check_documented(request, KAPSO_CALLS))
    operation = _find(twilio(), request.method, request.path)
    if operation is None:
        return ["Twilio has no such call"]
    return [
        *_check_path(operation, request.path),
        *_check_pairs(operation, "query", request.query, operation.parameters("query")),
        *_check_form(operation, request),
    ]


def check_answer(method: str, path: str, status: int, body: object) -> list[str]:
    """List the fields of an answer that its description does not have, and those it misses."""
    operations = meta() if re.match(r"/v\d+\.\d+/", path) else twilio()
    operation = _find(operations, method, path)
    if operation is None:
        return ["the description has no such call"]
    schema = operation.answer(status)
    if schema is None:
        return [f"the description has no answer {status}"]
    return list(_check_fields(operation.description, schema, body, "answer"))


def _find(operations: tuple[Operation, ...], method: str, path: str) -> Operation | None:
    """Give the most literal operation: `/Local.json` before `/{Sid}.json`."""
    found = [
        one
        for one in operations
        if one.method == method and one.pattern.fullmatch(path) is not None
    ]
    return min(found, key=lambda one: len(one.names), default=None)


def _check_path(operation: Operation, path: str) -> Iterator[str]:
    match = operation.pattern.fullmatch(path)
    if match is None:
        yield f"{path} is not {operation.template}"
        return
    known = operation.parameters("path")
    for name, value in zip(operation.names, match.groups(), strict=True):
        if name in known:
            schema = operation.description.resolve(known[name]["schema"])
            yield from _check_value(operation.description, f"path {name}", schema, value)


def _check_pairs(
    operation: Operation, place: str, pairs: Pairs, known: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    names = [name for name, _ in pairs]
    for name, value in pairs:
        if name not in known:
            yield f"{place} {name} is not one of {', '.join(known) or 'none'}"
            continue
        schema = operation.description.resolve(known[name].get("schema", known[name]))
        if schema.get("type") != "array" and names.count(name) > 1:
            yield f"{place} {name} is given twice"
        yield from _check_value(operation.description, f"{place} {name}", schema, value)


def _check_form(operation: Operation, request: Request) -> Iterator[str]:
    schema = operation.body()
    if request.json is not None:
        yield "the body is JSON, not a form"
    if schema is None:
        if request.form:
            yield "this call takes no form"
        return
    yield from _check_pairs(operation, "form", request.form, schema["properties"])
    sent = dict(request.form)
    for name in schema.get("required", []):
        if name not in sent:
            yield f"form {name} is required"
    if len(sent.get("FriendlyName", "")) > MAX_FRIENDLY_NAME:
        yield f"form FriendlyName is longer than {MAX_FRIENDLY_NAME} characters"


def _check_value(
    description: Description, where: str, schema: dict[str, Any], value: str
) -> Iterator[str]:
    schema = description.resolve(schema)
    kind = schema.get("type")
    if kind == "array":
        yield from _check_value(description, where, schema["items"], value)
        return
    if kind == "integer":
        yield from _check_integer(where, schema, value)
    elif kind == "boolean" and value not in {"true", "false"}:
        yield f"{where} {value!r} is neither true nor false"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} {value!r} is not one of {schema['enum']}"
    if value == "" and where in TWILIO_MAY_BE_EMPTY:
        return
    if "pattern" in schema and re.fullmatch(schema["pattern"], value) is None:
        yield f"{where} {value!r} does not match {schema['pattern']}"
    yield from _check_format(where, schema.get("format"), value)


def _check_integer(where: str, schema: Mapping[str, Any], value: str) -> Iterator[str]:
    if re.fullmatch(r"-?[0-9]+", value) is None:
        yield f"{where} {value!r} is not a whole number"
        return
    low, high = schema.get("minimum"), schema.get("maximum")
    if (low is not None and int(value) < low) or (high is not None and int(value) > high):
        yield f"{where} {value} is not between {low} and {high}"


def _check_format(where: str, form: str | None, value: str) -> Iterator[str]:
    if form == "iso-country-code" and re.fullmatch(r"[A-Z]{2}", value) is None:
        yield f"{where} {value!r} is not a country code"
    if form == "uri" and value and re.match(r"https?://", value) is None:
        yield f"{where} {value!r} is not a URL"
    if form == "date-time":
        try:
            datetime.fromisoformat(value)
        except ValueError:
            yield f"{where} {value!r} is not a time"


def _check_meta(request: Request) -> Iterator[str]:
    if any(call.matches(request.method, request.path) for call in META_CALLS):
        yield from _check_documented(request, META_CALLS)
        return
    operation = _find_meta(request)
    if operation is None:
        yield "Meta has no such call"
        return
    yield from _check_path(operation, request.path)
    extra = {
        name
        for pattern, names in META_EXTRA_QUERY.items()
        if re.fullmatch(pattern, f"{request.method} {request.path}")
        for name in names
    } | META_EVERYWHERE
    known = operation.parameters("query") | {name: {"schema": {}} for name in extra}
    yield from _check_pairs(operation, "query", request.query, known)
    yield from _check_fields_asked(request)
    yield from _check_graph_body(operation, request)


def _find_meta(request: Request) -> Operation | None:
    """Graph's paths look alike (`/{Version}/{any id}`); only those of this project are meant."""
    wanted = ("Pre-Verified-Phone-Number-ID", "Business-ID")
    found = [
        one
        for one in meta()
        if one.method == request.method
        and one.pattern.fullmatch(request.path) is not None
        and any(name in one.names for name in wanted)
    ]
    return min(found, key=lambda one: wanted.index(one.names[1]), default=None)


def _check_fields_asked(request: Request) -> Iterator[str]:
    for name, value in request.query:
        if name == "fields":
            for field in set(value.split(",")) - META_FIELDS:
                yield f"query fields names {field!r}, which Meta's SDK does not know"


def _check_graph_body(operation: Operation, request: Request) -> Iterator[str]:
    """Graph takes parameters as JSON or as a form; the description writes JSON."""
    pairs = (
        tuple((key, str(value)) for key, value in request.json.items())
        if isinstance(request.json, dict)
        else request.form
    )
    schema = operation.body()
    if schema is None:
        if pairs:
            yield "this call takes no body"
        return
    properties = schema["properties"] | {name: {} for name in META_EVERYWHERE}
    yield from _check_pairs(operation, "body", pairs, properties)
    for name in schema.get("required", []):
        if name not in dict(pairs):
            yield f"body {name} is required"


def _check_documented(request: Request, calls: tuple[Documented, ...]) -> Iterator[str]:
    call = next((one for one in calls if one.matches(request.method, request.path)), None)
    if call is None:
        yield "no documented call looks like this"
        return
    for name, _ in request.query:
        if name not in call.query | META_EVERYWHERE:
            yield f"query {name} is not one of {sorted(call.query)}"
    body: Any = request.json if isinstance(request.json, dict) else dict(request.form)
    if call.root is not None:
        if set(body) != {call.root}:
            yield f"the body must be nested under {call.root}"
            return
        body = body[call.root]
    for name in set(body) - call.body:
        yield f"body {name} is not one of {sorted(call.body)}"


def _check_fields(
    description: Description, schema: dict[str, Any], value: object, where: str
) -> Iterator[str]:
    schema = description.resolve(schema)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _check_fields(
                description, schema.get("items", {}), item, f"{where}[{index}]"
            )
        return
    properties = schema.get("properties")
    if not isinstance(value, dict) or properties is None:
        return
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}.{name} is missing"
    for name, inner in value.items():
        # Searches answer `SMS`, owned numbers `sms`; the description knows the latter.
        known = properties.get(name, properties.get(name.lower()))
        if known is None:
            yield f"{where}.{name} is not in the description"
        else:
            yield from _check_fields(description, known, inner, f"{where}.{name}")
