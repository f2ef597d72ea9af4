"""The vendors' own API descriptions, loaded once per process, where they are at hand.

They lie beside the checkout (`../shared/specs`) and are no part of a clone. Without them the
checks are skipped; with `CI=true` their absence is a failure (test_descriptions.py).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SPECS = Path(__file__).resolve().parents[2].parent / "shared" / "specs"
ABSENT = f"the vendors' descriptions are not at {SPECS}: contract checks skipped"

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Description:
    """One API description."""

    name: str
    document: dict[str, Any]

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follow `$ref` until something stands there."""
        while "$ref" in node:
            found: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node


@dataclass(frozen=True)
class Operation:
    """One method on one path of a description."""

    description: Description
    method: str
    template: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    """The template's placeholders; group n of the pattern is the nth name."""
    spec: dict[str, Any]

    def parameters(self, place: str) -> dict[str, dict[str, Any]]:
        """Give the parameters that stand in `path` or `query`, by name."""
        resolved = [self.description.resolve(one) for one in self.spec.get("parameters", [])]
        return {one["name"]: one for one in resolved if one["in"] == place}

    def body(self) -> dict[str, Any] | None:
        """Give the schema of the request body, None where there is none."""
        for content in self.spec.get("requestBody", {}).get("content", {}).values():
            return self.description.resolve(content["schema"])
        return None

    def answer(self, status: int) -> dict[str, Any] | None:
        """Give the schema of an answer, None where it is not described."""
        found = self.spec["responses"].get(str(status))
        if found is None:
            return None
        for content in self.description.resolve(found).get("content", {}).values():
            return self.description.resolve(content["schema"])
        return None


def are_present() -> bool:
    """Tell whether the descriptions are at hand."""
    return SPECS.is_dir()


@cache
def twilio() -> tuple[Operation, ...]:
    """Load Twilio's descriptions: api, numbers, pricing."""
    operations: list[Operation] = []
    for name in ("api_v2010", "numbers_v2", "pricing_v1"):
        text = (SPECS / "twilio" / f"twilio_{name}.json").read_text()
        operations += _operations(Description(name, json.loads(text)))
    return tuple(operations)


@cache
def meta() -> tuple[Operation, ...]:
    """Load Meta's description; half a second, so only once a Meta request is to be checked."""
    import yaml

    with (SPECS / "meta" / "business-messaging-api_v23.0.yaml").open() as file:
        document = yaml.load(file, Loader=yaml.CSafeLoader)
    return tuple(_operations(Description("meta", document)))


def _operations(description: Description) -> list[Operation]:
    found = []
    for template, item in description.document["paths"].items():
        pieces = re.split(r"\{([^}]+)\}", template)
        pattern = re.compile(
            "".join("([^/]+)" if n % 2 else re.escape(piece) for n, piece in enumerate(pieces))
        )
        for method in _METHODS:
            if method in item:
                operation = item[method]
                found.append(
                    Operation(
                        description,
                        method.upper(),
                        template,
                        pattern,
                        tuple(pieces[1::2]),
                        operation,
                    )
                )
    return found
