"""The gate of an order: whether rows stand as their contract says, the least first and missing values last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stagelang_compiler.plan import Contract
from stagelang_runtime.gates.report import GateResult, first_rows, json_value


def order_result(table: pa.Table, contract: Contract) -> GateResult:
    """Judge whether a table in its contract's types is sorted by the contract's columns; the row that comes too late breaks it."""
    names = contract.sorted_by
    expected = f"rows sorted by {', then '.join(map(repr, names))}"
    absent = [name for name in names if table.column_names.count(name) != 1]
    if absent:
        found = f"no single column {absent[0]!r}"
        return GateResult(name="sorted_by", verdict="not_evaluated", expected=expected, found=found)
    try:
        late = late_rows([table.column(name) for name in names])
    except (pa.ArrowException, ValueError) as error:
        return GateResult(name="sorted_by", verdict="error", expected=expected, found=str(error))
    count = int(pc.sum(late).as_py() or 0)
    if not count:
        return GateResult(name="sorted_by", verdict="pass", expected=expected, examined=table.num_rows)
    rows = [row + 1 for row in first_rows(late)]
    examples = tuple(
        {"row": row, "value": [json_value(table.column(name)[row]) for name in names]} for row in rows
    )
    return GateResult(
        name="sorted_by",
        verdict="fail",
        expected=expected,
        found=f"{count} of {table.num_rows} rows that come after a greater one, the first in row {rows[0]}",
        violations=count,
        examined=table.num_rows,
        examples=examples,
    )


def late_rows(columns: Sequence[pa.ChunkedArray]) -> Any:
    """Say of each row but the first whether it is less than the one before it, compared column by column."""
    length = max(len(columns[0]) - 1, 0)
    late, equal = pa.repeat(pa.scalar(False), length), pa.repeat(pa.scalar(True), length)
    for column in columns:
        before, after = column.slice(0, length), column.slice(1)
        less, same = _compared(before, after)
        late = pc.or_(late, pc.and_(equal, less))
        equal = pc.and_(equal, same)
    return late


def _compared(before: pa.ChunkedArray, after: pa.ChunkedArray) -> tuple[Any, Any]:
    """Say of each pair whether the second is less than the first, and whether they are equal; missing ones are the greatest."""
    less, same = pc.less(after, before), pc.equal(after, before)
    if not (before.null_count or after.null_count):
        return less, same
    was_missing, is_missing = pc.is_null(before), pc.is_null(after)
    appeared = pc.and_(was_missing, pc.invert(is_missing))
    less = pc.or_(pc.fill_null(less, False), appeared)
    return less, pc.or_(pc.fill_null(same, False), pc.and_(was_missing, is_missing))
