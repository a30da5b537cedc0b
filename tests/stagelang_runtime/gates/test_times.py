from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa

from stagelang_runtime.gates.times import check_times

DAY = 86400.0


def days(*numbers: int | None) -> pa.Table:
    first = dt.date(2026, 1, 1)
    return pa.table({"day": [None if n is None else first + dt.timedelta(days=n) for n in numbers]})


def found(parts: dict[str, pa.Table], embargo: float = 0.0) -> list[tuple[Any, ...]]:
    return [(each.verdict, each.violations, each.expected) for each in check_times(parts, "day", embargo)]


def test_a_part_must_end_before_the_next_begins() -> None:
    assert found({"train": days(0, 1), "test": days(2, 3)}) == [
        ("pass", 0, "'test' rows after the last 'train' row")
    ]
    assert found({"train": days(0, 2), "test": days(1, 2, 3)}) == [
        ("fail", 2, "'test' rows after the last 'train' row")
    ]


def test_the_embargo_is_counted_from_the_last_row() -> None:
    parts = {"train": days(0, 1), "validation": days(5), "test": days(7)}
    says = "rows 345600 s after the last"
    assert found(parts, 4 * DAY) == [
        ("pass", 0, f"'validation' {says} 'train' row"),
        ("pass", 0, f"'test' {says} 'train' row"),
        ("fail", 1, f"'test' {says} 'validation' row"),
    ]


def test_what_has_no_moment_is_no_pass() -> None:
    assert found({"train": days(None), "test": days(1)})[0][0] == "not_evaluated"
    assert found({"train": pa.table({"other": [1]}), "test": days(1)})[0][0] == "not_evaluated"
    assert found({"train": pa.table({"day": ["monday"]}), "test": days(1)})[0][0] == "not_evaluated"


def test_moments_of_any_zone_and_unit_are_compared() -> None:
    noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    early = pa.table({"day": pa.array([noon], pa.timestamp("ms", tz="Asia/Tokyo"))})
    late = pa.table({"day": pa.array([noon + dt.timedelta(microseconds=1)], pa.timestamp("us", tz="UTC"))})
    assert found({"train": early, "test": late})[0][0] == "pass"
    assert found({"train": late, "test": early})[0][0] == "fail"
