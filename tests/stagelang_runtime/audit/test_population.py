"""Rows of another population are told of, however many they are; rows of the same are not, however few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import ncx2

from stagelang_runtime.audit.judged import Judged
from stagelang_runtime.audit.population import counted, critical, index, population
from tests.stagelang_runtime.audit.tables import contract_for

JUDGED = Judged(node="split", part="test")


def _said(learnt: dict[str, Any], judged: dict[str, Any], unit: str = "key") -> str:
    one, other = pa.table(learnt), pa.table(judged)
    (said,) = population(JUDGED, one, other, contract_for(one), unit)
    return str(said)


def _rows(chance: np.random.Generator, count: int, start: int = 0, moved: float = 0.0) -> dict[str, Any]:
    return {
        "key": np.arange(start, start + count),
        "income": chance.normal(moved, 1, count),
        "street": chance.choice(["a", "b", "c"], count),
    }


@pytest.mark.parametrize("count", [60, 1000, 50_000])
def test_a_shift_of_a_deviation_is_told_of(count: int) -> None:
    chance = np.random.default_rng(1)
    said = _said(_rows(chance, count), _rows(chance, count, count, moved=1.0))
    assert said.startswith(
        "fail: population: the test rows of 'split' are of another population than the rows to learn from, by their 'income' ("
    )


def test_small_differences_of_many_rows_are_none() -> None:
    chance = np.random.default_rng(2)
    said = _said(_rows(chance, 100_000), _rows(chance, 100_000, 100_000, moved=0.1))
    assert said.startswith(
        "pass: population: the test rows of 'split' are distributed as the rows to learn from are: most moved"
    )


def test_hardly_any_alarm_is_false() -> None:
    alarms = 0
    for seed in range(200):
        chance = np.random.default_rng(seed)
        alarms += _said(_rows(chance, 90), _rows(chance, 30, 90)).startswith("fail")
    assert alarms <= 4


def test_rows_of_few_groups_are_judged_by_their_groups() -> None:
    chance = np.random.default_rng(3)

    def grouped(groups: int, start: int) -> dict[str, Any]:
        of = np.repeat(np.arange(start, start + groups), 100)
        return {
            "key": np.arange(len(of)) + 10_000 * start,
            "writer": of,
            "ink": chance.normal(0, 1, groups)[of - start] + chance.normal(0, 0.1, len(of)),
        }

    said = _said(grouped(10, 0), grouped(5, 10), unit="writer")
    assert said.startswith("pass: population")


def test_a_category_that_wasn_t_there_and_values_that_are_missing_now_are_told_of() -> None:
    chance = np.random.default_rng(4)
    learnt, judged = _rows(chance, 500), _rows(chance, 500, 500)
    judged["street"] = np.where(chance.uniform(size=500) < 0.5, "d", judged["street"])
    judged["income"] = [
        None if missing else 1.0 * each
        for missing, each in zip(chance.uniform(size=500) < 0.6, judged["income"], strict=True)
    ]
    said = _said(learnt, judged)
    assert "'income' (" in said and "'street' (" in said and said.startswith("fail")


def test_what_has_no_bins_is_not_measured() -> None:
    table = {"key": [1, 2], "pixels": [[0.1], [0.2]]}
    assert (
        _said(table, table) == "not measured: population: the test rows of 'split': no column can be compared"
    )


def test_the_critical_value_is_that_of_the_noncentral_chi_square() -> None:
    assert critical(10, 1000, 500, 0.05) == pytest.approx(
        ncx2.ppf(0.95, 9, 1000 / 3 * 0.1) / (1000 / 3), rel=1e-12
    )
    p, q = np.array([5, 5]), np.array([8, 2])
    shares = [np.array([0.5, 0.5]), np.array([8.5, 2.5]) / 11]
    assert index(p, q) == pytest.approx(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())
    both = counted(pa.chunked_array([[True, False, True]]), pa.chunked_array([[None, True]], type=pa.bool_()))
    assert both is not None
    assert [each.tolist() for each in both] == [[1, 2, 0], [0, 1, 1]]
