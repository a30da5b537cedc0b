"""A table may have no rows."""

from __future__ import annotations

from stagelang import Column, Contract, Pipeline, Table, Value, column, source, stage


class Rows(Contract, rows=(0, None)):
    """Perhaps none."""

    row_id: Column[int] = column(key=True)
    amount: Column[float] = column(ge=0)


@stage
def none_of(rows: Table[Rows]) -> Table[Rows]:
    return rows.derive(Rows, rows.arrow.slice(0, 0))


@stage
def count(rows: Table[Rows]) -> Value[int]:
    return Value.of(rows.arrow.num_rows)


pipeline = Pipeline("empty_table", seed=1, outputs=[count(none_of(source(Rows, "rows.csv")))])
