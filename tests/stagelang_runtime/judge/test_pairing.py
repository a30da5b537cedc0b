"""Rows are paired by what names them, whatever their order and the type of their names; never by their position."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang_runtime.judge.pairing import Pairing, pair
from stagelang_runtime.judge.scores import Scores
from stagelang_runtime.stats.aggregates import mean
from tests.stagelang_runtime.execute.conftest import metric


def scores(rows: int, cluster: Any = None, **keys: Any) -> Scores:
    """Row i has the value i."""
    columns: dict[str, Any] = {"v0": np.arange(float(rows))}
    if cluster is not None:
        columns["cluster"] = cluster
    columns |= {f"key.{name}": values for name, values in keys.items()}
    return Scores(
        metric=metric("hits", cluster="" if cluster is None else "writer"),
        aggregate=mean(),
        rows=columns["v0"].reshape(-1, 1),
        table=pa.table(columns),
    )


def paired(base: Scores, head: Scores) -> Pairing:
    found = pair(base, head)
    assert isinstance(found, Pairing), found
    return found


@pytest.mark.parametrize(
    "names",
    [
        [3, 1, 2],
        ["c", "a", "b"],
        [dt.date(2026, 1, 3), dt.date(2026, 1, 1), dt.date(2026, 1, 2)],
        [0.5, 0.1, 0.2],
    ],
    ids=["int", "text", "date", "float"],
)
def test_rows_are_paired_by_their_key_in_its_order(names: list[Any]) -> None:
    found = paired(scores(3, k=names), scores(3, k=[names[1], names[0], names[2]]))
    assert (found.base_rows.tolist(), found.head_rows.tolist()) == ([1, 2, 0], [0, 2, 1])
    assert (found.base_left, found.head_left, found.units) == (0, 0, "rows")


def test_a_key_of_two_columns_names_a_row_by_both() -> None:
    base, head = scores(4, a=[1, 1, 2, 2], b=["x", "y", "x", "y"]), scores(3, a=[2, 1, 3], b=["x", "y", "y"])
    found = paired(base, head)
    assert (found.base_rows.tolist(), found.head_rows.tolist()) == ([1, 2], [1, 0])
    assert (found.base_left, found.head_left) == (2, 1)


@given(
    st.lists(st.integers(-5, 5), unique=True, min_size=1),
    st.lists(st.integers(-5, 5), unique=True, min_size=1),
)
def test_the_pairs_are_what_a_dictionary_finds(base: list[int], head: list[int]) -> None:
    found = pair(scores(len(base), k=base), scores(len(head), k=head))
    shared = sorted(set(base) & set(head))
    if isinstance(found, str):
        assert (found, shared) == ("no row is in both runs", [])
        return
    assert [base[row] for row in found.base_rows] == [head[row] for row in found.head_rows] == shared
    assert (found.base_left, found.head_left) == (len(base) - len(shared), len(head) - len(shared))


def test_narrower_numbers_are_the_same_names() -> None:
    found = paired(scores(2, k=pa.array([1, 2], pa.int32())), scores(2, k=pa.array([2, 1], pa.int64())))
    assert found.head_rows.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("base", "head", "said"),
    [
        ({}, {}, "no key names the rows of both runs"),
        ({"k": [1, 2]}, {"other": [1, 2]}, "no key names the rows of both runs"),
        ({"k": [1, 1]}, {"k": [1, 2]}, "several rows have the same k"),
        ({"k": [1, 2]}, {"k": [1, 1]}, "several rows have the same k"),
        ({"k": [1, None]}, {"k": [1, 2]}, "a key is missing in some rows"),
        ({"k": [1, 2]}, {"k": [3, 4]}, "no row is in both runs"),
    ],
)
def test_rows_without_names_of_their_own_are_not_paired(
    base: dict[str, Any], head: dict[str, Any], said: str
) -> None:
    assert pair(scores(2, **base), scores(2, **head)) == said


def test_names_that_cannot_be_compared_pair_nothing() -> None:
    found = pair(scores(2, k=[1, 2]), scores(2, k=["1", "2"]))
    assert isinstance(found, str)
    assert found.startswith("the names of the rows can't be compared: ")


def test_named_rows_of_groups_are_compared_row_by_row_and_counted_by_group() -> None:
    base = scores(4, cluster=["p", "p", "q", "q"], k=[1, 2, 3, 4])
    head = scores(3, cluster=["q", "q", "p"], k=[4, 3, 2])
    found = paired(base, head)
    assert (found.base_rows.tolist(), found.head_rows.tolist()) == ([1, 2, 3], [2, 1, 0])
    assert found.base_units.of_row is not None
    assert (found.base_units.of_row.tolist(), found.base_units.count) == ([0, 1, 1], 2)
    assert (found.base_left, found.counted, found.units) == (1, "rows", "values of writer")


def test_rows_without_a_key_are_compared_group_by_group() -> None:
    found = paired(scores(4, cluster=["q", "p", "q", "r"]), scores(3, cluster=["p", "q", "s"]))
    assert (found.base_rows.tolist(), found.head_rows.tolist()) == ([0, 1, 2], [0, 1])
    assert found.base_units.of_row is not None
    assert found.head_units.of_row is not None
    assert (found.base_units.of_row.tolist(), found.head_units.of_row.tolist()) == ([1, 0, 1], [0, 1])
    assert (found.base_left, found.head_left, found.counted) == (1, 1, "values of writer")
    assert found.names.to_pydict() == {"cluster": ["p", "q"]}
