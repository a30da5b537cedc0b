from __future__ import annotations

import datetime as dt
import json
import tracemalloc
from typing import Any

import attrs
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang.origin import Origin
from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.gates.check import check_table, conform_and_check
from stagelang_runtime.gates.report import GateResult
from stagelang_runtime.stats.verdict import Verdict

HERE = Origin("pipeline.py", 1)


def column(name: str, type: str, **limits: Any) -> Column:
    return Column(name=name, type=type, origin=HERE, **limits)


def contract(*columns: Column, **settings: Any) -> Contract:
    plain = Contract(
        name="T", version="1", owner="", description="", closed=False, min_rows=1, max_rows=None,
        digest="", origin=HERE, columns=columns,
    )  # fmt: skip
    return attrs.evolve(plain, **settings)


def judged(values: Any, type: str, **limits: Any) -> GateResult:
    """Judge the one promise that is asked about, the last, of a column of these values."""
    found = pa.table({"x": values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)})
    report = check_table(found, contract(column("x", type, **{"nullable": True, **limits})))
    return report.results[-1]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


INTS = [1, 2, None, 3, 3]
DAYS = [day("2026-01-01"), None, day("2026-01-03")]
NOON_AND_MIDNIGHT = [dt.datetime.fromisoformat("2026-01-01T12:00"), dt.datetime.fromisoformat("2026-01-02")]
MOMENTS = pa.array(NOON_AND_MIDNIGHT, pa.timestamp("us"))
AWARE = pa.array(NOON_AND_MIDNIGHT, pa.timestamp("us", tz="Asia/Tokyo"))
TIMES = [dt.time(9), dt.time(17, 30)]


@pytest.mark.parametrize(
    ("values", "type", "limits", "violations", "rows"),
    [
        (INTS, "int", {"ge": 1}, 0, []),
        (INTS, "int", {"ge": 2}, 1, [0]),
        (INTS, "int", {"ge": 1.5}, 1, [0]),
        (INTS, "int", {"gt": 1.5}, 1, [0]),
        (INTS, "int", {"gt": 3}, 4, [0, 1, 3, 4]),
        (INTS, "int", {"le": 2.5}, 2, [3, 4]),
        (INTS, "int", {"lt": 2.5}, 2, [3, 4]),
        (INTS, "int", {"lt": 3}, 2, [3, 4]),
        (INTS, "int", {"ge": 10**30}, 4, [0, 1, 3, 4]),
        (INTS, "int", {"le": float("inf")}, 0, []),
        (INTS, "int", {"ge": float("inf")}, 4, [0, 1, 3, 4]),
        ([2**53, 2**53 + 1], "int", {"le": 2**53}, 1, [1]),
        (INTS, "int", {"isin": (1, 3, 10**30, 2.5)}, 1, [1]),
        (INTS, "int", {"unique": True}, 2, [3, 4]),
        ([10**15, 1, 10**15, None, None, 5, 1, 1], "int", {"unique": True}, 5, [0, 1, 2, 6, 7]),
        ([0.5, 1.5, None], "float", {"ge": 1}, 1, [0]),
        ([0.5, 1.5, None], "float", {"isin": (0.5,)}, 1, [1]),
        ([0.0, -0.0, 1.0], "float", {"unique": True}, 2, [0, 1]),
        ([0.0, -0.0, 1.0], "float", {"isin": (0,)}, 1, [2]),
        ([0.0, -0.0, 1.0], "float", {"isin": (-0.0,)}, 1, [2]),
        ([float("inf"), 1.0], "float", {"le": 1e300}, 1, [0]),
        (["a", "b", None, "b"], "str", {"ge": "b"}, 1, [0]),
        (["a", "b", None, "b"], "str", {"isin": ("a",)}, 2, [1, 3]),
        (["a", "b", None, "b"], "str", {"unique": True}, 2, [1, 3]),
        (["ab", "xab", "ab\n", "AB", None], "str", {"pattern": "ab|c"}, 3, [1, 2, 3]),
        (["AB", "ab"], "str", {"pattern": "(?i)ab"}, 0, []),
        (["ä", "é!"], "str", {"pattern": "."}, 1, [1]),
        ([True, None, False], "bool", {"isin": (True,)}, 1, [2]),
        ([True, None, False, True], "bool", {"unique": True}, 2, [0, 3]),
        ([b"a", b"b", b"a"], "bytes", {"unique": True}, 2, [0, 2]),
        (DAYS, "date", {"ge": "2026-01-02"}, 1, [0]),
        (DAYS, "date", {"le": "2026-01-01T12:00:00"}, 1, [2]),
        (DAYS, "date", {"isin": ("2026-01-03",)}, 1, [0]),
        (MOMENTS, "datetime", {"lt": "2026-01-02"}, 1, [1]),
        (MOMENTS, "datetime", {"lt": "2026-01-02T02:00:00+02:00"}, 1, [1]),
        (AWARE, "datetime", {"lt": "2026-01-02"}, 1, [1]),
        (TIMES, "time", {"le": "17:00"}, 1, [1]),
        ([[1, 2], None, [3]], "list<int>", {"length": 2}, 1, [2]),
        ([[1, 2], None, [3, 9, 8], []], "list<int>", {"le": 2}, 1, [2]),
        ([["a"], ["b", "c"]], "list<str>", {"isin": ("a", "b")}, 1, [1]),
    ],
)  # fmt: skip
def test_violations_are_counted_exactly_and_shown_with_their_rows(
    values: Any, type: str, limits: dict[str, Any], violations: int, rows: list[int]
) -> None:
    result = judged(values, type, **limits)

    assert (result.verdict, result.violations) == ("fail" if violations else "pass", violations)
    assert [example["row"] for example in result.examples] == rows


