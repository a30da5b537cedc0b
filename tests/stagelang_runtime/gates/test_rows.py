"""Each relation between rows is judged by their number, and by the keys that both tables have."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from stagelang_runtime.gates.rows import compared_keys, row_results
from tests.stagelang_runtime.gates.test_check import column, contract


def judged(rows: str, read: list[Any], made: list[Any]) -> list[str]:
    keys = {"x": (pa.chunked_array([read]), pa.chunked_array([made]))}
    results = row_results(rows, "scans", (len(read), len(made)), keys)
    return [str(each) for each in results if each.verdict != "pass"]


@pytest.mark.parametrize(
    ("rows", "made"),
    [
        ("one-to-one", [3, 2, 1]),
        ("filter", [3, 1]),
        ("filter", [1, 2, 3]),
        ("expand", [1, 1, 2, 3]),
        ("expand", [1, 2, 3]),
        ("aggregate", [2]),
        ("aggregate", [1, 2, 3]),
    ],
)
def test_rows_in_their_relation_pass(rows: str, made: list[int]) -> None:
    assert judged(rows, [1, 2, 3], made) == []


@pytest.mark.parametrize(
    ("rows", "made", "said"),
    [
        ("one-to-one", [1, 2], ["table: expected as many rows as 'scans' has, found 2 rows of 3"]),
        (
            "one-to-one",
            [1, 2, 4],
            ["column 'x': expected values that are in 'scans', found 1 that aren't there, such as 4"],
        ),
        ("filter", [1, 2, 3, 3], ["table: expected no more rows than 'scans' has, found 4 rows of 3"]),
        (
            "filter",
            [1, 5, 6],
            ["column 'x': expected values that are in 'scans', found 2 that aren't there, such as 5"],
        ),
        (
            "expand",
            [1, 1, 2, 2],
            ["column 'x': expected every value that is in 'scans', found 1 that are lost, such as 3"],
        ),
        (
            "expand",
            [1, 2],
            [
                "table: expected no fewer rows than 'scans' has, found 2 rows of 3",
                "column 'x': expected every value that is in 'scans', found 1 that are lost, such as 3",
            ],
        ),
        ("aggregate", [1, 2, 3, 1], ["table: expected no more rows than 'scans' has, found 4 rows of 3"]),
        (
            "aggregate",
            [7],
            ["column 'x': expected values that are in 'scans', found 1 that aren't there, such as 7"],
        ),
    ],
)
def test_rows_out_of_their_relation_are_told(rows: str, made: list[int], said: list[str]) -> None:
    assert judged(rows, [1, 2, 3], made) == said


def test_a_key_that_was_widened_is_compared() -> None:
    keys = {"x": (pa.chunked_array([[1, 2]]), pa.chunked_array([[1.0, 2.0]]))}
    assert {each.verdict for each in row_results("one-to-one", "scans", (2, 2), keys)} == {"pass"}


def test_which_columns_are_compared_depends_on_the_relation() -> None:
    read = contract(column("id", "int", key=True), column("guest", "int"), column("name", "str", key=True))
    made = contract(
        column("id", "int", key=True), column("guest", "int", key=True), column("name", "int", key=True)
    )
    assert compared_keys("one-to-one", read, made) == ("id",)
    assert compared_keys("filter", read, made) == ("id",)
    assert compared_keys("expand", read, made) == ("id",)
    assert compared_keys("aggregate", read, made) == ("id", "guest")
    assert compared_keys("filter", None, made) == ()
