from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from stagelang_runtime.gates.overlap import check_disjoint


def table(values: Any) -> pa.Table:
    return pa.table({"writer": values})


def test_each_pair_of_parts_is_judged_and_shared_values_are_counted_once() -> None:
    parts = {"train": table([1, 1, 2, None]), "validation": table([3, None]), "test": table([2, 2, 1, 4])}

    found = check_disjoint(parts, "writer")

    assert [(r.verdict, r.violations, r.expected) for r in found] == [
        ("pass", 0, "no value in both 'train' and 'validation'"),
        ("fail", 2, "no value in both 'train' and 'test'"),
        ("pass", 0, "no value in both 'validation' and 'test'"),
    ]
    assert found[1].examples == ({"value": 1}, {"value": 2})


def test_a_missing_column_or_an_empty_part_is_no_pass() -> None:
    def verdict(one: pa.Table, other: pa.Table) -> str:
        return check_disjoint({"a": one, "b": other}, "writer")[0].verdict

    assert verdict(table([1]), pa.table({"other": [1]})) == "error"
    assert verdict(table([1]), table(pa.array([], pa.int64()))) == "not_evaluated"
    assert verdict(table([1]), table(pa.array([], pa.null()))) == "not_evaluated"
    assert verdict(table([1]), table([[1]])) == "error"


def test_texts_are_compared_whatever_their_layout() -> None:
    parts = {
        "a": table(pa.array(["x", "y"]).dictionary_encode()),
        "b": table(pa.array(["y"], pa.large_string())),
    }

    assert check_disjoint(parts, "writer")[0].violations == 1


@given(st.lists(st.integers(0, 20)), st.lists(st.integers(0, 20)))
def test_the_count_is_that_of_the_intersection(one: list[int], other: list[int]) -> None:
    parts = {"a": table(pa.array(one, pa.int64())), "b": table(pa.array(other, pa.int64()))}

    assert check_disjoint(parts, "writer")[0].violations == len(set(one) & set(other))
