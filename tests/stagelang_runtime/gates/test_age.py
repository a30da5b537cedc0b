"""A table is as old as its newest row; what shows no age passes no gate."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from stagelang_runtime.gates.age import age_result
from stagelang_runtime.gates.check import check_table
from tests.stagelang_runtime.gates.test_check import column, contract

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SIX = 6 * 3600.0


def moments(*ages: float, zone: str | None = None) -> pa.Array:
    """Moments that are so many hours old."""
    values = [NOW - age * HOUR for age in ages]
    plain = [value if zone else value.replace(tzinfo=None) for value in values]
    array: pa.Array = pa.array(plain, pa.timestamp("us", tz=zone))
    return array


def judged(values: Any, seconds: float = SIX, type: str = "datetime") -> tuple[str, str]:
    said = contract(column("at", type, time=True, nullable=True), max_age_seconds=seconds)
    result = age_result(pa.table({"at": values}), said, NOW)
    return result.verdict, result.found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (moments(9, 5, 30), ("pass", "2026-11-23T07:00:00, which is 5 h old")),
        (moments(6), ("pass", "2026-11-23T06:00:00, which is 6 h old")),
        (moments(6.001), ("fail", "2026-11-23T05:59:56.400000, which is 6 h old")),
        (moments(50.5), ("fail", "2026-11-21T09:30:00, which is 2 d 2 h old")),
        (moments(5, zone="UTC"), ("pass", "2026-11-23T07:00:00+00:00, which is 5 h old")),
        (moments(0), ("pass", "2026-11-23T12:00:00, which is 0 s old")),
        (moments(7, -3), ("fail", "2026-11-23T05:00:00, which is 7 h old")),
        (moments(-3), ("fail", "no row that shows it")),
        (pa.array([None, None], pa.timestamp("us")), ("fail", "no row that shows it")),
        (pa.array([], pa.timestamp("us")), ("fail", "no rows")),
    ],
    ids=str,
)
def test_the_newest_row_that_is_not_in_the_future_tells_the_age(
    values: Any, expected: tuple[str, str]
) -> None:
    assert judged(values) == expected


@pytest.mark.parametrize(
    ("days_ago", "hours", "verdict"),
    [(0, 1, "pass"), (1, 12, "pass"), (1, 11, "fail"), (2, 36, "pass"), (-1, 1, "fail")],
)
def test_a_date_counts_as_its_end(days_ago: int, hours: int, verdict: str) -> None:
    day = NOW.date() - dt.timedelta(days=days_ago)
    assert judged(pa.array([day]), hours * 3600.0, "date")[0] == verdict


def test_what_tells_no_time_is_an_error_and_no_pass() -> None:
    for columns in ((column("at", "datetime"),), (column("at", "int", time=True),), ()):
        said = contract(*columns, max_age_seconds=SIX)
        assert age_result(pa.table({"at": [1]}), said, NOW).verdict == "error"


def test_an_empty_table_is_not_new_even_where_it_may_be_empty() -> None:
    said = contract(column("at", "datetime", time=True), min_rows=0, max_age_seconds=SIX)
    assert check_table(pa.table({"at": pa.array([], pa.timestamp("us"))}), said).verdict == "fail"


def test_the_check_judges_by_the_clock_of_now() -> None:
    said = contract(column("at", "datetime", time=True), max_age_seconds=SIX)
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    old, new = (pa.table({"at": pa.array([now - age * HOUR], pa.timestamp("us"))}) for age in (7, 5))
    assert (check_table(old, said).verdict, check_table(new, said).verdict) == ("fail", "pass")
