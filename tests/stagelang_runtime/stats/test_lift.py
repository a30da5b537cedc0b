from __future__ import annotations

import math

import numpy as np
import pytest

from stagelang_runtime.stats.aggregates import Aggregate, calibration_error, f1, mean, ratio, rmse
from stagelang_runtime.stats.lift import lift


def test_errors_are_squared_for_the_rmse() -> None:
    assert lift(rmse(), [[1.0, -3.0]]).tolist() == [[1.0], [9.0]]
    assert lift(rmse(), [[1e200]]).tolist() == [[math.inf]]


def test_f1_marks_true_positives_false_positives_and_false_negatives() -> None:
    rows = lift(f1(), [np.array([True, False, True, False]), np.array([True, True, False, False])])
    assert rows.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_a_bin_of_confidence_holds_its_upper_edge_and_the_first_one_0() -> None:
    rows = lift(calibration_error(2), [[0.0, 0.5, 0.75, 1.0], [0, 1, 0, 1]])
    assert rows.tolist() == [[0.0, 0.0], [-0.5, 0.0], [0.0, 0.75], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("aggregate", "columns"),
    [(mean(), [[math.nan]]), (f1(), [[math.nan], [1]]), (calibration_error(3), [[math.nan], [1]])],
)
def test_a_missing_value_stays_visible(aggregate: Aggregate, columns: list[list[float]]) -> None:
    assert np.isnan(lift(aggregate, columns)).any(axis=1).tolist() == [True]


@pytest.mark.parametrize(
    ("aggregate", "columns", "message"),
    [
        (mean(), [[1.0], [2.0]], "'mean' doesn't take 2 columns"),
        (rmse(), [[1.0], [2.0]], "'rmse' doesn't take 2 columns"),
        (f1(), [[1.0], [1.0], [0.0]], "'f1' doesn't take 3 columns"),
        (ratio(), [[1.0, 2.0], [2.0]], "a metric's columns have one shape (n,), got [(1,), (2,)]"),
        (mean(), [[[1.0]]], "a metric's columns have one shape (n,), got [(1, 1)]"),
        (f1(), [[0.0, 2.0], [1.0, 0.0]], "1 of 2 values of truth are neither 0 nor 1"),
        (calibration_error(2), [[0.5], [0.5]], "1 of 1 values of correct are neither 0 nor 1"),
        (calibration_error(2), [[1.5, 0.1], [1, 1]], "1 of 2 values of confidence are outside of [0, 1]"),
    ],
)
def test_columns_that_an_aggregate_cannot_take_are_refused(
    aggregate: Aggregate, columns: list[list[float]], message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        lift(aggregate, columns)
    assert str(caught.value) == message
