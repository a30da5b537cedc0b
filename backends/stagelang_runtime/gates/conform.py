"""Bringing a table to its contract's types, without losing anything on the way."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.gates.casting import Cast, cast_column
from stagelang_runtime.gates.report import Json, examples_at
from stagelang_runtime.gates.types import is_known


@final
@frozen(kw_only=True)
class Problem:
    """Why a column can't be had as the contract says; `rows` is how many rows are to blame, if it is about rows."""

    column: str
    expected: str
    found: str
    rows: int = 0
    examples: tuple[Json, ...] = ()

    def __str__(self) -> str:
        return f"column {self.column!r}: expected {self.expected}, found {self.found}"


@final
@frozen(kw_only=True)
class Conformed:
    """A table with the contract's columns first, in its order and types, then all others; and what could not be done.

    A column with a problem stays as it came.
    """

    table: pa.Table
    problems: tuple[Problem, ...] = ()


def conform(table: pa.Table, contract: Contract) -> Conformed:
    """Cast the contract's columns to their canonical types where that loses nothing.

    NaN in a float column becomes missing. Other columns are kept; in a closed contract each is a problem as well,
    and so is each name that occurs twice.
    """
    names = table.column_names
    repeated = (
        {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set[str]()
    )
    problems = [
        Problem(column=name, expected="one column of this name", found=f"{names.count(name)}")
        for name in sorted(repeated)
    ]
    declared = {column.name for column in contract.columns}
    columns: dict[str, list[pa.ChunkedArray]] = {}
    for column in contract.columns:
        if column.name not in names:
            problems.append(missing_column(column, names))
        elif column.name not in repeated:
            found = table.column(column.name)
            cast = _cast(found, column)
            problems += _problem(found, column, cast)
            columns[column.name] = [found if cast.column is None else cast.column]
    if contract.closed:
        problems += [unexpected_column(name) for name in names if name not in declared]
    for index, name in enumerate(names):
        if name not in declared or name in repeated:
            columns.setdefault(name, []).append(table.column(index))
    arrays = [array for group in columns.values() for array in group]
    return Conformed(
        table=_table(arrays, [name for name, group in columns.items() for _ in group], table),
        problems=tuple(problems),
    )


def _table(arrays: list[pa.ChunkedArray], names: list[str], source: pa.Table) -> pa.Table:
    # A table without columns can't say how many rows it has, so it is kept as it is.
    if not arrays:
        return source
    return pa.Table.from_arrays(arrays, names=names)


def _cast(found: pa.ChunkedArray, column: Column) -> Cast:
    if not is_known(column.type):
        return Cast(None, f"a type that this version of stagelang doesn't know: {column.type!r}")
    return cast_column(found, column.type)


def _problem(found: pa.ChunkedArray, column: Column, cast: Cast) -> list[Problem]:
    if cast.column is not None:
        return []
    rows = 0 if cast.bad is None else pc.sum(cast.bad).as_py() or 0
    examples = () if cast.bad is None else examples_at(found, cast.bad)
    return [Problem(column=column.name, expected=column.type, found=cast.found, rows=rows, examples=examples)]


def missing_column(column: Column, present: Iterable[str]) -> Problem:
    """Say that a column is missing, and which present one may be meant."""
    near = nearest(column.name, present)
    found = f"none; did you mean {near!r}?" if near else "none"
    return Problem(column=column.name, expected=f"a column of {column.type}", found=found)


def unexpected_column(name: str) -> Problem:
    """Say that a closed contract doesn't name a column."""
    return Problem(column=name, expected="only the columns that the closed contract names", found="one more")


def nearest(name: str, present: Iterable[str]) -> str | None:
    """Give the present name that is most like this one, if any is, whatever its case and outer blanks."""
    plain: Mapping[str, str] = {other.strip().lower(): other for other in present}
    found = difflib.get_close_matches(name.lower(), plain, n=1, cutoff=0.7)
    return plain[found[0]] if found else None
