"""The gate between populations: no value of a key or group may stand on two sides of a split."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from stagelang_runtime.gates.report import EXAMPLES, GateResult, json_value


def check_disjoint(parts: Mapping[str, pa.Table], column: str) -> tuple[GateResult, ...]:
    """Judge each pair of parts: how many distinct values of the column both hold. Missing values are no value."""
    return tuple(
        _pair(column, one, parts[one], other, parts[other]) for one, other in itertools.combinations(parts, 2)
    )


def _pair(column: str, one: str, left: pa.Table, other: str, right: pa.Table) -> GateResult:
    expected = f"no value in both {one!r} and {other!r}"
    for name, table in ((one, left), (other, right)):
        if table.column_names.count(column) != 1:
            found = f"{table.column_names.count(column)} columns of this name in {name!r}"
            return GateResult(name="disjoint", column=column, verdict="error", expected=expected, found=found)
    if not (left.num_rows and right.num_rows):
        return GateResult(
            name="disjoint",
            column=column,
            verdict="not_evaluated",
            expected=expected,
            found="a part without rows",
        )
    try:
        mine, theirs = _distinct(left, column), _distinct(right, column)
        shared = mine.filter(pc.is_in(mine, value_set=theirs.cast(mine.type)))
    except pa.ArrowException as error:
        return GateResult(
            name="disjoint", column=column, verdict="error", expected=expected, found=str(error).lower()
        )
    return GateResult(
        name="disjoint",
        column=column,
        verdict="fail" if len(shared) else "pass",
        expected=expected,
        found=f"{len(shared)} values in both" if len(shared) else "",
        violations=len(shared),
        examined=len(mine),
        examples=tuple({"value": json_value(shared[index])} for index in range(min(EXAMPLES, len(shared)))),
    )


def _distinct(table: pa.Table, column: str) -> pa.Array:
    found = pc.unique(table.column(column))
    plain = found.dictionary_decode() if pat.is_dictionary(found.type) else found
    values: pa.Array = plain.drop_null()
    return values
