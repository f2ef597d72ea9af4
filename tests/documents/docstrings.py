"""What the source says of things in docstrings: the first line what one means, then what to do."""

from __future__ import annotations

import ast
import inspect
import textwrap
from enum import StrEnum


def said_of_members(enum: type[StrEnum]) -> dict[str, tuple[str, str]]:
    """By value: the meaning of each member and, where it is said, what to do."""
    [tree] = ast.parse(textwrap.dedent(inspect.getsource(enum))).body
    assert isinstance(tree, ast.ClassDef)
    said = {}
    for member, below in zip(tree.body, tree.body[1:], strict=False):
        match member, below:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(
                value=ast.Constant(value=str(doc))
            ):
                said[enum[name].value] = parts(doc)
    return said


def parts(docstring: str | None) -> tuple[str, str]:
    """The first paragraph and the rest, each on one line."""
    first, _, rest = inspect.cleandoc(docstring or "").partition("\n\n")
    return " ".join(first.split()), " ".join(rest.split())
