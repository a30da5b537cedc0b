from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang_runtime.gates.casting import cast_column

DIGITS = "decimals that no float holds exactly"
FRACTIONS = "floats that are not whole"
HALVES = pa.list_(pa.float64())
NAIVE = dt.datetime.fromisoformat("2026-01-02T03:04:05.000006")
MIDNIGHT = dt.datetime.fromisoformat("2026-01-02")
INF = float("inf")
NOON = dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)


def cast(values: Any, found: pa.DataType, type: str) -> tuple[Any, str]:
    """Give the values after the cast and their Arrow type; or which rows are to blame and what was found."""
    result = cast_column(pa.chunked_array([pa.array(values, found)]), type)
    if result.column is None:
        assert result.bad is not None
        return [bool(bad) for bad in result.bad.to_pylist()], result.found
    return result.column.to_pylist(), str(result.column.type)


@pytest.mark.parametrize(
    ("values", "found", "type", "expected"),
    [
        ([1, None], pa.int8(), "int", ([1, None], "int64")),
        ([2**63 - 1], pa.uint64(), "int", ([2**63 - 1], "int64")),
        ([1.0, None, float("nan")], pa.float64(), "int", ([1, None, None], "int64")),
        ([-(2.0**63)], pa.float64(), "int", ([-(2**63)], "int64")),
        ([Decimal("7.00"), None], pa.decimal128(9, 2), "int", ([7, None], "int64")),
        ([0.5, None], pa.float32(), "float", ([0.5, None], "double")),
        ([1.5, float("nan")], pa.float64(), "float", ([1.5, None], "double")),
        ([INF, -INF, float("nan")], pa.float64(), "float", ([INF, -INF, None], "double")),
        ([2**53, 2**60], pa.int64(), "float", ([2.0**53, 2.0**60], "double")),
        ([Decimal("0.10")], pa.decimal128(9, 2), "float", ([0.1], "double")),
        (["a", None], pa.large_string(), "str", (["a", None], "string")),
        (["a", None], pa.string_view(), "str", (["a", None], "string")),
        (["a", None, "a"], pa.dictionary(pa.int8(), pa.string()), "str", (["a", None, "a"], "string")),
        ([1, 2], pa.dictionary(pa.int8(), pa.int16()), "int", ([1, 2], "int64")),
        ([None, None], pa.null(), "date", ([None, None], "date32[day]")),
        ([True, None], pa.bool_(), "bool", ([True, None], "bool")),
        ([b"ab"], pa.binary(2), "bytes", ([b"ab"], "binary")),
        ([dt.date(2026, 1, 2)], pa.date64(), "date", ([dt.date(2026, 1, 2)], "date32[day]")),
        ([MIDNIGHT, None], pa.timestamp("ns"), "date", ([dt.date(2026, 1, 2), None], "date32[day]")),
        ([NAIVE], pa.timestamp("ns"), "datetime", ([NAIVE], "timestamp[us]")),
        ([NOON], pa.timestamp("s", tz="Asia/Tokyo"), "datetime", ([NOON], "timestamp[us, tz=UTC]")),
        ([dt.date(2026, 1, 2)], pa.date32(), "datetime", ([MIDNIGHT], "timestamp[us]")),
        ([dt.time(1, 2, 3)], pa.time32("s"), "time", ([dt.time(1, 2, 3)], "time64[us]")),
        ([[1.0], None, []], pa.large_list(pa.float32()), "list<float>", ([[1.0], None, []], "list<item: double>")),
        ([[1, 2], [3, 4]], pa.list_(pa.int32(), 2), "list<int>", ([[1, 2], [3, 4]], "list<item: int64>")),
        ([[1.0, 2.0], None, [3.0]], pa.list_(pa.float64()), "list<int>", ([[1, 2], None, [3]], "list<item: int64>")),
    ],
)  # fmt: skip
def test_what_loses_nothing_is_cast(
    values: Any, found: pa.DataType, type: str, expected: tuple[Any, str]
) -> None:
    assert cast(values, found, type) == expected


