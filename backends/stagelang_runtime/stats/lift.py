"""Per-row states from what a metric's function returns: the columns that its aggregate names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from stagelang_runtime.stats.aggregates import Aggregate
from stagelang_runtime.stats.exact import Floats


def lift(aggregate: Aggregate, columns: Sequence[ArrayLike]) -> Floats:
    """Turn a metric's columns, each of shape (n,), into per-row states, shape (n, p).

    rmse takes errors, f1 takes truth and decision, calibration_error takes confidence and correct,
    every other aggregate its state's columns as they are. A NaN makes its whole row NaN.
    Raises ValueError for columns of different lengths or of another number, and for values that the aggregate
    can't take: a truth, decision or correct that isn't 0 or 1, a confidence outside of [0, 1].
    """
    values = [np.asarray(column, dtype=np.float64) for column in columns]
    _refuse_ragged(values)
    match aggregate.name, values:
        case "rmse", [error]:
            with np.errstate(over="ignore", under="ignore"):  # an infinite square is reported as such
                return (error * error).reshape(-1, 1)
        case "f1", [truth, decided]:
            return _f1_rows(truth, decided)
        case "calibration_error", [confidence, correct]:
            return _calibration_rows(confidence, correct, aggregate.width)
        case _ if len(values) == aggregate.width and aggregate.name not in (
            "rmse",
            "f1",
            "calibration_error",
        ):
            return np.column_stack(values)
        case _:
            raise ValueError(f"'{aggregate.name}' doesn't take {len(values)} columns")


def _refuse_ragged(columns: Sequence[Floats]) -> None:
    shapes = {column.shape for column in columns}
    if len(shapes) != 1 or any(len(shape) != 1 for shape in shapes):
        raise ValueError(f"a metric's columns have one shape (n,), got {sorted(shapes)}")


def _f1_rows(truth: Floats, decided: Floats) -> Floats:
    _refuse_unless_binary("truth", truth)
    _refuse_unless_binary("decision", decided)
    return np.column_stack([truth * decided, (1 - truth) * decided, truth * (1 - decided)])


def _calibration_rows(confidence: Floats, correct: Floats, bins: int) -> Floats:
    """Put confidence minus correct into the column of the confidence's bin.

    Bins have equal width and hold their upper edge, the first one 0 too (Guo et al. 2017).
    """
    outside = int(np.count_nonzero((confidence < 0.0) | (confidence > 1.0)))
    if outside:
        raise ValueError(f"{outside} of {len(confidence)} values of confidence are outside of [0, 1]")
    _refuse_unless_binary("correct", correct)
    edges = np.linspace(0.0, 1.0, bins + 1)
    rows = np.zeros((len(confidence), bins))
    rows[np.arange(len(confidence)), np.searchsorted(edges[1:-1], confidence, side="left")] = (
        confidence - correct
    )
    return rows


def _refuse_unless_binary(name: str, values: Floats) -> None:
    others = int(np.count_nonzero((values != 0.0) & (values != 1.0) & ~np.isnan(values)))
    if others:
        raise ValueError(f"{others} of {len(values)} values of {name} are neither 0 nor 1")
