"""The gate between populations in time: an earlier part ends, and its embargo with it, before a later one begins."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from stagelang_runtime.gates.report import GateResult


def check_times(parts: Mapping[str, pa.Table], column: str, embargo: float) -> tuple[GateResult, ...]:
    """Judge each pair of parts, given from the earliest to the latest.

    Args:
        parts: the parts' rows.
        column: their time.
        embargo: seconds that have to lie between the last row of one and the first row of the next, at least.
    """
    return tuple(
        _pair(column, embargo, one, parts[one], other, parts[other])
        for one, other in itertools.combinations(parts, 2)
    )


def _pair(column: str, embargo: float, one: str, left: pa.Table, other: str, right: pa.Table) -> GateResult:
    ends = f"{embargo:g} s after the last {one!r} row" if embargo else f"after the last {one!r} row"
    expected = f"{other!r} rows {ends}"
    last, first = _moments(left, column), _moments(right, column)
    if last is None or first is None:
        found = "a part without a moment"
        return GateResult(
            name="times", column=column, verdict="not_evaluated", expected=expected, found=found
        )
    until = int(pc.max(last).as_py()) + round(embargo * 1_000_000)
    early = int(pc.sum(pc.less(first, until)).as_py())
    if not embargo:
        early = int(pc.sum(pc.less_equal(first, until)).as_py())
    return GateResult(
        name="times",
        column=column,
        verdict="fail" if early else "pass",
        expected=expected,
        found=f"{early} rows before that" if early else "",
        violations=early,
        examined=len(first),
    )


def _moments(table: pa.Table, column: str) -> pa.ChunkedArray | None:
    """Give microseconds since 1970, missing ones aside; None where there is no such column of times, or nothing in it."""
    if table.column_names.count(column) != 1:
        return None
    found = table.column(column)
    if not (pat.is_timestamp(found.type) or pat.is_date(found.type)):
        return None
    zone = found.type.tz if pat.is_timestamp(found.type) else None
    known = found.cast(pa.timestamp("us", tz=zone), safe=False).cast(pa.int64()).drop_null()
    return known if len(known) else None
