"""Writes code objects as text that is stable between processes, for functions that have no source."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from types import CodeType
from typing import cast


def code_text(code: CodeType, doc: str | None = None) -> str:
    """Write what a code object does: no file, no lines, no docstring; valid within one Python minor version."""
    constants = list(code.co_consts)
    if doc is not None and constants and constants[0] == doc:
        constants[0] = None
    parts = (
        code.co_name, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags,
        code.co_code.hex(), code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars,
        code.co_exceptiontable.hex(), [_constant(each) for each in constants],
    )  # fmt: skip
    return repr(parts)


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """Give a code object and those of the functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_in(constant)


def same_code(code: CodeType, source: str) -> bool:
    """Say whether a source text holds what a code object was compiled from."""
    future = code.co_flags & 0x1FE0000  # the `from __future__` flags
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = compile(source, code.co_filename, "exec", flags=future, dont_inherit=True)
    return any(_alike(code, each) for each in codes_in(compiled))


def _alike(one: CodeType, other: CodeType) -> bool:
    same_place = (one.co_name, one.co_firstlineno) == (other.co_name, other.co_firstlineno)
    return same_place and one.co_names == other.co_names and code_text(one) == code_text(other)


def _constant(value: object) -> object:
    match value:
        case CodeType():
            return code_text(value)
        case frozenset():
            return ("frozenset", sorted(repr(_constant(each)) for each in cast("frozenset[object]", value)))
        case tuple():
            return ("tuple", [_constant(each) for each in cast("tuple[object, ...]", value)])
        case _:
            return (type(value).__name__, repr(value))
