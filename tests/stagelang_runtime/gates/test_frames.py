from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from stagelang.origin import Origin
from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.gates.check import check_table
from stagelang_runtime.gates.frames import read_frame

HERE = Origin("pipeline.py", 1)
NA: Any = pd.NA


def contract(type: str, *, nullable: bool, **limits: Any) -> Contract:
    column = Column(name="x", type=type, nullable=nullable, origin=HERE, **limits)
    return Contract(
        name="T", version="1", owner="", description="", closed=False, min_rows=1, max_rows=None,
        columns=(column,), digest="", origin=HERE,
    )  # fmt: skip


def verdicts(values: Any, type: str, **limits: Any) -> str:
    """Give the verdicts where missing values are refused and where they are allowed, as 'strict nullable'."""
    frame = read_frame(pd.DataFrame({"x": values})).table
    return " ".join(
        check_table(frame, contract(type, nullable=nullable, **limits)).verdict for nullable in (False, True)
    )


def series(values: list[Any], dtype: Any) -> Any:
    return pd.Series(values, dtype=dtype)


UTC = pd.to_datetime(["2026-01-01", "2026-06-01"], utc=True)
ORDERED = pd.CategoricalDtype(["low", "high"], ordered=True)
UNSEEN = pd.CategoricalDtype(["a", "b", "never"])


MATRIX: list[tuple[Any, str, dict[str, Any], str]] = [
    (series([1, 2], "int64"), "int", {"ge": 1}, "pass pass"),
    (series([1, 2], "int64"), "float", {"ge": 1}, "pass pass"),
    (series([1, 2], "int64"), "str", {}, "fail fail"),
    (series([1, 2], "int64"), "bool", {}, "fail fail"),
    (series([1, 2], "Int64"), "int", {"ge": 1}, "pass pass"),
    (series([1, None], "Int64"), "int", {"ge": 1}, "fail pass"),
    (series([1, None], "float64"), "int", {"ge": 1}, "fail pass"),
    (series([1.5, None], "float64"), "int", {"ge": 1}, "fail fail"),
    (series([1.5, float("nan")], "float64"), "float", {"ge": 1}, "fail pass"),
    (series([True, False], "bool"), "bool", {}, "pass pass"),
    (series([True, None], "boolean"), "bool", {}, "fail pass"),
    (series([True, False], "bool"), "int", {}, "fail fail"),
    (series(["a", "b"], "string"), "str", {"pattern": "[ab]"}, "pass pass"),
    (series(["a", NA], "string"), "str", {"pattern": "[ab]"}, "fail pass"),
    (series(["a", "b"], "object"), "str", {"pattern": "[ab]"}, "pass pass"),
    (series(["a", None, float("nan")], "object"), "str", {"pattern": "[ab]"}, "fail pass"),
    (series([1, 2], "object"), "int", {"ge": 1}, "pass pass"),
    (series(["a", "b"], "category"), "str", {"isin": ("a", "b")}, "pass pass"),
    (series(["a", None], "category"), "str", {"isin": ("a", "b")}, "fail pass"),
    (series(["low", "high"], ORDERED), "str", {"isin": ("low", "high")}, "pass pass"),
    (series(["a", "b"], UNSEEN), "str", {"isin": ("a", "b")}, "pass pass"),
    (series(["a", "c"], "category"), "str", {"isin": ("a", "b")}, "fail fail"),
    (series([1, 2], "category"), "int", {"le": 1}, "fail fail"),
    (pd.to_datetime(["2026-01-01", "2026-06-01"]), "datetime", {"ge": "2026-01-01"}, "pass pass"),
    (series(["2026-01-01", None], "datetime64[us]"), "datetime", {"ge": "2026-01-01"}, "fail pass"),
    (pd.to_datetime(["2026-01-01", "2026-06-01"]), "date", {"ge": "2026-01-01"}, "pass pass"),
    (UTC, "datetime", {"ge": "2026-01-01"}, "pass pass"),
    (UTC.tz_convert("Asia/Tokyo"), "datetime", {"ge": "2026-01-01"}, "pass pass"),
    (UTC.tz_convert("America/New_York"), "datetime", {"ge": "2026-01-01T00:00:01Z"}, "fail fail"),
    (series([None, None], "datetime64[ns]"), "datetime", {}, "fail pass"),
    (series([dt.date(2026, 1, 1), None], "object"), "date", {"le": "2026-01-01"}, "fail pass"),
    (series([None, None], "object"), "str", {}, "fail pass"),
    (series([None, None], "float64"), "int", {"ge": 0}, "fail not_evaluated"),
    (series([], "object"), "str", {}, "fail fail"),
    (series([{"a": 1}, {"a": 2}], "object"), "str", {}, "fail fail"),
    (series([[1.0, 2.0], [3.0, 4.0]], "object"), "list<float>", {"length": 2}, "pass pass"),
    (series([b"a", None], "object"), "bytes", {}, "fail pass"),
    (series([dt.timedelta(1)], "timedelta64[ns]"), "int", {}, "fail fail"),
    (pd.period_range("2026-01", periods=2, freq="M"), "date", {}, "fail fail"),
]  # fmt: skip