@pytest.mark.parametrize(
    ("type", "limits", "found"),
    [
        ("int", {"ge": "soon"}, "'soon' is no limit for a column of int"),
        ("int", {"ge": float("nan")}, "NaN is no limit"),
        ("int", {"pattern": "x"}, "a column of int has no text to match"),
        ("int", {"isin": ("a",)}, "'a' is no limit for a column of int"),
    ],
)
def test_a_promise_that_makes_no_sense_is_an_error_not_an_exception(
    type: str, limits: dict[str, Any], found: str
) -> None:
    result = judged([1, 2], type, **limits)

    assert (result.verdict, result.found) == ("error", found)


def test_a_pattern_that_is_none_is_an_error_even_where_the_anchors_would_mend_it() -> None:
    assert judged(["a"], "str", pattern="a)(b").verdict == "error"
    assert judged(["a"], "str", pattern="(?=a)").verdict == "error"


def test_uniqueness_of_lists_is_an_error() -> None:
    assert judged([[1]], "list<int>", unique=True).verdict == "error"


def test_missing_items_of_a_list_are_found_as_null_and_as_nan() -> None:
    table = pa.table({"x": pa.array([[1.0], [None], None, [float("nan"), 2.0]], pa.list_(pa.float64()))})
    result = check_table(table, contract(column("x", "list<float>", nullable=True))).results[-1]

    assert (result.verdict, result.violations) == ("fail", 2)
    assert result.examples == ({"row": 1, "value": [None]}, {"row": 3, "value": ["nan", 2.0]})


