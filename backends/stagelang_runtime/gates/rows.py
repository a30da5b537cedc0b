"""The gate of a relation between rows: how many a stage gave for those that it read, and whether their keys are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.gates.report import EXAMPLES, GateResult, json_value

Columns: TypeAlias = Mapping[str, Column]

_COUNTS: Mapping[str, str] = {
    "one-to-one": "as many rows",
    "filter": "no more rows",
    "expand": "no fewer rows",
    "aggregate": "no more rows",
}


def compared_keys(rows: str, read: Contract | None, made: Contract | None) -> tuple[str, ...]:
    """Give the columns whose values a relation compares: keys that both tables have, or that the one takes from the other."""
    before: Columns = {column.name: column for column in read.columns} if read else {}
    after: Columns = {column.name: column for column in made.columns} if made else {}
    shared = [name for name in before if name in after and before[name].type == after[name].type]
    match rows:
        case "expand":
            return tuple(name for name in shared if before[name].key)
        case "aggregate":
            return tuple(name for name in shared if after[name].key)
        case _:
            return tuple(name for name in shared if before[name].key and after[name].key)


def row_results(
    rows: str,
    label: str,
    counts: tuple[int, int],
    keys: Mapping[str, tuple[pa.ChunkedArray, pa.ChunkedArray]],
) -> Iterator[GateResult]:
    """Judge a relation.

    Args:
        rows: the relation.
        label: the input that the rows are made of.
        counts: how many rows were read, and made.
        keys: the columns to compare, read and made.
    """
    read, made = counts
    holds = {"one-to-one": made == read, "expand": made >= read}.get(rows, made <= read)
    yield GateResult(
        name="rows",
        verdict="pass" if holds else "fail",
        expected=f"{_COUNTS[rows]} than {label!r} has".replace("as many rows than", "as many rows as"),
        found=f"{made} rows of {read}",
        violations=0 if holds else abs(made - read),
        examined=made,
    )
    for name, (before, after) in keys.items():
        if rows == "expand":
            yield _none_lost(name, before, after, label)
        else:
            yield _none_new(name, before, after, label)


def _none_new(name: str, before: Any, after: Any, label: str) -> GateResult:
    return _key_result(name, after, before, f"values that are in {label!r}", "that aren't there")


def _none_lost(name: str, before: Any, after: Any, label: str) -> GateResult:
    return _key_result(name, before, after, f"every value that is in {label!r}", "that are lost")


def _key_result(name: str, asked: Any, among: Any, expected: str, which: str) -> GateResult:
    distinct = asked.unique().drop_null()
    known = among.unique().drop_null().cast(distinct.type)
    wrong = distinct.filter(pc.invert(pc.is_in(distinct, value_set=known)))
    return GateResult(
        name="rows",
        column=name,
        verdict="fail" if len(wrong) else "pass",
        expected=expected,
        found=f"{len(wrong)} {which}, such as {json_value(wrong[0])!r}" if len(wrong) else "",
        violations=len(wrong),
        examined=len(distinct),
        examples=tuple({"value": json_value(each)} for each in wrong[:EXAMPLES]),
    )