@pytest.mark.parametrize(("values", "type", "limits", "expected"), MATRIX)
def test_pandas_types_have_their_verdicts_strict_and_nullable(
    values: Any, type: str, limits: dict[str, Any], expected: str
) -> None:
    assert verdicts(values, type, **limits) == expected


def test_a_misspelt_category_is_a_violation_and_never_becomes_missing() -> None:
    frame = read_frame(pd.DataFrame({"x": series(["cat", "dgo"], "category")})).table
    report = check_table(frame, contract("str", nullable=True, isin=("cat", "dog")))

    assert report.results[-1].examples == ({"row": 1, "value": "dgo"},)


def test_what_arrow_cannot_hold_is_a_problem_and_the_other_columns_stay() -> None:
    frame = pd.DataFrame({"x": [1, "a"], "y": [{"a": 1}, 2], "big": [2**80, 1], "z": [1, 2]})

    done = read_frame(frame)

    assert done.table.column_names == ["z"]
    assert [str(problem) for problem in done.problems] == [
        "column 'x': expected values of one type, found a mix of int and str",
        "column 'y': expected values of one type, found a mix of dict and int",
        "column 'big': expected values of one type, found an int beyond 64 bits",
    ]


def test_two_columns_of_one_name_fail_and_neither_is_judged() -> None:
    table = read_frame(pd.DataFrame([[1, 2]], columns=["x", "x"])).table  # pyright: ignore[reportArgumentType]
    report = check_table(table, contract("int", nullable=True, ge=0))

    assert [(r.name, r.verdict, r.found) for r in report.results[1:]] == [
        ("distinct_names", "fail", "'x'"),
        ("present", "pass", ""),
        ("type", "not_evaluated", "two columns have this name"),
        ("ge", "not_evaluated", "two columns have this name"),
    ]


def test_columns_of_several_levels_are_named_by_all_of_them() -> None:
    columns = pd.MultiIndex.from_tuples([("x", "a"), ("x", "b")])
    table = read_frame(pd.DataFrame([[1, 2]], columns=columns)).table

    assert table.column_names == ["('x', 'a')", "('x', 'b')"]
    assert check_table(table, contract("int", nullable=True)).verdict == "fail"


def test_the_index_of_pandas_is_dropped_and_its_order_of_rows_kept() -> None:
    frame = pd.DataFrame({"x": [1, 2]}, index=[7, 3])

    assert read_frame(frame).table.to_pydict() == {"x": [1, 2]}


def test_polars_and_arrow_are_read_as_they_are() -> None:
    table = pa.table({"x": ["a"]})

    assert read_frame(table).table is table
    assert (
        check_table(read_frame(pl.DataFrame({"x": ["a"]})).table, contract("str", nullable=False)).verdict
        == "pass"
    )


def test_nan_of_polars_is_missing() -> None:
    table = read_frame(pl.DataFrame({"x": [1.0, float("nan")]})).table

    assert check_table(table, contract("float", nullable=False)).verdict == "fail"
    assert check_table(table, contract("float", nullable=True)).verdict == "pass"
