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
    pending: list[object] = [node]  # nodes still to expand, and text ready to be written
    while pending:
        item = pending.pop()
        if type(item) is str:
            written.append(item)
        elif isinstance(item, ast.Constant):
            written.append(_constant(item.value))
        elif isinstance(item, ast.AST):
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


def _expanded(node: ast.AST, omit: Container[ast.AST]) -> list[object]:
    kind: type[ast.AST] = type(node)
    if kind is ast.JoinedStr or kind is ast.FormattedValue:
        return _format_string(node)
    parts: list[object] = [kind.__name__, "("]
    for name in _fields(kind):
        value = getattr(node, name, None)
        if value is None or (kind is ast.AnnAssign and name == "simple"):
            continue
        if isinstance(value, list):
            items = cast("list[object]", value)
            if name in _BLOCKS:
                items = [item for item in items if not (isinstance(item, ast.stmt) and is_inert(item))]
            _append_list(
                parts, name, [item for item in items if not (isinstance(item, ast.AST) and item in omit)]
            )
        elif isinstance(value, ast.AST):
            if value not in omit:
                parts += [name, "=", value, ";"]
        else:
            parts.append(f"{name}={_constant(value)};")
    parts.append(")")
    return parts


def _append_list(parts: list[object], name: str, items: list[object]) -> None:
    if not items:
        return
    parts += [name, "=["]
    for item in items:
        missing = "-"  # the key of `**other` in a dict, which is not the constant None
        parts += [item if isinstance(item, ast.AST) else missing if item is None else _constant(item), ","]
    parts.append("];")


def _format_string(node: ast.AST) -> list[object]:
    """Expand an f-string; Pythons differ in how they split its constant parts and write an empty format."""
    if isinstance(node, ast.FormattedValue):
        parts: list[object] = ["FormattedValue(", node.value, f";{node.conversion};"]
        if isinstance(node.format_spec, ast.JoinedStr) and _text_parts(node.format_spec):
            parts.append(node.format_spec)
        return [*parts, ")"]
    assert isinstance(node, ast.JoinedStr)
    return ["JoinedStr(", *_text_parts(node), ")"]


def _text_parts(node: ast.JoinedStr) -> list[object]:
    merged: list[object] = []
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
