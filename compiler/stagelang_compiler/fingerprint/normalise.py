"""Canonical text of a piece of Python: equal for equal programs, on every Python that parses it.

The text is this module's own, since `ast.dump` and `ast.unparse` differ between Python minors. It leaves out what can't
change what runs: positions, comments, docstrings and other bare constants, `pass`, type comments, and fields that are
empty (so a field that a later Python adds changes nothing). It uses the standard library only.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Container, Iterable
from typing import cast

_LEFT_OUT = frozenset({"ctx", "type_comment", "kind", "type_ignores"})
_BLOCKS = frozenset({"body", "orelse", "finalbody"})
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}


def canonical(node: ast.AST, omit: Container[ast.AST] = ()) -> str:
    """Write a syntax tree as text, without the subtrees in `omit` (compared by identity)."""
    written: list[str] = []
    pending: list[ast.AST | str] = [node]  # nodes still to expand, and text ready to be written
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            written.append(item)
        else:
            pending.extend(reversed(_expanded(item, omit)))
    return "".join(written)


def digest(texts: Iterable[str]) -> str:
    """Hash texts in their order; the boundaries between them count."""
    hasher = hashlib.sha256()
    for text in texts:
        encoded = text.encode("utf-8", "surrogatepass")
        hasher.update(b"%d:" % len(encoded))
        hasher.update(encoded)
    return f"sha256:{hasher.hexdigest()}"


def bare_strings(node: ast.AST) -> list[str]:
    """List the docstrings and other bare strings that `canonical` leaves out, in the order of the source."""
    return [
        inner.value.value
        for inner in ast.walk(node)
        if isinstance(inner, ast.Expr)
        and isinstance(inner.value, ast.Constant)
        and isinstance(inner.value.value, str)
    ]


def is_inert(statement: ast.stmt) -> bool:
    """Say whether a statement does nothing at all: `pass`, a docstring, `...`."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    known = _FIELDS.get(kind)
    if known is None:
        known = _FIELDS[kind] = tuple(sorted(name for name in kind._fields if name not in _LEFT_OUT))
    return known


def _expanded(node: ast.AST, omit: Container[ast.AST]) -> list[ast.AST | str]:
    """Write a node as text around the nodes inside it."""
    match node:
        case ast.Constant():
            return [_constant(node.value)]
        case ast.JoinedStr():
            return ["JoinedStr(", *_text_parts(node), ")"]
        case ast.FormattedValue():
            return _formatted(node)
        case ast.AnnAssign(value=ast.expr() as assigned) if node.annotation in omit:
            return _by_fields(ast.Assign(targets=[node.target], value=assigned), omit)
        case _:
            return _by_fields(node, omit)


def _by_fields(node: ast.AST, omit: Container[ast.AST]) -> list[ast.AST | str]:
    parts = _Parts(f"{type(node).__name__}(")
    for name in _fields(type(node)):
        value = getattr(node, name, None)
        if isinstance(value, list):
            items = _items(name, cast("list[object]", value), omit)
            if items:
                parts.text += f"{name}=["
                for item in items:
                    parts.add(item)
                    parts.text += ","
                parts.text += "];"
        elif value is not None and not (isinstance(value, ast.AST) and value in omit):
            parts.text += f"{name}="
            parts.add(value)
            parts.text += ";"
    return parts.done(")")


def _items(name: str, items: list[object], omit: Container[ast.AST]) -> list[object]:
    if name in _BLOCKS:
        items = [item for item in items if not (isinstance(item, ast.stmt) and is_inert(item))]
    return [item for item in items if not (isinstance(item, ast.AST) and item in omit)] if omit else items


class _Parts:
    """Nodes and the text between them; nodes without inner ones are text at once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.parts: list[ast.AST | str] = []

    def add(self, value: object) -> None:
        match value:
            case ast.Name():
                self.text += f"Name(id={value.id!a};)"
            case ast.Constant():
                self.text += _constant(value.value)
            case ast.AST():
                self.parts += [self.text, value]
                self.text = ""
            case None:
                self.text += "-"  # the key of `**other` in a dict, which is not the constant None
            case _:
                self.text += _constant(value)

    def done(self, text: str) -> list[ast.AST | str]:
        return [*self.parts, self.text + text]


def _formatted(node: ast.FormattedValue) -> list[ast.AST | str]:
    """Write a value in an f-string; Pythons differ in how they write an empty format."""
    parts: list[ast.AST | str] = ["FormattedValue(", node.value, f";{node.conversion};"]
    if isinstance(node.format_spec, ast.JoinedStr) and _text_parts(node.format_spec):
        parts.append(node.format_spec)
    return [*parts, ")"]


def _text_parts(node: ast.JoinedStr) -> list[ast.AST | str]:
    """Join the constant parts of an f-string, which Pythons split in different places."""
    merged: list[ast.AST | str] = []
    text = ""
    for value in node.values:
        if isinstance(value, ast.Constant):
            text += str(value.value)
            continue
        merged += [ascii(text), value] if text else [value]
        text = ""
    return [*merged, ascii(text)] if text else merged


def _constant(value: object) -> str:
    match value:
        case bool() | None:
            return str(value)
        case str():
            return ascii(value)  # what `repr` escapes depends on the Unicode tables of the Python
        case int():
            return f"int:{value:x}"
        case _:
            return f"{type(value).__name__}:{value!r}"
