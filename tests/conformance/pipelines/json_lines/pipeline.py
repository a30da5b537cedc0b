"""A table is read from JSON lines, with dates, texts, lists and nulls."""

from __future__ import annotations

import datetime as dt

from stagelang import Column, Contract, Pipeline, Table, column, source, stage


class Visits(Contract):
    """A patient's visits."""

    visit: Column[str] = column(key=True)
    day: Column[dt.date] = column()
    at: Column[dt.datetime] = column(time=True)
    note: Column[str] = column(nullable=True)
    doses: Column[list[float]] = column()


@stage
def noted(visits: Table[Visits]) -> Table[Visits]:
    table = visits.arrow
    return visits.derive(Visits, table.filter([each is not None for each in table["note"].to_pylist()]))


pipeline = Pipeline("json_lines", seed=1, outputs=[noted(source(Visits, "visits.jsonl"))])