def test_a_report_has_one_result_per_promise_in_the_contracts_order() -> None:
    table = pa.table({"id": [1, 1, None], "ink": [0.5, float("nan"), 2.0], "more": [1, 2, 3]})
    promised = contract(
        column("id", "int", key=True, unique=True), column("ink", "float", ge=0, le=1, nullable=True),
        closed=True, max_rows=2,
    )  # fmt: skip

    report = check_table(table, promised)

    assert [(r.name, r.column, r.verdict, r.violations, r.examined) for r in report.results] == [
        ("min_rows", "", "pass", 0, 3),
        ("max_rows", "", "fail", 1, 3),
        ("distinct_names", "", "pass", 0, 3),
        ("closed", "", "fail", 1, 3),
        ("present", "id", "pass", 0, 1),
        ("type", "id", "pass", 0, 3),
        ("not_null", "id", "fail", 1, 3),
        ("key", "id", "fail", 2, 2),
        ("present", "ink", "pass", 0, 1),
        ("type", "ink", "pass", 0, 3),
        ("ge", "ink", "pass", 0, 2),
        ("le", "ink", "fail", 1, 2),
    ]
    assert (report.verdict, report.evaluated) == ("fail", "12/12")
    assert [str(result) for result in report.findings] == [
        "table: expected at most 2 rows, found 3 rows",
        "table: expected no columns but the contract's, found 'more'",
        "column 'id': expected no missing values, found 1 of 3 rows that break it, such as None in row 2",
        "column 'id': expected no value twice, found 2 of 2 rows that break it, such as 1 in row 0",
        "column 'ink': expected values <= 1, found 1 of 2 rows that break it, such as 2.0 in row 2",
    ]


def test_a_missing_column_fails_and_what_it_promised_is_not_evaluated() -> None:
    report = check_table(pa.table({"Ink": [1.0]}), contract(column("ink", "float", ge=0)))

    assert [(r.name, r.verdict, r.found) for r in report.results[2:]] == [
        ("present", "fail", "none; did you mean 'Ink'?"),
        ("type", "not_evaluated", "the column is not there"),
        ("not_null", "not_evaluated", "the column is not there"),
        ("ge", "not_evaluated", "the column is not there"),
    ]
    assert (report.verdict, report.evaluated) == ("fail", "3/6")


def test_a_column_of_another_type_fails_with_the_rows_to_blame() -> None:
    report = check_table(pa.table({"ink": [1.0, 1.5]}), contract(column("ink", "int", ge=0)))

    assert report.results[3].to_json() == {
        "name": "type", "column": "ink", "verdict": "fail", "expected": "int", "found": "floats that are not whole",
        "violations": 1, "examined": 2, "examples": [{"row": 1, "value": 1.5}],
    }  # fmt: skip
    assert report.results[4].found == "the column is floats that are not whole"


SOMETHING = column("x", "int", ge=0, le=9, isin=(1, 2), unique=True, nullable=True)


@pytest.mark.parametrize(
    ("values", "verdict", "allowed"),
    [
        ([], "fail", "pass"),
        ([None, None], "not_evaluated", "pass"),
        ([1], "pass", "pass"),
        ([7, 7], "fail", "fail"),
    ],
)
def test_nothing_examined_passes_only_where_the_contract_allows_no_rows(
    values: list[int | None], verdict: str, allowed: str
) -> None:
    table = pa.table({"x": pa.array(values, pa.int64())})

    assert check_table(table, contract(SOMETHING)).verdict == verdict
    assert check_table(table, contract(SOMETHING, min_rows=0)).verdict == allowed


def test_what_was_not_evaluated_is_counted_so_even_where_it_is_allowed() -> None:
    report = check_table(pa.table({"x": pa.array([], pa.int64())}), contract(SOMETHING, min_rows=0))

    assert (report.verdict, report.evaluated, report.empty_allowed) == ("pass", "4/8", True)


def test_the_gates_verdicts_are_words_that_every_gate_knows() -> None:
    assert {"pass", "fail", "error", "not_evaluated"} < {verdict.value for verdict in Verdict}


def test_odd_values_are_shown_as_plain_json() -> None:
    table = pa.table({
        "far": pa.array([2**62, -(2**62)], pa.timestamp("us")),
        "deep": [{"a": [b"\xff", None]}, {"a": []}],
        "long": ["x" * 1000, "y"],
        "wide": [list(range(100)), [0]],
        "inf": [float("inf"), float("-inf")],
    })  # fmt: skip
    promised = contract(
        column("far", "datetime", isin=("2026-01-01",)), column("deep", "str"), column("long", "str", pattern="z"),
        column("wide", "list<int>", length=3), column("inf", "float", lt="nothing"),
    )  # fmt: skip

    text = json.dumps(check_table(table, promised).to_json(), allow_nan=False)

    shown = {r["name"]: r["examples"] for r in json.loads(text)["results"] if r["examples"]}
    assert shown == {
        "isin": [
            {"row": 0, "value": "4611686018427387904 as timestamp[us]"},
            {"row": 1, "value": "-4611686018427387904 as timestamp[us]"},
        ],
        "type": [{"row": 0, "value": {"a": ["ff", None]}}, {"row": 1, "value": {"a": []}}],
        "pattern": [{"row": 0, "value": "x" * 199 + "…"}, {"row": 1, "value": "y"}],
        "length": [{"row": 0, "value": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, "…"]}, {"row": 1, "value": [0]}],
    }