@pytest.mark.parametrize(
    ("values", "found", "type", "blamed"),
    [
        ([1.0, 1.5, None], pa.float64(), "int", ([False, True, False], "floats that are not whole")),
        ([2.0**63, float("inf")], pa.float64(), "int", ([True, True], "floats that are not whole")),
        ([1, 2**63], pa.uint64(), "int", ([False, True], "ints beyond 64 bits with a sign")),
        ([Decimal("7.01"), Decimal(7)], pa.decimal128(9, 2), "int", ([True, False], "decimals that are not whole")),
        ([2**53 + 1, 1], pa.int64(), "float", ([True, False], "ints that no float holds exactly")),
        ([2**63 - 1, 2**62], pa.int64(), "float", ([True, False], "ints that no float holds exactly")),
        ([2**64 - 1, 2**63], pa.uint64(), "float", ([True, False], "ints that no float holds exactly")),
        ([Decimal("0.12345678901234567890")], pa.decimal128(30, 20), "float", ([True], DIGITS)),
        (["1", None], pa.string(), "int", ([True, False], "str")),
        ([True], pa.bool_(), "int", ([True], "bool")),
        ([1], pa.int64(), "bool", ([True], "int")),
        ([1], pa.int64(), "str", ([True], "int")),
        ([b"a"], pa.binary(), "str", ([True], "bytes")),
        ([{"a": 1}, None], pa.struct([("a", pa.int64())]), "str", ([True, False], "struct<a: int64>")),
        ([NAIVE], pa.timestamp("us"), "date", ([True], "datetimes with a time of day")),
        ([NOON], pa.timestamp("us", tz="UTC"), "date", ([True], "datetimes with a zone")),
        ([1_000, 1_001], pa.timestamp("ns"), "datetime", ([False, True], "times finer than a microsecond")),
        ([1_000, 1_001], pa.time64("ns"), "time", ([False, True], "times finer than a microsecond")),
        ([[1.0], None, [2.0, 2.5], []], HALVES, "list<int>", ([False, False, True, False], f"lists of {FRACTIONS}")),
        ([["a"], []], pa.list_(pa.string()), "list<int>", ([True, True], "list<str>")),
    ],
)  # fmt: skip
def test_what_would_lose_something_is_refused_and_the_rows_are_named(
    values: Any, found: pa.DataType, type: str, blamed: tuple[Any, str]
) -> None:
    assert cast(values, found, type) == blamed


def test_a_time_too_far_for_microseconds_is_refused() -> None:
    assert cast([2**62], pa.timestamp("s"), "datetime") == ([True], "times finer than a microsecond")


def test_lists_keep_their_places_across_chunks_and_slices() -> None:
    whole = pa.array([[9.0], [1.0], None, [2.0, 3.0], [], [4.0]], pa.list_(pa.float64()))
    column = pa.chunked_array([whole.slice(1, 2), whole.slice(3, 3)])

    result = cast_column(column, "list<int>").column

    assert result is not None and result.to_pylist() == [[1], None, [2, 3], [], [4]]


@given(st.lists(st.none() | st.floats(width=64) | st.integers(-(2**63), 2**63 - 1).map(float)))
def test_a_float_column_becomes_int_exactly_when_every_value_survives(values: list[float | None]) -> None:
    result = cast_column(pa.chunked_array([pa.array(values, pa.float64())]), "int")
    present = [None if value is None or value != value else value for value in values]
    fits = [
        value is None or (abs(value) < INF and value == int(value) in range(-(2**63), 2**63))
        for value in present
    ]

    assert (result.column is not None) == all(fits)
    if result.column is not None:
        assert result.column.to_pylist() == present


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_an_int_column_becomes_float_exactly_when_every_value_survives(values: list[int | None]) -> None:
    result = cast_column(pa.chunked_array([pa.array(values, pa.int64())]), "float")

    assert (result.column is not None) == all(value is None or int(float(value)) == value for value in values)
    if result.column is not None:
        assert result.column.to_pylist() == values
