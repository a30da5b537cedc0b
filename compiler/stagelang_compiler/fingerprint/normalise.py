"""Canonical text of a piece of Python: equal for equal programs, on every Python that parses it.

The text is this module's own, since `ast.dump` and `ast.unparse` differ between Python minors. It leaves out what can't
change what runs: positions, comments, docstrings and other bare constants, `pass`, type comments, and fields that are
empty (so a field that a later Python adds changes nothing). It uses the standard library only.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Collection, Iterable
from typing import cast

_LEFT_OUT = frozenset({"ctx", "type_comment", "kind", "type_ignores"})
_BLOCKS = frozenset({"body", "orelse", "finalbody"})
_BY_HAND = frozenset({ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.AnnAssign})
_SHAPES: dict[type[ast.AST], tuple[str, tuple[tuple[str, str], ...]]] = {}


def canonical(node: ast.AST, omit: Collection[ast.AST] = ()) -> str:
    """Write a syntax tree as text, without the subtrees in `omit` (compared by identity)."""
    written: list[str] = []
    try:
        _write(node, omit, written.append)
    except RecursionError:  # long chains nest deeper than calls may
        written = _written_flat(node, omit)
    return "".join(written)


def _write(node: ast.AST, omit: Collection[ast.AST], write: Callable[[str], None]) -> None:
    kind = type(node)
    if kind in _BY_HAND:
        for part in _expanded(node, omit):
            if isinstance(part, str):
                write(part)
            else:
                _write(part, omit, write)
        return
    opening, fields = _SHAPES.get(kind) or _shape(kind)
    write(opening)
    held = vars(node)
    for name, named in fields:
        value = held.get(name)
        if value is None or (omit and isinstance(value, ast.AST) and value in omit):
            continue
        if type(value) is list:
            held_items = cast("list[object]", value)
            items = _items(name, held_items, omit) if omit or name in _BLOCKS else held_items
            if items:
                write(named)
                write("[")
                for item in items:
                    _write_value(item, omit, write)
                    write(",")
                write("];")
        else:
            write(named)
            _write_value(value, omit, write)
            write(";")
    write(")")


def _write_value(value: object, omit: Collection[ast.AST], write: Callable[[str], None]) -> None:
    kind = type(value)
    if kind is str:
        write(ascii(value))
    elif isinstance(value, ast.AST) and kind is not ast.Name and kind is not ast.Constant:
        _write(value, omit, write)
    else:
        write(cast(str, _leaf(value)))


def _written_flat(node: ast.AST, omit: Collection[ast.AST]) -> list[str]:
    """Write the same without recursion."""
    written: list[str] = []
    pending: list[ast.AST | str] = [node]  # nodes still to expand, and text ready to be written
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            written.append(item)
        else:
            pending.extend(reversed(_expanded(item, omit)))
    return written


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


def _shape(kind: type[ast.AST]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Give how a node of a kind begins, and its fields, each with how it begins."""
    names = sorted(name for name in kind._fields if name not in _LEFT_OUT)
    shape = _SHAPES[kind] = (f"{kind.__name__}(", tuple((name, f"{name}=") for name in names))
    return shape


def _expanded(node: ast.AST, omit: Collection[ast.AST]) -> list[ast.AST | str]:
    """Write a node as text around the nodes inside it."""
    if type(node) not in _BY_HAND:
        return _by_fields(node, omit)
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


def _by_fields(node: ast.AST, omit: Collection[ast.AST]) -> list[ast.AST | str]:
    opening, fields = _SHAPES.get(type(node)) or _shape(type(node))
    parts: list[ast.AST | str] = [opening]
    for name, named in fields:
        value = getattr(node, name, None)
        if type(value) is list:
            items = _items(name, cast("list[object]", value), omit)
            if items:
                parts.append(f"{named}[")
                for item in items:
                    parts += (_leaf(item), ",")
                parts.append("];")
        elif value is not None and not (omit and isinstance(value, ast.AST) and value in omit):
            parts += (named, _leaf(value), ";")
    parts.append(")")
    return parts


def _items(name: str, items: list[object], omit: Collection[ast.AST]) -> list[object]:
    if name in _BLOCKS:
        items = [item for item in items if not (isinstance(item, ast.stmt) and is_inert(item))]
    return [item for item in items if not (isinstance(item, ast.AST) and item in omit)] if omit else items


def _leaf(value: object) -> ast.AST | str:
    """Write what holds no nodes as text at once; give any other node as it is."""
    if type(value) is ast.Name:
        return f"Name(id={value.id!a};)"
    if type(value) is ast.Constant:
        return _constant(value.value)
    if isinstance(value, ast.AST):
        return value
    return "-" if value is None else _constant(value)  # the key of `**other` in a dict, not the constant None


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