def test_at_most_five_examples_are_kept() -> None:
    result = judged(list(range(100_000)), "int", lt=50_000)

    assert result.violations == 50_000
    assert [example["row"] for example in result.examples] == [50_000, 50_001, 50_002, 50_003, 50_004]


def test_examples_of_repeated_values_are_found_late_in_a_long_column() -> None:
    result = judged([*range(100_000), 99_999, 5], "int", unique=True)

    assert result.violations == 4
    assert [example["row"] for example in result.examples] == [5, 99_999, 100_000, 100_001]


@pytest.mark.parametrize("distinct", [7, 60_000])
def test_texts_are_judged_alike_whether_they_repeat_or_not(distinct: int) -> None:
    texts = [f"k{number % distinct}" for number in range(60_000)]
    expected = sum(text != "k3" for text in texts)

    assert judged(texts, "str", isin=("k3",)).violations == expected
    assert judged(texts, "str", pattern="k3").violations == expected
    assert judged(texts, "str", unique=True).violations == (60_000 if distinct == 7 else 0)


@given(
    st.lists(st.none() | st.integers(-9, 9) | st.sampled_from([-(2**63), 2**63 - 1, 2**40]), max_size=30),
    st.integers(-10, 10) | st.floats(-10, 10),
    st.data(),
)
def test_numbers_are_judged_as_python_judges_them(
    values: list[int | None], at: float, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(values)))
    chunks = pa.chunked_array([pa.array(values[:cut], pa.int64()), pa.array(values[cut:], pa.int64())])
    found = [value for value in values if value is not None]
    promised = column("x", "int", nullable=True, ge=at, gt=at, le=at, lt=at, isin=(0, at), unique=True)
    results = check_table(pa.table({"x": chunks}), contract(promised)).results[4:]

    assert [result.violations for result in results] == [
        sum(not value >= at for value in found),
        sum(not value > at for value in found),
        sum(not value <= at for value in found),
        sum(not value < at for value in found),
        sum(value not in (0, at) for value in found),
        sum(found.count(value) > 1 for value in found),
    ]
    assert {result.verdict for result in results} <= ({"pass", "fail"} if found else {"not_evaluated"})


def test_the_table_comes_back_in_the_contracts_types() -> None:
    checked = conform_and_check(pa.table({"x": pa.array([1.0, 2.0])}), contract(column("x", "int")))

    assert checked.report.verdict == "pass"
    assert checked.table.column("x").type == pa.int64()


def test_a_gate_needs_little_memory_beside_the_table() -> None:
    rows = 300_000
    rng = np.random.default_rng(1)
    table = pa.table({
        "id": rng.permutation(rows), "ratio": rng.random(rows), "count": rng.integers(0, 100, rows),
        "text": pa.array([f"AB-{number:06d}" for number in range(5000)]).take(pa.array(rng.integers(0, 5000, rows))),
    })  # fmt: skip
    promised = contract(
        column("id", "int", key=True), column("ratio", "float", ge=0, le=1), column("count", "int", le=50),
        column("text", "str", pattern=r"[A-Z]{2}-\d{6}"),
    )  # fmt: skip
    usual = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(pool)
    tracemalloc.start()
    try:
        assert check_table(table, promised).evaluated == "19/19"
        (_, of_numpy), of_arrow = tracemalloc.get_traced_memory(), pool.max_memory()
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(usual)

    assert 0 < of_numpy + of_arrow <= 0.2 * table.nbytes
