"""A source breaks its contract."""

from __future__ import annotations

from stagelang import Column, Contract, Pipeline, Table, Value, column, source, stage


class Rows(Contract):
    """Rows with a number each."""

    row_id: Column[int] = column(key=True)
    amount: Column[float] = column(ge=0)


@stage
def count(rows: Table[Rows]) -> Value[int]:
    return Value.of(rows.arrow.num_rows)


pipeline = Pipeline("broken_source", seed=1, outputs=[count(source(Rows, "rows.csv"))])
