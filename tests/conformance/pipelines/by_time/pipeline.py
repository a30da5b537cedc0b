"""Rows are divided by time, the later ones for the test."""

from __future__ import annotations

import datetime as dt

from stagelang import (
    Column,
    Contract,
    PerRow,
    Pipeline,
    Table,
    Test,
    column,
    mean,
    metric,
    source,
    split_by_time,
)
from stagelang import units as u


class Sales(Contract):
    """What was sold, and when."""

    sale: Column[int] = column(key=True)
    at: Column[dt.datetime] = column(time=True)
    pieces: Column[int] = column(ge=0)


@metric(unit=u.COUNT, better="higher", range=(0, None), aggregate=mean(), undefined="error", version="1")
def pieces(sales: Table[Sales, Test]) -> PerRow[u.COUNT]:
    return PerRow(sales.arrow["pieces"].to_numpy())


halves = split_by_time(
    source(Sales, "sales.csv"), by=Sales.at, test_from=dt.datetime.fromisoformat("2026-03-01")
)
pipeline = Pipeline("by_time", seed=1, metrics=[pieces(halves.test)])
