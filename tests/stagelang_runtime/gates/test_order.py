"""Rows are judged to be in order just where sorting them stably would leave each in its place."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeAlias

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang_runtime.gates.check import check_table
from stagelang_runtime.gates.order import order_result
from tests.stagelang_runtime.gates.test_check import column, contract

Answer: TypeAlias = tuple[str, int, list[Any]]
DAYS = [dt.date(2026, 1, number) for number in (1, 2, 2, 3)]


def judged(columns: dict[str, Any], types: dict[str, str], *by: str) -> Answer:
    said = contract(*(column(name, kind, nullable=True) for name, kind in types.items()), sorted_by=by)
    report = check_table(pa.table(columns), said)
    (result,) = (each for each in report.results if each.name == "sorted_by")
    return result.verdict, result.violations, [each["row"] for each in result.examples]


CASES: list[tuple[list[Any], str, Answer]] = [
    ([1, 2, 2, 3], "int", ("pass", 0, [])),
    ([1, 3, 2, 3], "int", ("fail", 1, [2])),
    ([3, 2, 1], "int", ("fail", 2, [1, 2])),
    ([1.0, 2.0, None, None], "float", ("pass", 0, [])),
    ([1.0, None, 2.0], "float", ("fail", 1, [2])),
    ([1.0, float("nan"), 2.0], "float", ("fail", 1, [2])),
    ([-0.0, 0.0, -0.0], "float", ("pass", 0, [])),
    (["a", "b", "é"], "str", ("pass", 0, [])),
    (["é", "b"], "str", ("fail", 1, [1])),
    ([False, True], "bool", ("pass", 0, [])),
    ([True, False], "bool", ("fail", 1, [1])),
    ([b"a", b"b"], "bytes", ("pass", 0, [])),
    (DAYS, "date", ("pass", 0, [])),
    (DAYS[::-1], "date", ("fail", 2, [1, 3])),
    ([dt.time(9), dt.time(8)], "time", ("fail", 1, [1])),
    ([7], "int", ("pass", 0, [])),
    ([None, None], "int", ("pass", 0, [])),
]


@pytest.mark.parametrize(("values", "type", "expected"), CASES)
def test_a_column_of_each_type_is_judged(values: list[Any], type: str, expected: Answer) -> None:
    assert judged({"x": values}, {"x": type}, "x") == expected


def test_a_second_column_decides_among_rows_that_are_equal_in_the_first() -> None:
    types = {"x": "int", "y": "int"}
    assert judged({"x": [1, 1, 2], "y": [5, 6, 0]}, types, "x", "y") == ("pass", 0, [])
    assert judged({"x": [1, 1, 2], "y": [6, 5, 0]}, types, "x", "y") == ("fail", 1, [1])
    assert judged({"x": [None, None], "y": [6, 5]}, types, "x", "y") == ("fail", 1, [1])


def test_an_order_is_said_with_the_first_row_that_breaks_it() -> None:
    said = contract(column("x", "int"), sorted_by=("x",))
    result = order_result(pa.table({"x": [1, 3, 2]}), said)
    assert str(result) == (
        "table: expected rows sorted by 'x', found 1 of 3 rows that come after a greater one, the first in row 2"
    )
    assert result.examples == ({"row": 2, "value": [2]},)


def test_a_table_in_chunks_is_judged_across_them() -> None:
    chunked = pa.table({"x": pa.chunked_array([[1, 5], [], [4, 9]])})
    assert order_result(chunked, contract(column("x", "int"), sorted_by=("x",))).violations == 1


def test_a_column_that_is_missing_or_unordered_never_passes() -> None:
    absent = order_result(pa.table({"y": [1]}), contract(column("x", "int"), sorted_by=("x",)))
    assert absent.verdict == "not_evaluated"
    lists = order_result(pa.table({"x": [[2], [1]]}), contract(column("x", "list<int>"), sorted_by=("x",)))
    assert lists.verdict == "error"


KEY = st.none() | st.integers(0, 3)


@given(st.lists(st.tuples(KEY, KEY), max_size=8))
def test_rows_pass_just_where_a_stable_sort_leaves_them(rows: list[tuple[int | None, int | None]]) -> None:
    table = pa.table(
        {"x": pa.array([x for x, _ in rows], pa.int64()), "y": pa.array([y for _, y in rows], pa.int64())}
    )
    said = contract(
        column("x", "int", nullable=True), column("y", "int", nullable=True), sorted_by=("x", "y")
    )
    best = sorted(rows, key=lambda row: [(value is None, value or 0) for value in row])
    assert (order_result(table, said).verdict == "pass") == (rows == best)
