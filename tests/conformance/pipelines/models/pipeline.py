"""A scikit-learn model is fitted, stored, loaded and used."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from sklearn.linear_model import LinearRegression

from stagelang import (
    Column,
    Contract,
    Model,
    PerRow,
    Pipeline,
    S,
    Table,
    Test,
    Train,
    column,
    mean,
    metric,
    source,
    split,
    stage,
)
from stagelang import units as u


class Rows(Contract):
    """Rows with a number each."""

    row_id: Column[int] = column(key=True)
    amount: Column[float] = column(ge=0)


@stage
def fit(rows: Table[Rows, Train]) -> Model[LinearRegression]:
    table = rows.arrow
    line = LinearRegression()
    line.fit(np.asarray(table["row_id"]).reshape(-1, 1), np.asarray(table["amount"]))
    return Model.of(line)


@stage
def predict(line: Model[LinearRegression], rows: Table[Rows, S]) -> Table[Rows, S]:
    table = rows.arrow
    found = np.abs(line.value.predict(np.asarray(table["row_id"]).reshape(-1, 1)))
    return rows.derive(Rows, pa.table({"row_id": table["row_id"], "amount": found}))


@metric(unit=u.COUNT, better="none", range=(0, None), aggregate=mean(), undefined="error", version="1")
def predicted(rows: Table[Rows, Test]) -> PerRow[u.COUNT]:
    return PerRow(np.asarray(rows.arrow["amount"]))


halves = split(source(Rows, "rows.csv"), by=Rows.row_id, test=0.4)
pipeline = Pipeline("models", seed=1, metrics=[predicted(predict(fit(halves.train), halves.test))])
