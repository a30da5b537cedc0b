"""Right bodies: pandas, polars, Arrow and scikit-learn inside stages."""

from __future__ import annotations

from typing import NamedTuple, assert_type

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from sklearn.linear_model import LogisticRegression

from stagelang import Model, PerRow, S, Table, Test, Train, Value, mean, metric, seed, stage
from stagelang import units as u
from tests.typing.ok_digit_reader import Decisions, Scans, Vectors


class Fitted(NamedTuple):
    """A model and how well it fits."""

    model: Model[LogisticRegression]
    score: Value[float]


@stage
def by_pandas(scans: Table[Scans, S], *, floor: float = 0.1) -> Table[Vectors, S]:  # right: pandas-body
    """Use pandas."""
    frame = scans.pandas
    assert_type(frame, pd.DataFrame)
    dark = frame[frame[Scans.ink] > floor].sort_values(Scans.scan_id)
    return scans.derive(
        Vectors, dark.rename(columns={Scans.pixels: Vectors.vector})[[Vectors.scan_id, Vectors.vector]]
    )


@stage
def by_polars(scans: Table[Scans, S]) -> Table[Vectors, S]:  # right: polars-body
    """Use polars."""
    frame = scans.polars
    assert_type(frame, pl.DataFrame)
    return scans.derive(
        Vectors, frame.filter(pl.col(Scans.ink) > 0.1).select(Scans.scan_id, vector=pl.col(Scans.pixels))
    )


@stage
def by_arrow(scans: Table[Scans, S]) -> Table[Vectors, S]:  # right: arrow-body
    """Use Arrow."""
    table = scans.arrow
    assert_type(table, pa.Table)
    return scans.derive(Vectors, table.select([Scans.scan_id]))


@stage
def fit_sklearn(
    train: Table[Vectors, Train], labels: Table[Scans, Train]
) -> Fitted:  # right: several-outputs-body
    """Use scikit-learn."""
    model = LogisticRegression(C=1.0, random_state=seed())
    model.fit(np.stack(train.pandas[Vectors.vector].to_list()), labels.pandas[Scans.label])
    return Fitted(Model.of(model), Value.of(1.0))


@stage
def predict(
    model: Model[LogisticRegression], rows: Table[Vectors, S]
) -> Table[Decisions, S]:  # right: model-body
    """Use a model."""
    assert_type(model.value, LogisticRegression)
    chosen = model.value.predict(np.stack(rows.pandas[Vectors.vector].to_list()))
    return rows.derive(Decisions, pd.DataFrame({Decisions.chosen: chosen}))


@stage
def same_rows(scans: Table[Scans, S]) -> Table[Scans, S]:  # right: body-that-gives-its-input
    """Give what came in."""
    return scans


@stage
def from_nowhere() -> Table[Decisions]:  # right: body-that-makes-rows
    """Make rows."""
    return Table.of(Decisions, pl.DataFrame({Decisions.scan_id: [1]}))


@metric(unit=u.SECOND, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def slowest(decisions: Table[Decisions, Test]) -> PerRow[u.SECOND]:  # right: metric-body
    """Use numpy in a metric."""
    return PerRow(np.maximum(decisions.pandas[Decisions.elapsed].to_numpy(), 0.0))


def a_stage_is_called_in_a_test() -> None:  # right: plain-call
    frame = pd.DataFrame({Scans.scan_id: [1], Scans.ink: [0.5], Scans.pixels: [[0.0] * 64]})
    assert_type(by_pandas(Table.of(Scans, frame)), Table[Vectors])
    assert_type(by_pandas(Table.of(Scans, frame, Test)).pandas, pd.DataFrame)
